/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-trust-page.h"

#include "oh-desktop-stores.h"
#include "oh-desktop-trust.h"

#include <glib/gi18n.h>

struct _OhTrustPage
{
  AdwPreferencesPage parent_instance;

  AdwActionRow *authority_row;
  GtkButton *forget;
  AdwPreferencesGroup *store_group;
  GtkLabel *problem;

  char *data_dir;
  OhDesktopTrust *trust; /* as shown */
  GPtrArray *rows;       /* AdwActionRow, not owned */
  guint busy;
  guint acts;            /* that have been begun */
  gboolean again;        /* somebody came back meanwhile */
};

G_DEFINE_FINAL_TYPE (OhTrustPage, oh_trust_page, ADW_TYPE_PREFERENCES_PAGE)

typedef enum
{
  ACT_LOOK,
  ACT_ADD,
  ACT_REMOVE,
  ACT_FORGET, /* everywhere */
} Act;

/* What the button of a store does. */
typedef enum
{
  OFFER_ADD,
  OFFER_REPLACE,
  OFFER_REMOVE,
} Offer;

/* What a thread does: stores have tools of their own, which take their time. */
typedef struct
{
  Act act;
  char *data_dir;
  char *place; /* of the store */
  guint acts;  /* when it was begun */
} Job;

static void start (OhTrustPage *self, Act act, const char *place);
static void look_again (OhTrustPage *self);

static Offer
get_offer (const OhTruststore *store)
{
  switch (store->state)
    {
    case OH_TRUSTED_CURRENT:
      return OFFER_REMOVE;
    case OH_TRUSTED_PAST:
    case OH_TRUSTED_EXPIRED:
      return OFFER_REPLACE;
    case OH_TRUSTED_NONE:
    case OH_TRUSTED_OTHER:
    case OH_TRUSTED_UNKNOWN:
    default:
      return OFFER_ADD;
    }
}

/* A folder may have any name. (transfer full) */
static char *
show_place (const OhTruststore *store)
{
  return g_filename_display_name (store->place);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->data_dir);
  g_free (job->place);
  g_free (job);
}

static char *
make_heading (Offer offer, const OhTruststore *store)
{
  switch (offer)
    {
    case OFFER_REMOVE:
      return g_strdup_printf (_ ("Remove Overhear from “%s”?"), store->name);
    case OFFER_REPLACE:
      return g_strdup_printf (_ ("Replace Overhear’s Certificate in “%s”?"), store->name);
    case OFFER_ADD:
    default:
      return g_strdup_printf (_ ("Add Overhear to “%s”?"), store->name);
    }
}

/* For who does not see beside what the button stands. */
static char *
make_label (Offer offer, const OhTruststore *store)
{
  g_autofree char *place = show_place (store);

  switch (offer)
    {
    case OFFER_REMOVE:
      return g_strdup_printf (_ ("Remove Overhear from %s, %s"), store->name, place);
    case OFFER_REPLACE:
      return g_strdup_printf (_ ("Replace Overhear’s certificate in %s, %s"), store->name, place);
    case OFFER_ADD:
    default:
      return g_strdup_printf (_ ("Add Overhear to %s, %s"), store->name, place);
    }
}

/* ---- in the thread -------------------------------------------------------------------------------------------------- */

static GPtrArray *
plan (OhDesktopTrust *trust, OhTruststore *store, Act act, GError **error)
{
  return act == ACT_ADD ? oh_truststore_plan_add (store, &trust->subject, error)
                        : oh_truststore_plan_remove (store, FALSE, error);
}

/* Returns: FALSE with the first error; the other stores are gone through all the same. */
static gboolean
change (OhDesktopTrust *trust, const Job *job, GError **error)
{
  OhStandingNews news;

  if (job->act == ACT_ADD && !oh_desktop_trust_ensure (trust, FALSE, &news, error))
    return FALSE;
  if (job->act == ACT_FORGET && !oh_desktop_trust_forget (trust, error))
    return FALSE;
  for (guint i = 0; i < trust->stores->len; i++)
    {
      OhTruststore *store = g_ptr_array_index (trust->stores, i);
      g_autoptr (GPtrArray) steps = NULL;
      g_autoptr (GError) problem = NULL;

      if (job->place != NULL ? !g_str_equal (store->place, job->place) : store->anchors->len == 0)
        continue;
      steps = plan (trust, store, job->act, &problem);
      if (steps != NULL)
        oh_trust_steps_carry_out (steps, &problem);
      if (problem != NULL && *error == NULL)
        g_propagate_error (error, g_steal_pointer (&problem));
    }
  return *error == NULL;
}

