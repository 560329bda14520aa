/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-rereading.h"

#include <glib/gi18n.h>

#define LOOK_MS 200
#define END_SECONDS 5

/* Belongs to the overlay of toasts, under this name. */
#define DATA "oh-rereading"

typedef struct
{
  AdwToastOverlay *toasts; /* not owned */
  OhEngine *engine;
  AdwToast *toast;
  gboolean cancelled;
  guint look_source;
} Rereading;

static void
rereading_free (gpointer data)
{
  Rereading *self = data;

  g_clear_handle_id (&self->look_source, g_source_remove);
  if (self->toast != NULL)
    g_signal_handlers_disconnect_by_data (self->toast, self);
  g_clear_object (&self->toast);
  g_object_unref (self->engine);
  g_free (self);
}

static gboolean
dismiss (gpointer toast)
{
  adw_toast_dismiss (toast);
  return G_SOURCE_REMOVE;
}

/* The toast that told of the progress tells of the end: libadwaita before 1.3 crashes when a toast is dismissed while it
 * still slides in. */
static void
end (Rereading *self, gint64 done)
{
  g_autofree char *count = oh_format_count (done);
  g_autofree char *words =
      self->cancelled
          ? g_strdup (_ ("Stopped. What was not read again is as it was."))
          : g_strdup_printf (ngettext ("%s exchange was read again", "%s exchanges were read again", (gulong) done), count);

  if (self->toast == NULL)
    {
      adw_toast_overlay_add_toast (self->toasts, adw_toast_new (words));
    }
  else
    {
      adw_toast_set_title (self->toast, words);
      adw_toast_set_button_label (self->toast, NULL);
      g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, END_SECONDS, dismiss, g_object_ref (self->toast), g_object_unref);
    }
  g_object_set_data (G_OBJECT (self->toasts), DATA, NULL);
}

static gboolean
look (gpointer data)
{
  Rereading *self = data;
  gint64 done, total;
  g_autofree char *title = NULL;

  if (!oh_engine_get_reread (self->engine, &done, &total))
    {
      self->look_source = 0;
      end (self, done);
      return G_SOURCE_REMOVE;
    }
  title = g_strdup_printf (_ ("Reading everything again… %d %%"), total > 0 ? (int) (done * 100 / total) : 0);
  if (self->toast != NULL)
    adw_toast_set_title (self->toast, title);
  return G_SOURCE_CONTINUE;
}

static void
on_cancelled (Rereading *self)
{
  self->cancelled = TRUE;
  oh_engine_stop_reread (self->engine);
}

/* It goes on all the same. */
static void
on_dismissed (Rereading *self)
{
  g_signal_handlers_disconnect_by_data (self->toast, self);
  g_clear_object (&self->toast);
}

static void
on_response (AdwMessageDialog *dialog, const char *response, gpointer data)
{
  Rereading *self = data;

  if (!g_str_equal (response, "read"))
    {
      g_object_set_data (G_OBJECT (self->toasts), DATA, NULL);
      return;
    }
  oh_engine_reread (self->engine);
  self->toast = adw_toast_new (_ ("Reading everything again…"));
  adw_toast_set_timeout (self->toast, 0);
  adw_toast_set_button_label (self->toast, _ ("_Cancel"));
  g_signal_connect_swapped (self->toast, "button-clicked", G_CALLBACK (on_cancelled), self);
  g_signal_connect_swapped (self->toast, "dismissed", G_CALLBACK (on_dismissed), self);
  adw_toast_overlay_add_toast (self->toasts, g_object_ref (self->toast));
  self->look_source = g_timeout_add (LOOK_MS, look, self);
}

void
oh_rereading_ask (GtkWindow *window, AdwToastOverlay *toasts, OhEngine *engine)
{
  Rereading *self;
  GtkWidget *dialog;

  g_return_if_fail (GTK_IS_WINDOW (window));
  g_return_if_fail (ADW_IS_TOAST_OVERLAY (toasts));
  g_return_if_fail (OH_IS_ENGINE (engine));

  if (g_object_get_data (G_OBJECT (toasts), DATA) != NULL)
    return;
  self = g_new0 (Rereading, 1);
  self->toasts = toasts;
  self->engine = g_object_ref (engine);
  g_object_set_data_full (G_OBJECT (toasts), DATA, self, rereading_free);
  dialog = adw_message_dialog_new (
      window, _ ("Read Everything Again?"),
      _ ("Overhear understands all exchanges anew from the bytes it kept: useful after an update, or after prices "
         "changed. It goes on in the background, and nothing is lost."));
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "read", _ ("_Read Again"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "read", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "read");
  g_signal_connect (dialog, "response", G_CALLBACK (on_response), self);
  gtk_window_present (GTK_WINDOW (dialog));
}
