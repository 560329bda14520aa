/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A place in a JSON value, as JSONPath writes one: “request.body.messages[3].content[-1].text”, “["odd.name"]”. A
 * string whose text is JSON is walked into. Sans I/O. */
#pragma once
#include "oh-json-scan.h"

G_BEGIN_DECLS

/* @buffers: (element-type GString): what is found may borrow from those it adds
 * @problem: (out) (transfer full): where there is no such place: a sentence
 * Returns: none with a problem */
OhJson oh_json_path_find (OhJson root, const char *path, GPtrArray *buffers, char **problem);
/* The text of a string if that is JSON with parts, else none. */
OhJson oh_json_path_open (OhJson string, GPtrArray *buffers);
/* Appends one step to a path: a member's name (a string value), or, where that is none, an index. */
void oh_json_path_append (GString *path, OhJson key, guint index);

G_END_DECLS
