/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-sim-json.h"

static JsonNode *
member (JsonObject *object, const char *name)
{
  return object != NULL ? json_object_get_member (object, name) : NULL;
}

JsonObject *
oh_sim_json_object (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

JsonArray *
oh_sim_json_array (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

const char *
oh_sim_json_string (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : NULL;
}

static gboolean
is_number (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
         (json_node_get_value_type (node) == G_TYPE_INT64 || json_node_get_value_type (node) == G_TYPE_DOUBLE);
}

gint64
oh_sim_json_int (JsonObject *object, const char *name, gint64 otherwise)
{
  JsonNode *node = member (object, name);

  return is_number (node) ? json_node_get_int (node) : otherwise;
}

double
oh_sim_json_double (JsonObject *object, const char *name, double otherwise)
{
  JsonNode *node = member (object, name);

  return is_number (node) ? json_node_get_double (node) : otherwise;
}

gboolean
oh_sim_json_bool (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_BOOLEAN && json_node_get_boolean (node);
}

gboolean
oh_sim_json_has (JsonObject *object, const char *name)
{
  return member (object, name) != NULL;
}

JsonObject *
oh_sim_json_element_object (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

const char *
oh_sim_json_element_string (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : NULL;
}

guint
oh_sim_json_length (JsonArray *array)
{
  return array != NULL ? json_array_get_length (array) : 0;
}

char *
oh_sim_json_text (JsonNode *node)
{
  return json_to_string (node, FALSE);
}

char *
oh_sim_json_object_text (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  return json_to_string (node, FALSE);
}

JsonNode *
oh_sim_json_copy (JsonNode *node)
{
  g_autofree char *text = json_to_string (node, FALSE);

  return json_from_string (text, NULL);
}

JsonNode *
oh_sim_json_parse (const char *text, gssize length, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;

  if (!json_parser_load_from_data (parser, text, length, error))
    return NULL;
  root = json_parser_steal_root (parser);
  return root != NULL ? root : json_node_new (JSON_NODE_NULL);
}

JsonObject *
oh_sim_json_new (const char *name, ...)
{
  JsonObject *object = json_object_new ();
  va_list args;

  va_start (args, name);
  for (; name != NULL; name = va_arg (args, const char *))
    {
      const char *value = va_arg (args, const char *);

      if (value != NULL)
        json_object_set_string_member (object, name, value);
      else
        json_object_set_null_member (object, name);
    }
  va_end (args);
  return object;
}
