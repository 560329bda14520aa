/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-announcer.h"

#include <adwaita.h>
#include <dlfcn.h>

/* Of a window: its announcer. */
#define DATA "oh-announcer"
/* GtkAccessibleAnnouncementPriority's “medium”: after what is being said. */
#define PRIORITY 1

/* What is told so soon after something else is told with it, for it may not have been heard yet. */
#define SOON_US (G_USEC_PER_SEC)

struct _OhAnnouncer
{
  GtkWidget parent_instance;

  char *words;       /* told last, or NULL */
  gint64 told;       /* when, on the monotonic clock, us */
};

G_DEFINE_FINAL_TYPE (OhAnnouncer, oh_announcer, GTK_TYPE_WIDGET)

static void
oh_announcer_root (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (oh_announcer_parent_class)->root (widget);
  g_object_set_data (G_OBJECT (gtk_widget_get_root (widget)), DATA, widget);
}

static void
oh_announcer_unroot (GtkWidget *widget)
{
  g_object_set_data (G_OBJECT (gtk_widget_get_root (widget)), DATA, NULL);
  GTK_WIDGET_CLASS (oh_announcer_parent_class)->unroot (widget);
}

static void
oh_announcer_finalize (GObject *object)
{
  g_free (OH_ANNOUNCER (object)->words);
  G_OBJECT_CLASS (oh_announcer_parent_class)->finalize (object);
}

static void
oh_announcer_class_init (OhAnnouncerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = oh_announcer_finalize;
  widget_class->root = oh_announcer_root;
  widget_class->unroot = oh_announcer_unroot;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_ALERT);
}

static void
oh_announcer_init (OhAnnouncer *self)
{
}

static void
take_words (OhAnnouncer *self, const char *words)
{
  const gint64 now = g_get_monotonic_time ();
  char *all = self->words != NULL && now - self->told < SOON_US ? g_strdup_printf ("%s. %s", self->words, words)
                                                                : g_strdup (words);

  g_free (self->words);
  self->words = all;
  self->told = now;
}

void
oh_announce (GtkWidget *widget, const char *words)
{
  /* GTK 4.14 has it; before, an alert that appears with other words is what can be told. */
  void (*announce) (GtkAccessible *, const char *, int) = dlsym (RTLD_DEFAULT, "gtk_accessible_announce");
  GtkRoot *root;
  GtkWidget *announcer;

  g_return_if_fail (GTK_IS_WIDGET (widget));
  g_return_if_fail (words != NULL);

  root = gtk_widget_get_root (widget);
  announcer = root == NULL ? NULL : g_object_get_data (G_OBJECT (root), DATA);
  if (announcer == NULL)
    return;
  take_words (OH_ANNOUNCER (announcer), words);
  gtk_widget_set_visible (announcer, FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (announcer), GTK_ACCESSIBLE_PROPERTY_LABEL, OH_ANNOUNCER (announcer)->words,
                                  -1);
  gtk_widget_set_visible (announcer, TRUE);
  if (announce != NULL)
    announce (GTK_ACCESSIBLE (announcer), words, PRIORITY);
}

void
oh_say (GtkWidget *widget, const char *words)
{
  g_autofree char *markup = NULL;
  GtkWidget *toasts;

  g_return_if_fail (GTK_IS_WIDGET (widget));
  g_return_if_fail (words != NULL);

  markup = g_markup_escape_text (words, -1);
  toasts = ADW_IS_TOAST_OVERLAY (widget) ? widget : gtk_widget_get_ancestor (widget, ADW_TYPE_TOAST_OVERLAY);
  if (toasts != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (toasts), adw_toast_new (markup));
  oh_announce (widget, words);
}
