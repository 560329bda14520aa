/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-expiry.h"

#include "oh-settings.h"

#include <glib/gi18n.h>

#define UNDO_SECONDS 30

/* Held by the window and by a toast. */
typedef struct
{
  AdwToastOverlay *toasts;
  GWeakRef engine;
  gboolean kept;
  gboolean stopped; /* the window is gone: what was told of stays, for the next start to tell of again */
} Expiry;

static void
expiry_clear (gpointer data)
{
  Expiry *self = data;

  g_weak_ref_clear (&self->engine);
}

static void
expiry_release (gpointer data, GClosure *closure)
{
  g_rc_box_release_full (data, expiry_clear);
}

static void
on_kept (AdwToast *toast, Expiry *self)
{
  self->kept = TRUE;
}

static void
on_dismissed (AdwToast *toast, Expiry *self)
{
  g_autoptr (OhEngine) engine = g_weak_ref_get (&self->engine);

  if (engine != NULL && !self->stopped)
    oh_engine_settle_expired (engine, self->kept);
  self->kept = FALSE;
}

static void
on_expired (OhEngine *engine, guint n, Expiry *self)
{
  g_autofree char *count = oh_format_count (n);
  g_autofree char *words = g_strdup_printf (ngettext ("%s exchange is beyond the limits and will be deleted",
                                                      "%s exchanges are beyond the limits and will be deleted", n),
                                            count);
  AdwToast *toast = adw_toast_new (words);

  adw_toast_set_timeout (toast, UNDO_SECONDS);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  adw_toast_set_button_label (toast, _ ("_Keep Them"));
  g_signal_connect_data (toast, "button-clicked", G_CALLBACK (on_kept), g_rc_box_acquire (self), expiry_release, 0);
  g_signal_connect_data (toast, "dismissed", G_CALLBACK (on_dismissed), g_rc_box_acquire (self), expiry_release, 0);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

static void
set_limits (Expiry *self)
{
  g_autoptr (OhEngine) engine = g_weak_ref_get (&self->engine);
  const gint64 megabytes = g_settings_get_int (oh_settings_get (), "max-size");
  const gint64 days = g_settings_get_int (oh_settings_get (), "max-age");

  if (engine != NULL)
    oh_engine_set_limits (engine, megabytes * 1000000, days * 24 * 3600 * OH_NS_PER_S);
}

static void
on_window_destroyed (GtkWindow *window, Expiry *self)
{
  g_autoptr (OhEngine) engine = g_weak_ref_get (&self->engine);

  self->stopped = TRUE;
  g_signal_handlers_disconnect_by_data (oh_settings_get (), self);
  if (engine != NULL)
    g_signal_handlers_disconnect_by_data (engine, self);
}

void
oh_expiry_tell (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine)
{
  Expiry *self;

  g_return_if_fail (GTK_IS_WINDOW (window) && OH_IS_ENGINE (engine));

  self = g_rc_box_new0 (Expiry);
  self->toasts = toasts;
  g_weak_ref_init (&self->engine, engine);
  g_signal_connect_swapped (oh_settings_get (), "changed::max-size", G_CALLBACK (set_limits), self);
  g_signal_connect_swapped (oh_settings_get (), "changed::max-age", G_CALLBACK (set_limits), self);
  g_signal_connect (engine, "expired", G_CALLBACK (on_expired), self);
  g_signal_connect_data (window, "destroy", G_CALLBACK (on_window_destroyed), self, expiry_release, 0);
  set_limits (self);
}
