/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sessions-item.h"

#include "oh-words.h"

#include <glib/gi18n.h>
#include <string.h>

struct _OhSessionsItem
{
  GObject parent_instance;

  OhSessionsKind kind;
  char *key;
  OhGroup *group;
  OhTrace *trace;
  OhExchange *end;
};

G_DEFINE_FINAL_TYPE (OhSessionsItem, oh_sessions_item, G_TYPE_OBJECT)

static guint changed_signal;

static void
oh_sessions_item_finalize (GObject *object)
{
  OhSessionsItem *self = OH_SESSIONS_ITEM (object);

  g_free (self->key);
  g_clear_pointer (&self->group, oh_group_unref);
  g_clear_pointer (&self->trace, oh_trace_unref);
  g_clear_pointer (&self->end, oh_exchange_unref);
  G_OBJECT_CLASS (oh_sessions_item_parent_class)->finalize (object);
}

static void
oh_sessions_item_class_init (OhSessionsItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_sessions_item_finalize;
  changed_signal = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
oh_sessions_item_init (OhSessionsItem *self)
{
}

OhSessionsItem *
oh_sessions_item_new (OhSessionsKind kind, OhGroup *group, OhExchange *end)
{
  OhSessionsItem *self = g_object_new (OH_TYPE_SESSIONS_ITEM, NULL);

  self->kind = kind;
  self->group = oh_group_ref (group);
  self->end = end == NULL ? NULL : oh_exchange_ref (end);
  if (kind == OH_SESSIONS_SESSION)
    self->key = g_strdup_printf ("session %s", group->name);
  else if (kind == OH_SESSIONS_THREAD)
    self->key = g_strdup_printf ("thread %" G_GINT64_FORMAT, group->id);
  else
    self->key = g_strdup_printf ("branch %" G_GINT64_FORMAT, end->id);
  return self;
}

OhSessionsItem *
oh_sessions_item_new_trace (OhTrace *trace)
{
  OhSessionsItem *self = g_object_new (OH_TYPE_SESSIONS_ITEM, NULL);

  self->kind = OH_SESSIONS_TRACE;
  self->trace = oh_trace_ref (trace);
  self->key = g_strdup_printf ("trace %" G_GINT64_FORMAT, trace->id);
  return self;
}

OhTrace *
oh_sessions_item_get_trace (OhSessionsItem *self)
{
  g_return_val_if_fail (OH_IS_SESSIONS_ITEM (self), NULL);

  return self->trace;
}

const char *
oh_sessions_item_get_session (OhSessionsItem *self)
{
  g_return_val_if_fail (OH_IS_SESSIONS_ITEM (self), NULL);

  if (self->kind == OH_SESSIONS_SESSION)
    return self->group->name;
  return self->kind == OH_SESSIONS_TRACE ? self->trace->session : NULL;
}

const OhSums *
oh_sessions_item_get_sums (OhSessionsItem *self)
{
  g_return_val_if_fail (OH_IS_SESSIONS_ITEM (self), NULL);

  if (self->kind == OH_SESSIONS_BRANCH)
    return NULL;
  return self->kind == OH_SESSIONS_TRACE ? &self->trace->sums : &self->group->sums;
}

OhSessionsKind
oh_sessions_item_get_kind (OhSessionsItem *self)
{
  g_return_val_if_fail (OH_IS_SESSIONS_ITEM (self), OH_SESSIONS_SESSION);

  return self->kind;
}

OhGroup *
oh_sessions_item_get_group (OhSessionsItem *self)
{
  g_return_val_if_fail (OH_IS_SESSIONS_ITEM (self), NULL);

  return self->group;
}

OhExchange *
oh_sessions_item_get_end (OhSessionsItem *self)
{
  g_return_val_if_fail (OH_IS_SESSIONS_ITEM (self), NULL);

  return self->end;
}

const char *
oh_sessions_item_get_key (OhSessionsItem *self)
{
  g_return_val_if_fail (OH_IS_SESSIONS_ITEM (self), NULL);

  return self->key;
}

void
oh_sessions_item_take (OhSessionsItem *self, OhSessionsItem *newer)
{
  g_return_if_fail (OH_IS_SESSIONS_ITEM (self));
  g_return_if_fail (OH_IS_SESSIONS_ITEM (newer));

  g_clear_pointer (&self->group, oh_group_unref);
  self->group = newer->group == NULL ? NULL : oh_group_ref (newer->group);
  g_clear_pointer (&self->trace, oh_trace_unref);
  self->trace = newer->trace == NULL ? NULL : oh_trace_ref (newer->trace);
  g_clear_pointer (&self->end, oh_exchange_unref);
  self->end = newer->end == NULL ? NULL : oh_exchange_ref (newer->end);
  g_signal_emit (self, changed_signal, 0);
}

static char *
dup_name (OhSessionsItem *self)
{
  if (self->kind == OH_SESSIONS_BRANCH)
    return g_strdup (self->end->facts != NULL && self->end->facts->title != NULL ? self->end->facts->title
                                                                                  : _ ("Without Words"));
  if (self->kind == OH_SESSIONS_TRACE)
    return g_strdup (self->trace->name != NULL ? self->trace->name : _ ("Unnamed"));
  return g_strdup (self->group->name != NULL && *self->group->name != '\0' ? self->group->name : _ ("Without Words"));
}

char *
oh_sessions_item_dup_title (OhSessionsItem *self)
{
  g_return_val_if_fail (OH_IS_SESSIONS_ITEM (self), NULL);

  return dup_name (self);
}

/* "22:05:24" of today, else with the day. */
static char *
say_when (gint64 wall_ns)
{
  g_autofree char *now = oh_format_date_time (oh_clock_wall_ns ());
  g_autofree char *when = oh_format_date_time (wall_ns);
  const char *time = strchr (when, ' ');

  if (time != NULL && strncmp (now, when, (gsize) (time - when)) == 0)
    return g_strndup (time + 1, strlen ("22:05:24"));
  return g_steal_pointer (&when);
}

static char *
say_span (gint64 first_ns, gint64 last_ns)
{
  g_autofree char *first = say_when (first_ns);
  g_autofree char *last = say_when (last_ns);

  return g_strdup_printf ("%s – %s", first, last);
}

static char *
say_users (const OhGroup *group)
{
  g_auto (GStrv) users = group->users == NULL ? NULL : g_strsplit (group->users, ",", -1);

  for (guint i = 0; users != NULL && users[i] != NULL; i++)
    g_strstrip (users[i]);
  return users == NULL ? NULL : g_strjoinv (", ", users);
}

char *
oh_sessions_item_dup_subtitle (OhSessionsItem *self)
{
  GString *words = g_string_new (NULL);
  const OhGroup *group;
  const OhSums *sums;
  g_autofree char *traces = NULL;
  g_autofree char *branches = NULL;
  g_autofree char *boundaries = NULL;
  g_autofree char *errors = NULL;
  gint64 bad;

  g_return_val_if_fail (OH_IS_SESSIONS_ITEM (self), NULL);

  group = self->group;
  sums = oh_sessions_item_get_sums (self);
  if (self->kind == OH_SESSIONS_BRANCH)
    {
      g_autofree char *boundary = oh_boundary_say (self->end->place);

      g_string_append (words, boundary != NULL ? boundary : _ ("Branch"));
      oh_words_add (words, oh_words_ended (self->end));
      oh_words_add (words, say_when (self->end->started_ns));
      return g_string_free (words, FALSE);
    }
  if (self->kind == OH_SESSIONS_SESSION)
    {
      oh_words_add (words, say_users (group));
      traces = oh_format_count (group->traces);
      oh_words_add (words, g_strdup_printf (ngettext ("%s trace", "%s traces", (gulong) group->traces), traces));
    }
  if (self->kind == OH_SESSIONS_TRACE)
    oh_words_add (words, g_strdup (self->trace->user));
  oh_words_add (words, oh_words_calls (sums->calls));
  if (self->kind == OH_SESSIONS_THREAD && group->branches > 1)
    {
      branches = oh_format_count (group->branches);
      oh_words_add (words, g_strdup_printf (ngettext ("%s branch", "%s branches", (gulong) group->branches), branches));
    }
  if (self->kind == OH_SESSIONS_THREAD || self->kind == OH_SESSIONS_SESSION)
    boundaries = oh_boundary_sum_up (group);
  if (boundaries != NULL && *boundaries != '\0')
    oh_words_add (words, g_strdup (boundaries));
  bad = sums->failed + sums->cut;
  if (bad > 0)
    {
      errors = oh_format_count (bad);
      oh_words_add (words, g_strdup_printf (ngettext ("%s error", "%s errors", (gulong) bad), errors));
    }
  if (self->kind != OH_SESSIONS_TRACE)
    oh_words_add (words, say_span (group->first_ns, group->last_ns));
  else
    oh_words_add (words, self->trace->running ? g_strdup (_ ("running"))
                                              : say_span (self->trace->started_ns, self->trace->ended_ns));
  return g_string_free (words, FALSE);
}

char *
oh_sessions_item_dup_sentence (OhSessionsItem *self)
{
  g_autofree char *title = NULL;
  g_autofree char *subtitle = NULL;
  g_autofree char *tokens = NULL;
  g_autofree char *cost = NULL;

  g_return_val_if_fail (OH_IS_SESSIONS_ITEM (self), NULL);

  title = dup_name (self);
  subtitle = oh_sessions_item_dup_subtitle (self);
  if (self->kind == OH_SESSIONS_BRANCH)
    return g_strdup_printf ("%s, %s", title, subtitle);
  tokens = oh_words_tokens_of (oh_sessions_item_get_sums (self));
  cost = oh_words_cost_of (oh_sessions_item_get_sums (self), FALSE);
  return g_strdup_printf (self->kind == OH_SESSIONS_SESSION ? _ ("Session %s, %s, %s tokens, cost %s")
                          : self->kind == OH_SESSIONS_TRACE ? _ ("Trace %s, %s, %s tokens, cost %s")
                                                            : _ ("Conversation %s, %s, %s tokens, cost %s"),
                          title, subtitle, *tokens != '\0' ? tokens : "0", cost);
}