static void
do_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Job *job = data;
  GError *error = NULL;
  g_autoptr (OhDesktopTrust) trust = oh_desktop_trust_new (job->data_dir, NULL, &error);

  if (trust != NULL)
    {
      oh_desktop_trust_look (trust);
      if (job->act != ACT_LOOK)
        {
          change (trust, job, &error);
          oh_desktop_stores_touch (trust->data_dir);
        }
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    {
      if (job->act != ACT_LOOK)
        oh_desktop_trust_look (trust);
      g_task_return_pointer (task, g_steal_pointer (&trust), (GDestroyNotify) oh_desktop_trust_free);
    }
}

static void
show_problem (OhTrustPage *self, const char *words)
{
  gtk_label_set_label (self->problem, words != NULL ? words : "");
  gtk_widget_set_visible (GTK_WIDGET (self->problem), words != NULL);
}

/* ---- asking --------------------------------------------------------------------------------------------------------- */

static void
on_answer (AdwMessageDialog *dialog, const char *response, OhTrustPage *self)
{
  const char *place = g_object_get_data (G_OBJECT (dialog), "place");
  const char *command = g_object_get_data (G_OBJECT (dialog), "command");
  const Act act = (Act) GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (dialog), "act"));

  if (g_str_equal (response, "do"))
    start (self, act, place);
  else if (g_str_equal (response, "copy"))
    gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), command);
}

/* @place, @body, @command: (transfer full) (nullable) */
static void
ask (OhTrustPage *self, Act act, char *place, const char *heading, char *body, char *command)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (root), heading, body);
  AdwMessageDialog *message = ADW_MESSAGE_DIALOG (dialog);

  show_problem (self, NULL);
  adw_message_dialog_add_response (message, "cancel", _ ("_Cancel"));
  if (command != NULL)
    adw_message_dialog_add_response (message, "copy", _ ("C_opy Command"));
  adw_message_dialog_add_response (message, "do", act == ACT_ADD ? _ ("_Add") : _ ("_Remove"));
  adw_message_dialog_set_response_appearance (message, "do",
                                              act == ACT_ADD ? ADW_RESPONSE_SUGGESTED : ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (message, "cancel");
  adw_message_dialog_set_close_response (message, "cancel");
  g_object_set_data (G_OBJECT (dialog), "act", GUINT_TO_POINTER (act));
  g_object_set_data_full (G_OBJECT (dialog), "place", place, g_free);
  g_object_set_data_full (G_OBJECT (dialog), "command", command, g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_answer), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
  g_free (body);
}

/* What the steps will do, and the commands that do it. (transfer full) */
static char *
describe_steps (GPtrArray *steps, char **commands)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GString) lines = g_string_new (NULL);

  for (guint i = 0; i < steps->len; i++)
    {
      const OhTrustStep *step = g_ptr_array_index (steps, i);
      g_autofree char *command = oh_trust_step_get_command (step);

      g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", step->sentence);
      g_string_append_printf (lines, "%s%s", i > 0 ? " && " : "", command);
      if (step->root)
        g_string_append_printf (text, "\n%s", _ ("This takes an administrator’s password."));
    }
  *commands = g_utf8_make_valid (lines->str, (gssize) lines->len);
  return g_utf8_make_valid (text->str, (gssize) text->len);
}

static void
on_store_clicked (OhTrustPage *self, GtkWidget *button)
{
  OhTruststore *store = g_object_get_data (G_OBJECT (button), "store");
  const Offer offer = get_offer (store);
  const Act act = offer == OFFER_REMOVE ? ACT_REMOVE : ACT_ADD;
  g_autofree char *heading = make_heading (offer, store);
  g_autofree char *shown = show_place (store);
  g_autoptr (GPtrArray) steps = NULL;
  char *command = NULL;
  char *body;

  if (act == ACT_ADD && !self->trust->good)
    body = g_strdup_printf (_ ("Overhear makes a certificate authority of its own, which can vouch for the hosts of this page and for "
                               "nobody else. Its certificate is added to %s."),
                            shown);
  else
    {
      steps = plan (self->trust, store, act, NULL);
      body = steps != NULL ? describe_steps (steps, &command) : g_strdup (shown);
    }
  ask (self, act, g_strdup (store->place), heading, body, command);
}

