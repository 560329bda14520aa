/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One change of one setting, and the back-ends that make and undo it. */
#pragma once
#include "oh-desktop.h"
#include "oh-file-private.h"

G_BEGIN_DECLS

typedef struct
{
  char *backend;  /* its name */
  char *where;    /* a file; which settings these are; or "" */
  char *key;      /* a path of GSettings, a key, a variable; "": all of the file */
  GBytes *before; /* NULL: unset */
  GBytes *ours;   /* NULL: unset */
  OhFileStat stat; /* of all of a file, before */
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
  /* (nullable) Whether the switch can do without it: this session's settings are others. */
  gboolean (*is_spare) (void);
  /* (nullable) Where nothing is known any more of what was before: takes out what leads to a port of ours.
   * @port: 0: not known */
  void (*disarm) (guint port);
} OhBackend;

extern const OhBackend oh_backend_settings;
extern const OhBackend oh_backend_kde;
extern const OhBackend oh_backend_claude;
extern const OhBackend oh_backend_session;

/* All of them, in the order in which they are applied; NULL-terminated. */
extern const OhBackend *const oh_backends[];

/* Those of one back-end. (transfer container) */
GPtrArray *oh_changes_of (GPtrArray *changes, const OhBackend *backend);
/* Plans, and applies, by all back-ends. What is spare and fails is left out, and said in @notes. */
gboolean oh_changes_plan (const OhDesktopPlan *plan, const char *url, GPtrArray *changes, GPtrArray *notes, GError **error);
gboolean oh_changes_apply (GPtrArray *changes, GPtrArray *notes, GError **error);
gboolean oh_changes_restore (GPtrArray *changes, GPtrArray *kept, GError **error);
void oh_changes_disarm (guint port);
/* Whether it is the address of a script of ours. @port: 0: any */
gboolean oh_change_is_our_script (const char *url, guint port);
/* What those get whose variables are @own. (transfer full); NULL with an error */
char **oh_change_adapt (const OhDesktopPlan *plan, char **own, GError **error);
/* As g_variant_parse(), of any bytes. (transfer full) */
GVariant *oh_change_parse (const GVariantType *type, const char *text, GError **error);
/* a(sssmaymay) (transfer floating) */
GVariant *oh_changes_to_variant (GPtrArray *changes);
GPtrArray *oh_changes_from_variant (GVariant *variant);
/* a(sxmay): what is known of the files besides (transfer floating) */
GVariant *oh_changes_stats_to_variant (GPtrArray *changes);
void oh_changes_add_stats (GPtrArray *changes, GVariant *stats);

/* Settings that are text in a file: KDE's, and those of programs. A file that is still as we wrote it gets all of its
 * former bytes back; in one that somebody has written to since, only our keys are undone. The functions as oh_ini_… below. */
typedef struct
{
  char *(*get) (const char *text, const char *key);
  char *(*set) (const char *text, const char *key, const char *value);
  char *(*tidy) (const char *text, const char *before);
} OhFileFormat;

/* Adds the change of all of the file, and behind it those of its keys. @pairs: key, value, …, NULL */
gboolean oh_change_plan_file (const char *backend,
                              const OhFileFormat *format,
                              const char *path,
                              const char *const *pairs,
                              GPtrArray *changes,
                              GError **error);
gboolean oh_change_apply_file (GPtrArray *changes, GError **error);
gboolean oh_change_restore_file (const OhFileFormat *format, GPtrArray *changes, GPtrArray *kept, GError **error);

/* The proxies that are set now. @before: (out) */
void oh_settings_read_before (OhDesktopBefore *before);
void oh_kde_read_before (OhDesktopBefore *before);
gboolean oh_kde_is_in_use (void);

/* Settings files as text, changed in one place. Pure. @text: (nullable): no file
 * Get: what stands there, exactly (transfer full); NULL: nothing. Set: all of the text (transfer full); NULL: it is not
 * understood. @value: as of get; NULL: takes it away. */
char *oh_ini_get (const char *text, const char *group, const char *key);
char *oh_ini_set (const char *text, const char *group, const char *key, const char *line);
/* Whether a file says that it, this group or this key of it may not be changed. */
gboolean oh_ini_is_locked (const char *text, const char *group, const char *key);
/* "NAME" within the object "env" of a JSON object; the value as it is written there, with its quotes. */
char *oh_json_env_get (const char *text, const char *name);
char *oh_json_env_set (const char *text, const char *name, const char *value);
/* Without the group, or "env", that is left empty, where @before had none. (transfer full) */
char *oh_ini_tidy (const char *text, const char *group, const char *before);
char *oh_json_env_tidy (const char *text, const char *before);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhChange, oh_change_free)

G_END_DECLS
