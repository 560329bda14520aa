/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-json-tree.h"

#include "oh-format.h"
#include "oh-json-pretty.h"
#include "oh-json-scan.h"

#include <glib/gi18n.h>
#include <string.h>

#define PREVIEW 200

/* What an object or array has in it is looked for on a thread if it is longer than this, … */
#define LARGE (512 * 1024)
/* … and shown in ranges if it is more than this: GTK makes something for each row of a level at once. */
#define RANGE 1000

typedef struct
{
  OhJson key; /* none: an element */
  OhJson value;
} Member;

/* One value, or a range of the members of one. */
struct _OhJsonNode
{
  GObject parent_instance;

  GBytes *text;
  Member member;
  guint index;
  GArray *members; /* a range: (element-type Member) of which these are some; else NULL */
  guint count;     /* a range: how many, from index on */
};

G_DEFINE_FINAL_TYPE (OhJsonNode, oh_json_node, G_TYPE_OBJECT)

/* Members of one object or array, or ranges of them. Finding them is one pass over its bytes; the nodes are made when
 * asked for. */
#define OH_TYPE_JSON_LEVEL (oh_json_level_get_type ())
G_DECLARE_FINAL_TYPE (OhJsonLevel, oh_json_level, OH, JSON_LEVEL, GObject)

struct _OhJsonLevel
{
  GObject parent_instance;

  GBytes *text;
  GArray *members; /* (element-type Member) */
  guint first;     /* which of them are here */
  guint count;
  guint range;     /* how many one node stands for; 1: it is the member itself */
};

static void oh_json_level_list_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhJsonLevel,
                               oh_json_level,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, oh_json_level_list_init))

static void
oh_json_node_finalize (GObject *object)
{
  g_bytes_unref (OH_JSON_NODE (object)->text);
  g_clear_pointer (&OH_JSON_NODE (object)->members, g_array_unref);
  G_OBJECT_CLASS (oh_json_node_parent_class)->finalize (object);
}

static void
oh_json_node_class_init (OhJsonNodeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_json_node_finalize;
}

static void
oh_json_node_init (OhJsonNode *self)
{
}

static void
oh_json_level_finalize (GObject *object)
{
  OhJsonLevel *self = OH_JSON_LEVEL (object);

  g_bytes_unref (self->text);
  g_array_unref (self->members);
  G_OBJECT_CLASS (oh_json_level_parent_class)->finalize (object);
}

static void
oh_json_level_class_init (OhJsonLevelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_json_level_finalize;
}

static void
oh_json_level_init (OhJsonLevel *self)
{
  self->members = g_array_new (FALSE, TRUE, sizeof (Member));
  self->range = 1;
}

static GType
oh_json_level_get_item_type (GListModel *model)
{
  return OH_TYPE_JSON_NODE;
}

static guint
oh_json_level_get_n_items (GListModel *model)
{
  OhJsonLevel *self = OH_JSON_LEVEL (model);

  return self->count / self->range + (self->count % self->range != 0);
}

static gpointer
oh_json_level_get_item (GListModel *model, guint position)
{
  OhJsonLevel *self = OH_JSON_LEVEL (model);
  OhJsonNode *node;

  if (position >= oh_json_level_get_n_items (model))
    return NULL;
  node = g_object_new (OH_TYPE_JSON_NODE, NULL);
  node->text = g_bytes_ref (self->text);
  node->index = self->first + position * self->range;
  if (self->range == 1)
    node->member = g_array_index (self->members, Member, node->index);
  else
    {
      const Member *first, *last;

      node->members = g_array_ref (self->members);
      node->count = MIN (self->range, self->first + self->count - node->index);
      first = &g_array_index (self->members, Member, node->index);
      last = &g_array_index (self->members, Member, node->index + node->count - 1);
      node->member.value.text = first->key.length > 0 ? first->key.text : first->value.text;
      node->member.value.length = (gsize) (last->value.text + last->value.length - node->member.value.text);
    }
  return node;
}

static void
oh_json_level_list_init (GListModelInterface *iface)
{
  iface->get_item_type = oh_json_level_get_item_type;
  iface->get_n_items = oh_json_level_get_n_items;
  iface->get_item = oh_json_level_get_item;
}

/* Whether the text ends before it does: only in one that is not there as a whole can a container be the last byte's. */
static gboolean
is_cut (OhJsonNode *self)
{
  gsize length;
  const char *data = g_bytes_get_data (self->text, &length);

  return self->member.value.text + self->member.value.length == data + length;
}

