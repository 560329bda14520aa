/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-json-tree.h"

#include "oh-format.h"
#include "oh-json-pretty.h"
#include "oh-json-scan.h"

#include <glib/gi18n.h>
#include <string.h>

#define PREVIEW 200

typedef struct
{
  OhJson key; /* none: an element */
  OhJson value;
} Member;

struct _OhJsonNode
{
  GObject parent_instance;

  GBytes *text;
  Member member;
  guint index;
};

G_DEFINE_FINAL_TYPE (OhJsonNode, oh_json_node, G_TYPE_OBJECT)

/* The members of one object or array. Finding them is one pass over its bytes; the nodes are made when asked for. */
#define OH_TYPE_JSON_LEVEL (oh_json_level_get_type ())
G_DECLARE_FINAL_TYPE (OhJsonLevel, oh_json_level, OH, JSON_LEVEL, GObject)

struct _OhJsonLevel
{
  GObject parent_instance;

  GBytes *text;
  GArray *members; /* (element-type Member) */
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
}

static GType
oh_json_level_get_item_type (GListModel *model)
{
  return OH_TYPE_JSON_NODE;
}

static guint
oh_json_level_get_n_items (GListModel *model)
{
  return OH_JSON_LEVEL (model)->members->len;
}

static gpointer
oh_json_level_get_item (GListModel *model, guint position)
{
  OhJsonLevel *self = OH_JSON_LEVEL (model);
  OhJsonNode *node;

  if (position >= self->members->len)
    return NULL;
  node = g_object_new (OH_TYPE_JSON_NODE, NULL);
  node->text = g_bytes_ref (self->text);
  node->member = g_array_index (self->members, Member, position);
  node->index = position;
  return node;
}

static void
oh_json_level_list_init (GListModelInterface *iface)
{
  iface->get_item_type = oh_json_level_get_item_type;
  iface->get_n_items = oh_json_level_get_n_items;
  iface->get_item = oh_json_level_get_item;
}

static gboolean
is_container (OhJson value)
{
  OhJsonKind kind = oh_json_get_kind (value);

  return kind == OH_JSON_OBJECT || kind == OH_JSON_ARRAY;
}

static GListModel *
new_level (GBytes *text, OhJson container)
{
  OhJsonLevel *self = g_object_new (OH_TYPE_JSON_LEVEL, NULL);
  gboolean object = oh_json_get_kind (container) == OH_JSON_OBJECT;
  OhJsonIter iter;
  Member member = { 0 };

  self->text = g_bytes_ref (text);
  oh_json_iter_init (&iter, container);
  while (oh_json_iter_next (&iter, object ? &member.key : NULL, &member.value))
    g_array_append_val (self->members, member);
  return G_LIST_MODEL (self);
}

GListModel *
oh_json_tree_new (GBytes *text, char **problem)
{
  gsize length;
  const char *data = g_bytes_get_data (text, &length);
  OhJsonLevel *level;
  Member member = { 0 };

  if (!oh_json_parse (data, length, &member.value, problem))
    return NULL;
  if (is_container (member.value))
    return new_level (text, member.value);
  level = g_object_new (OH_TYPE_JSON_LEVEL, NULL);
  level->text = g_bytes_ref (text);
  g_array_append_val (level->members, member);
  return G_LIST_MODEL (level);
}

GListModel *
oh_json_node_get_children (OhJsonNode *self)
{
  g_return_val_if_fail (OH_IS_JSON_NODE (self), NULL);

  if (!is_container (self->member.value) || self->member.value.length <= 2)
    return NULL;
  return new_level (self->text, self->member.value);
}

char *
oh_json_node_dup_name (OhJsonNode *self)
{
  g_return_val_if_fail (OH_IS_JSON_NODE (self), NULL);

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
  if (oh_json_get_kind (value) == OH_JSON_STRING)
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

  return oh_json_get_kind (self->member.value) == OH_JSON_STRING;
}
