/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One change of one setting, and the back-ends that make and undo it. */
#pragma once
#include "oh-desktop.h"

G_BEGIN_DECLS

typedef struct
{
  char *backend;  /* its name */
  char *where;    /* a file, or "" */
  char *key;      /* a path of GSettings, a key, a variable; "": all of the file */
  GBytes *before; /* NULL: unset */
  GBytes *ours;   /* NULL: unset */
} OhChange;

/* @before, @ours: (transfer full) (nullable) */
OhChange *oh_change_new (const char *backend, const char *where, const char *key, GBytes *before, GBytes *ours);
void oh_change_free (OhChange *self);
/* (transfer full) (element-type OhChange) */
GPtrArray *oh_changes_make (void);
/* Text as a value, without its nul; a value never has one in it. (transfer full) NULL for NULL. */
GBytes *oh_change_bytes (const char *text);
/* (transfer full) NULL for NULL. */
char *oh_change_text (GBytes *bytes);
gboolean oh_change_same (GBytes *a, GBytes *b);

typedef struct
{
  const char *name;
  const char *words; /* what it changes, for people; marked for translation */
  /* Adds what it would change. Returns: FALSE with an error where it is in use and cannot be changed. */
  gboolean (*plan) (const OhDesktopPlan *plan, const char *url, GPtrArray *changes, GError **error);
  gboolean (*apply) (GPtrArray *changes, GError **error);
  /* Gives back; what is neither ours nor as before stays, and its name is added to @kept. Whatever was begun is finished. */
  gboolean (*restore) (GPtrArray *changes, GPtrArray *kept, GError **error);
} OhBackend;

extern const OhBackend oh_backend_settings;
extern const OhBackend oh_backend_kde;
extern const OhBackend oh_backend_claude;
extern const OhBackend oh_backend_session;

/* All of them, in the order in which they are applied; NULL-terminated. */
extern const OhBackend *const oh_backends[];

/* Those of one back-end. (transfer container) */
GPtrArray *oh_changes_of (GPtrArray *changes, const OhBackend *backend);
gboolean oh_changes_apply (GPtrArray *changes, GError **error);
gboolean oh_changes_restore (GPtrArray *changes, GPtrArray *kept, GError **error);
/* As g_variant_parse(), of any bytes. (transfer full) */
GVariant *oh_change_parse (const GVariantType *type, const char *text, GError **error);
/* a(sssmaymay) (transfer floating) */
GVariant *oh_changes_to_variant (GPtrArray *changes);
GPtrArray *oh_changes_from_variant (GVariant *variant);

/* The proxies that are set now. @before: (out) */
void oh_settings_read_before (OhDesktopBefore *before);
void oh_kde_read_before (OhDesktopBefore *before);
gboolean oh_kde_is_in_use (void);

/* Writes a file so that it is either as before or as after, and synced; a symbolic link goes on leading to it.
 * @bytes: NULL: removes it */
gboolean oh_file_replace (const char *path, GBytes *bytes, GError **error);
/* Returns: NULL where there is none, or with @error. (transfer full) */
GBytes *oh_file_read (const char *path, GError **error);

/* Settings files as text, changed in one place. Pure. @text: (nullable): no file
 * Get: what stands there, exactly (transfer full); NULL: nothing. Set: all of the text (transfer full); NULL: it is not
 * understood. @value: as of get; NULL: takes it away. */
char *oh_ini_get (const char *text, const char *group, const char *key);
char *oh_ini_set (const char *text, const char *group, const char *key, const char *line);
/* "NAME" within the object "env" of a JSON object; the value as it is written there, with its quotes. */
char *oh_json_env_get (const char *text, const char *name);
char *oh_json_env_set (const char *text, const char *name, const char *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhChange, oh_change_free)

G_END_DECLS