static void
on_forget_clicked (OhTrustPage *self)
{
  g_autoptr (GError) error = NULL;

  if (!oh_desktop_trust_may_forget (&error))
    {
      show_problem (self, error->message);
      return;
    }
  ask (self, ACT_FORGET, NULL, _ ("Remove Overhear Everywhere?"),
       g_strdup (_ ("Its certificate is removed from all stores below, and its key from the disk. Programs that Overhear runs go on "
                    "being read.")),
       NULL);
}

/* ---- showing -------------------------------------------------------------------------------------------------------- */

/* Below its name. (transfer full) */
static char *
describe_store (const OhTruststore *store)
{
  g_autofree char *says = oh_desktop_trust_describe (store);
  g_autofree char *place = show_place (store);

  return g_strdup_printf ("%s\n%s%s%s", says, place, store->remedy != NULL ? "\n" : "",
                          store->remedy != NULL ? store->remedy : "");
}

/* One that follows the system is changed there, unless something of ours has stayed in it. */
static gboolean
can_change (const OhTruststore *store)
{
  return store->state != OH_TRUSTED_UNKNOWN && (!store->follows || store->anchors->len > 0);
}

/* (transfer full) */
static char *
describe_authority (const OhDesktopTrust *self)
{
  g_autofree char *names = oh_desktop_trust_show_names (self);
  g_autofree char *missing = oh_desktop_trust_foretell (self);
  g_autofree char *words = NULL;
  g_autofree char *day = NULL;
  g_autoptr (GDateTime) expires = NULL;

  if (self->authority == NULL)
    return g_strdup_printf (_ ("There is none. It is made when it is first needed, for %s"), names);
  expires = g_date_time_new_from_unix_local (self->authority->expires_s);
  day = g_date_time_format (expires, "%x");
  words = g_strdup_printf (_ ("Until %s, for %s"), day, names);
  return missing != NULL ? g_strdup_printf ("%s. %s", words, missing) : g_steal_pointer (&words);
}

/* Whether a second look has found what is shown: then whoever is just about to press a button keeps it. */
static gboolean
is_same (const OhDesktopTrust *shown, const OhDesktopTrust *now)
{
  g_autofree char *before = shown != NULL ? describe_authority (shown) : NULL;
  g_autofree char *after = describe_authority (now);
  gboolean same = g_strcmp0 (before, after) == 0 && shown->good == now->good && shown->stores->len == now->stores->len
                  && g_strcmp0 (shown->subject.pem, now->subject.pem) == 0;

  for (guint i = 0; same && i < now->stores->len; i++)
    {
      const OhTruststore *one = shown->stores->pdata[i], *other = now->stores->pdata[i];
      g_autofree char *one_says = describe_store (one), *other_says = describe_store (other);

      same = g_str_equal (one->name, other->name) && g_str_equal (one_says, other_says) && can_change (one) == can_change (other);
    }
  return same;
}

static void
add_store (OhTrustPage *self, OhTruststore *store)
{
  GtkWidget *row = adw_action_row_new ();
  const Offer offer = get_offer (store);
  g_autofree char *words = describe_store (store);
  g_autofree char *subtitle = g_markup_escape_text (words, -1);
  g_autofree char *title = g_markup_escape_text (store->name, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 2);
  if (can_change (store))
    {
      GtkWidget *button = gtk_button_new_with_label (offer == OFFER_REMOVE    ? _ ("Remove…")
                                                     : offer == OFFER_REPLACE ? _ ("Replace…")
                                                                              : _ ("Add…"));
      g_autofree char *label = make_label (offer, store);

      gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
      gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
      g_object_set_data (G_OBJECT (button), "store", store);
      g_signal_connect_object (button, "clicked", G_CALLBACK (on_store_clicked), self, G_CONNECT_SWAPPED);
      adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
    }
  adw_preferences_group_add (self->store_group, row);
  g_ptr_array_add (self->rows, row);
}

static void
show_trust (OhTrustPage *self)
{
  g_autofree char *words = describe_authority (self->trust);
  g_autofree char *subtitle = g_markup_escape_text (words, -1);

  adw_action_row_set_subtitle (self->authority_row, subtitle);
  gtk_widget_set_sensitive (GTK_WIDGET (self->forget), self->trust->authority != NULL);
  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (self->store_group, g_ptr_array_index (self->rows, i));
  g_ptr_array_set_size (self->rows, 0);
  for (guint i = 0; i < self->trust->stores->len; i++)
    add_store (self, g_ptr_array_index (self->trust->stores, i));
}

