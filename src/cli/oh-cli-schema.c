/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-schema.h"
#include "oh-cli.h"

#include <glib/gi18n.h>
#include <string.h>

#define REFERENCE "#/$defs/"

JsonNode *
oh_cli_schema_load (const char *name)
{
  g_autofree char *path = oh_paths_find_data (name);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) error = NULL;

  if (!json_parser_load_from_file (parser, path, &error))
    {
      oh_cli_complain (error->message);
      return NULL;
    }
  return json_parser_steal_root (parser);
}

static void collect (JsonNode *node, JsonObject *all, JsonObject *taken);

static void
collect_member (JsonObject *object, const char *name, JsonNode *value, gpointer data)
{
  JsonObject **both = data;
  const char *reference = g_str_equal (name, "$ref") ? json_node_get_string (value) : NULL;

  if (reference == NULL)
    collect (value, both[0], both[1]);
  else if (g_str_has_prefix (reference, REFERENCE))
    {
      JsonNode *target = json_object_get_member (both[0], reference + strlen (REFERENCE));

      if (target == NULL || json_object_has_member (both[1], reference + strlen (REFERENCE)))
        return;
      json_object_set_member (both[1], reference + strlen (REFERENCE), json_node_copy (target));
      collect (target, both[0], both[1]);
    }
}

static void
collect_element (JsonArray *array, guint i, JsonNode *value, gpointer data)
{
  JsonObject **both = data;

  collect (value, both[0], both[1]);
}

/* Puts what @node refers to from @all into @taken. */
static void
collect (JsonNode *node, JsonObject *all, JsonObject *taken)
{
  JsonObject *both[] = { all, taken };

  if (JSON_NODE_HOLDS_OBJECT (node))
    json_object_foreach_member (json_node_get_object (node), collect_member, both);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    json_array_foreach_element (json_node_get_array (node), collect_element, both);
}

static void
copy_member (JsonObject *object, const char *name, JsonNode *value, gpointer data)
{
  json_object_set_member (data, name, json_node_copy (value));
}

JsonObject *
oh_cli_schema_take (JsonNode *root, const char *name)
{
  JsonObject *all = json_object_get_object_member (json_node_get_object (root), "$defs");
  JsonNode *definition = json_object_get_member (all, name);
  g_autoptr (JsonObject) taken = json_object_new ();
  JsonObject *schema;

  if (definition == NULL)
    return NULL;
  schema = json_object_new ();
  json_object_foreach_member (json_node_get_object (definition), copy_member, schema);
  collect (definition, all, taken);
  if (json_object_get_size (taken) > 0)
    json_object_set_object_member (schema, "$defs", g_steal_pointer (&taken));
  return schema;
}

int
oh_cli_schema (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("A schema is JSON anyway"), NULL },
    { NULL },
  };
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  int status;

  if (!oh_cli_parse_mixed (_ ("schema [OPTION…] [COMMAND]"),
                           _ ("Prints the JSON Schema (2020-12) of what commands print with --json, or of one command. Members\n"
                              "may be added in later versions; none is removed or changes its type."),
                           entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc > 2)
    {
      oh_cli_complain (_ ("“schema” takes one command. Try “overhear schema --help”."));
      return OH_CLI_USAGE;
    }
  root = oh_cli_schema_load ("schema.json");
  if (root == NULL)
    return OH_CLI_TROUBLE;
  if (argc == 2)
    {
      JsonObject *schema = oh_cli_schema_take (root, argv[1]);

      if (schema == NULL)
        {
          g_autofree char *message = g_strdup_printf (_ ("“%s” prints no JSON. “overhear schema” describes all that do."),
                                                      argv[1]);

          oh_cli_complain (message);
          return OH_CLI_USAGE;
        }
      json_object_set_string_member (schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
      g_clear_pointer (&root, json_node_unref);
      root = json_node_new (JSON_NODE_OBJECT);
      json_node_take_object (root, schema);
    }
  text = json_to_string (root, TRUE);
  g_print ("%s\n", text);
  return 0;
}