static gboolean
is_container (OhJson value)
{
  OhJsonKind kind = oh_json_get_kind (value);

  return kind == OH_JSON_OBJECT || kind == OH_JSON_ARRAY;
}

static GArray *
find_members (OhJson container)
{
  GArray *members = g_array_new (FALSE, TRUE, sizeof (Member));
  gboolean object = oh_json_get_kind (container) == OH_JSON_OBJECT;
  OhJsonIter iter;
  Member member = { 0 };

  oh_json_iter_init (&iter, container);
  while (oh_json_iter_next (&iter, object ? &member.key : NULL, &member.value))
    g_array_append_val (members, member);
  return members;
}

/* Shows @count of @members from @first on, as they are or in ranges. */
static void
set_members (OhJsonLevel *self, GArray *members, guint first, guint count)
{
  g_array_unref (self->members);
  self->members = g_array_ref (members);
  self->first = first;
  self->count = count;
  self->range = 1;
  while (count / self->range > RANGE)
    self->range *= RANGE;
}

static GListModel *
new_level (GBytes *text, GArray *members, guint first, guint count)
{
  OhJsonLevel *self = g_object_new (OH_TYPE_JSON_LEVEL, NULL);

  self->text = g_bytes_ref (text);
  set_members (self, members, first, count);
  return G_LIST_MODEL (self);
}

static void
find_in_thread (GTask *task, gpointer source, gpointer container, GCancellable *cancellable)
{
  g_task_return_pointer (task, find_members (*(OhJson *) container), (GDestroyNotify) g_array_unref);
}

static void
members_found (GObject *source, GAsyncResult *result, gpointer data)
{
  OhJsonLevel *self = OH_JSON_LEVEL (source);
  g_autoptr (GArray) members = g_task_propagate_pointer (G_TASK (result), NULL);

  set_members (self, members, 0, members->len);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, 0, oh_json_level_get_n_items (G_LIST_MODEL (self)));
}

/* A level that is empty until a thread has found what is in it. The task keeps the level, which keeps the text. */
static GListModel *
new_level_in_thread (GBytes *text, OhJson container)
{
  g_autoptr (GArray) none = g_array_new (FALSE, TRUE, sizeof (Member));
  GListModel *self = new_level (text, none, 0, 0);
  g_autoptr (GTask) task = g_task_new (self, NULL, members_found, NULL);

  g_task_set_source_tag (task, new_level_in_thread);
  g_task_set_task_data (task, g_memdup2 (&container, sizeof container), g_free);
  g_task_run_in_thread (task, find_in_thread);
  return self;
}

GListModel *
oh_json_tree_new (GBytes *text, char **problem)
{
  g_autoptr (GArray) members = NULL;
  gsize length;
  const char *data = g_bytes_get_data (text, &length);
  Member member = { 0 };

  if (!oh_json_parse (data, length, &member.value, problem))
    return NULL;
  if (is_container (member.value))
    members = find_members (member.value);
  else
    {
      members = g_array_new (FALSE, TRUE, sizeof (Member));
      g_array_append_val (members, member);
    }
  return new_level (text, members, 0, members->len);
}

GListModel *
oh_json_tree_new_begun (GBytes *text)
{
  g_autoptr (GArray) members = NULL;
  gsize length;
  const char *data = g_bytes_get_data (text, &length);

  while (length > 0 && g_ascii_isspace (*data))
    {
      data++;
      length--;
    }
  /* As if the bracket that closes it followed. */
  members = find_members ((OhJson) { data, length + 1 });
  return new_level (text, members, 0, members->len);
}

GListModel *
oh_json_node_get_children (OhJsonNode *self)
{
  g_autoptr (GArray) members = NULL;

  g_return_val_if_fail (OH_IS_JSON_NODE (self), NULL);

  if (self->members)
    return new_level (self->text, self->members, self->index, self->count);
  if (!is_container (self->member.value) || self->member.value.length <= 2 || is_cut (self))
    return NULL;
  if (self->member.value.length > LARGE)
    return new_level_in_thread (self->text, self->member.value);
  members = find_members (self->member.value);
  return new_level (self->text, members, 0, members->len);
}

gboolean
oh_json_node_is_large (OhJsonNode *self)
{
  g_return_val_if_fail (OH_IS_JSON_NODE (self), FALSE);

  return self->members || self->member.value.length > LARGE;
}