static void
done (GObject *source, GAsyncResult *result, gpointer data)
{
  OhTrustPage *self = OH_TRUST_PAGE (source);
  const Job *job = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  OhDesktopTrust *trust = g_task_propagate_pointer (G_TASK (result), &error);

  self->busy--;
  /* Its window may have been closed meanwhile. */
  if (self->problem == NULL)
    {
      oh_desktop_trust_free (trust);
      return;
    }
  gtk_widget_set_sensitive (GTK_WIDGET (self), self->busy == 0);
  if (job->act != ACT_LOOK || error != NULL)
    show_problem (self, error != NULL ? error->message : NULL);
  /* What was seen before something was done is not so any more. */
  if (trust != NULL && (job->acts != self->acts || is_same (self->trust, trust)))
    oh_desktop_trust_free (trust);
  else if (trust != NULL)
    {
      oh_desktop_trust_free (self->trust);
      self->trust = trust;
      show_trust (self);
    }
  else if (job->act != ACT_LOOK)
    start (self, ACT_LOOK, NULL);
  if (self->again && self->busy == 0)
    look_again (self);
}

static void
start (OhTrustPage *self, Act act, const char *place)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, done, NULL);
  Job *job = g_new0 (Job, 1);

  self->acts += act != ACT_LOOK;
  job->act = act;
  job->data_dir = g_strdup (self->data_dir);
  job->place = g_strdup (place);
  job->acts = self->acts;
  self->busy++;
  if (act != ACT_LOOK || self->trust == NULL)
    gtk_widget_set_sensitive (GTK_WIDGET (self), FALSE);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, do_in_thread);
}

/* A program may have made its store since, or another hand changed it. */
static void
look_again (OhTrustPage *self)
{
  self->again = self->busy > 0;
  if (self->data_dir != NULL && self->busy == 0)
    start (self, ACT_LOOK, NULL);
}

static void
on_active_changed (OhTrustPage *self, GParamSpec *pspec, GtkWindow *window)
{
  if (gtk_window_is_active (window) && gtk_widget_get_mapped (GTK_WIDGET (self)))
    look_again (self);
}

static void
on_root_changed (OhTrustPage *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (root != NULL)
    g_signal_connect_object (root, "notify::is-active", G_CALLBACK (on_active_changed), self, G_CONNECT_SWAPPED);
}

static void
oh_trust_page_dispose (GObject *object)
{
  OhTrustPage *self = OH_TRUST_PAGE (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), OH_TYPE_TRUST_PAGE);

  G_OBJECT_CLASS (oh_trust_page_parent_class)->dispose (object);
}

static void
oh_trust_page_finalize (GObject *object)
{
  OhTrustPage *self = OH_TRUST_PAGE (object);

  g_ptr_array_unref (self->rows);
  oh_desktop_trust_free (self->trust);
  g_free (self->data_dir);

  G_OBJECT_CLASS (oh_trust_page_parent_class)->finalize (object);
}

static void
oh_trust_page_class_init (OhTrustPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_trust_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_trust_page_finalize;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-trust-page.ui");
  gtk_widget_class_bind_template_child (widget_class, OhTrustPage, authority_row);
  gtk_widget_class_bind_template_child (widget_class, OhTrustPage, forget);
  gtk_widget_class_bind_template_child (widget_class, OhTrustPage, store_group);
  gtk_widget_class_bind_template_child (widget_class, OhTrustPage, problem);
  gtk_widget_class_bind_template_callback (widget_class, on_forget_clicked);
}

static void
oh_trust_page_init (OhTrustPage *self)
{
  self->rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_after (self, "map", G_CALLBACK (look_again), NULL);
  g_signal_connect (self, "notify::root", G_CALLBACK (on_root_changed), NULL);
}

void
oh_trust_page_set_data_dir (OhTrustPage *self, const char *data_dir)
{
  g_return_if_fail (OH_IS_TRUST_PAGE (self));
  g_return_if_fail (data_dir != NULL);

  g_free (self->data_dir);
  self->data_dir = g_strdup (data_dir);
  start (self, ACT_LOOK, NULL);
}
