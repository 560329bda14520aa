/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads, targets and texts as they may be recorded: what is secret in them is marked. Bodies pass a redactor. */
#pragma once
#include "oh-headers.h"
#include "oh-http-head-private.h"
#include "oh-secrets-private.h"

G_BEGIN_DECLS

/* The field's value as it may be recorded: itself, or (transfer full) another in @storage. */
const char *oh_secret_filter_field (OhSecrets *secrets, const char *name, const char *value, char **storage);
/* A request's target with the values of query parameters named like keys replaced. (transfer full) */
char *oh_secret_filter_target (OhSecrets *secrets, const char *target);
/* A text such as an argument of a command line, with what is secret by its name or by how it is written replaced.
 * (transfer full) */
char *oh_secret_filter_text (OhSecrets *secrets, const char *text);
/* Whether a text within JSON is as it may be recorded; FALSE also where it has a NUL. @secrets: that remember
 * @name: it is to be as oh_secret_filter_text() has it, too */
gboolean oh_secret_filter_is_plain (OhSecrets *secrets, const char *text, gsize length, gboolean name);
/* A command line as it may be kept. @environment: (nullable): the program's: the secrets in it are marked too, and remembered.
 * @secrets: that remember. (transfer full) */
char **oh_secret_filter_argv (OhSecrets *secrets, const char *const *argv, const char *const *environment);
/* All fields, in order. (transfer full) */
OhHeaders *oh_secret_filter_headers (OhSecrets *secrets, const OhHeaders *headers);
OhHeaders *oh_secret_filter_fields (OhSecrets *secrets, const OhHttpHead *head);

/* What should have been a head, with what is secret in its lines replaced. (transfer full) */
GBytes *oh_secret_filter_head (OhSecrets *secrets, const char *data, gsize length);

G_END_DECLS