GBytes *
oh_json_node_get_bytes (OhJsonNode *self)
{
  const char *data;

  g_return_val_if_fail (OH_IS_JSON_NODE (self), NULL);

  data = g_bytes_get_data (self->text, NULL);
  return g_bytes_new_from_bytes (self->text, (gsize) (self->member.value.text - data), self->member.value.length);
}

char *
oh_json_node_dup_name (OhJsonNode *self)
{
  g_return_val_if_fail (OH_IS_JSON_NODE (self), NULL);

  if (self->members)
    {
      g_autofree char *first = oh_format_count (self->index);
      g_autofree char *last = oh_format_count (self->index + self->count - 1);

      return g_strdup_printf ("%s … %s", first, last);
    }
  if (self->member.key.length > 0)
    return oh_json_dup_string (self->member.key);
  return g_strdup_printf ("%u", self->index);
}

/* What helps to tell the members of an array apart: the type and role of what they are. */
static char *
describe_object (OhJson object)
{
  static const char *const telling[] = { "type", "role", "name", "id" };
  GString *words = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (telling); i++)
    {
      OhJson value = oh_json_get (object, telling[i]);

      if (oh_json_get_kind (value) == OH_JSON_STRING && value.length < 60)
        {
          g_autofree char *text = oh_json_dup_string (value);

          g_string_append_printf (words, "%s%s", words->len ? " · " : "", text);
        }
    }
  return g_string_free (words, FALSE);
}

static char *
preview_container (OhJson value)
{
  g_autofree char *size = oh_format_bytes ((gint64) value.length);
  gboolean object = oh_json_get_kind (value) == OH_JSON_OBJECT;
  g_autofree char *words = NULL;

  if (value.length <= 2)
    return g_strdup (object ? "{}" : "[]");
  /* Whoever wants to see little gets it; counting what is large would mean to read it. */
  if (value.length <= 80)
    return oh_json_dup (value);
  if (object && value.length < 20000)
    words = describe_object (value);
  if (words && *words)
    return g_strdup_printf (object ? "{ %s }  %s" : "[ %s ]  %s", words, size);
  return g_strdup_printf (object ? "{ … }  %s" : "[ … ]  %s", size);
}

char *
oh_json_node_dup_preview (OhJsonNode *self)
{
  OhJson value;

  g_return_val_if_fail (OH_IS_JSON_NODE (self), NULL);

  value = self->member.value;
  if (self->members)
    return oh_format_bytes ((gint64) value.length);
  if (is_container (value) && is_cut (self))
    return g_strdup (oh_json_get_kind (value) == OH_JSON_OBJECT ? "{ …" : "[ …");
  if (is_container (value))
    return preview_container (value);
  if (value.length <= PREVIEW)
    return oh_json_dup (value);
  {
    g_autofree char *size = oh_format_bytes ((gint64) value.length);
    g_autofree char *start = g_strndup (value.text, PREVIEW);
    g_autofree char *valid = NULL;
    const char *end;

    if (!g_utf8_validate (start, -1, &end))
      *(char *) end = '\0';
    valid = g_utf8_make_valid (start, -1);
    return g_strdup_printf ("%s…  %s", valid, size);
  }
}

char *
oh_json_node_dup_text (OhJsonNode *self)
{
  OhJson value;

  g_return_val_if_fail (OH_IS_JSON_NODE (self), NULL);

  value = self->member.value;
  if (oh_json_node_is_string (self))
    return oh_json_dup_string (value);
  {
    g_autoptr (GString) out = g_string_new (NULL);

    oh_json_append_pretty (out, value.text, value.length, 2500000);
    return g_utf8_make_valid (out->str, (gssize) out->len);
  }
}

const char *
oh_json_node_get_style (OhJsonNode *self)
{
  g_return_val_if_fail (OH_IS_JSON_NODE (self), NULL);

  if (self->members)
    return "container";
  switch (oh_json_get_kind (self->member.value))
    {
    case OH_JSON_STRING:
      return "string";
    case OH_JSON_NUMBER:
      return "number";
    case OH_JSON_OBJECT:
    case OH_JSON_ARRAY:
      return "container";
    default:
      return "literal";
    }
}

gboolean
oh_json_node_is_string (OhJsonNode *self)
{
  g_return_val_if_fail (OH_IS_JSON_NODE (self), FALSE);

  return !self->members && oh_json_get_kind (self->member.value) == OH_JSON_STRING;
}
