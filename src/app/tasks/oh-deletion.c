/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-deletion.h"

#include "oh-announcer.h"
#include "oh-settings.h"

#include <glib/gi18n.h>

/* Captures go on between them. */
#define AT_ONCE 500

/* Held by the toast and by the window. */
typedef struct
{
  GWeakRef engine;
  gint64 run_id;
  GArray *ids;      /* (element-type gint64), or NULL: all of the run */
  gboolean settled; /* deleted, or taken back */
} Deletion;

static void
deletion_clear (gpointer data)
{
  Deletion *self = data;

  g_weak_ref_clear (&self->engine);
  g_clear_pointer (&self->ids, g_array_unref);
}

static void
deletion_release (gpointer data, GClosure *closure)
{
  g_rc_box_release_full (data, deletion_clear);
}

static void
on_undo (AdwToast *toast, Deletion *self)
{
  self->settled = TRUE;
}

static void
perform (Deletion *self)
{
  g_autoptr (OhEngine) engine = g_weak_ref_get (&self->engine);

  if (self->settled || engine == NULL)
    return;
  self->settled = TRUE;
  if (self->ids == NULL)
    oh_engine_clear (engine, self->run_id);
  for (guint i = 0; self->ids != NULL && i < self->ids->len; i += AT_ONCE)
    oh_engine_delete (engine, &g_array_index (self->ids, gint64, i), MIN (AT_ONCE, self->ids->len - i));
}

static void
on_dismissed (AdwToast *toast, Deletion *self)
{
  perform (self);
}

/* Asked last, so the window does close: whoever only looked at the question may still take the deletion back. */
static gboolean
on_close_request (GtkWindow *window, Deletion *self)
{
  perform (self);
  return FALSE;
}

void
oh_deletion_begin (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine, gint64 run_id,
                   GArray *ids, const char *words)
{
  g_autofree char *markup = g_markup_escape_text (words, -1);
  AdwToast *toast = adw_toast_new (markup);
  Deletion *self = g_rc_box_new0 (Deletion);

  g_return_if_fail (GTK_IS_WINDOW (window) && OH_IS_ENGINE (engine));

  g_weak_ref_init (&self->engine, engine);
  self->run_id = run_id;
  self->ids = ids != NULL ? g_array_ref (ids) : NULL;
  adw_toast_set_timeout (toast, (guint) g_settings_get_int (oh_settings_get (), "undo-seconds"));
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  adw_toast_set_button_label (toast, _ ("_Undo"));
  g_signal_connect_data (toast, "button-clicked", G_CALLBACK (on_undo), g_rc_box_acquire (self), deletion_release, 0);
  g_signal_connect_data (toast, "dismissed", G_CALLBACK (on_dismissed), g_rc_box_acquire (self), deletion_release, 0);
  g_signal_connect_data (window, "close-request", G_CALLBACK (on_close_request), self, deletion_release,
                         G_CONNECT_AFTER);
  adw_toast_overlay_add_toast (toasts, toast);
  oh_announce (GTK_WIDGET (toasts), words);
}
