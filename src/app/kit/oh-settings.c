/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-settings.h"

#define SCHEMA OH_APP_ID
#define HISTORY_LENGTH 30
#define HISTORY_TYPE "aa{sv}"

static GSettingsSchema *
look_up_in (const char *folder)
{
  g_autoptr (GSettingsSchemaSource) source = NULL;

  source = g_settings_schema_source_new_from_directory (folder, g_settings_schema_source_get_default (), FALSE, NULL);
  return source == NULL ? NULL : g_settings_schema_source_lookup (source, SCHEMA, FALSE);
}

/* A program in its build folder uses the schema beside it, which may be newer than an installed one. */
static GSettingsSchema *
find_schema (void)
{
  g_autofree char *executable = g_file_read_link ("/proc/self/exe", NULL);
  GSettingsSchemaSource *known = g_settings_schema_source_get_default ();
  GSettingsSchema *schema = NULL;

  if (executable != NULL && g_str_has_prefix (executable, OH_BUILD_ROOT "/"))
    schema = look_up_in (OH_BUILD_ROOT "/data");
  if (schema == NULL && known != NULL)
    schema = g_settings_schema_source_lookup (known, SCHEMA, TRUE);
  if (schema == NULL)
    schema = look_up_in (OH_DATADIR "/glib-2.0/schemas");
  return schema;
}

GSettings *
oh_settings_get (void)
{
  static GSettings *settings;

  if (settings == NULL)
    {
      g_autoptr (GSettingsSchema) schema = find_schema ();

      if (schema == NULL)
        g_error ("The settings schema %s was not found: Overhear is not installed completely.", SCHEMA);
      settings = g_settings_new_full (schema, NULL, NULL);
    }
  return settings;
}

/* The texts of a past command, and their names in the settings. */
static const struct
{
  const char *name;
  gsize at;
} texts[] = {
  { "command", G_STRUCT_OFFSET (OhPastCommand, command) },
  { "directory", G_STRUCT_OFFSET (OhPastCommand, directory) },
  { "name", G_STRUCT_OFFSET (OhPastCommand, name) },
  { "trace", G_STRUCT_OFFSET (OhPastCommand, trace) },
  { "session", G_STRUCT_OFFSET (OhPastCommand, session) },
  { "user", G_STRUCT_OFFSET (OhPastCommand, user) },
  { "hosts", G_STRUCT_OFFSET (OhPastCommand, hosts) },
};

#define TEXT(past, i) G_STRUCT_MEMBER (char *, past, texts[i].at)

void
oh_past_command_free (OhPastCommand *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (TEXT (self, i));
  g_strfreev (self->environment);
  g_free (self);
}

GPtrArray *
oh_settings_get_history (void)
{
  GPtrArray *history = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_past_command_free);
  g_autoptr (GVariant) value = g_settings_get_value (oh_settings_get (), "run-commands");

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) kept = g_variant_get_child_value (value, i);
      OhPastCommand *past = g_new0 (OhPastCommand, 1);

      for (guint j = 0; j < G_N_ELEMENTS (texts); j++)
        if (!g_variant_lookup (kept, texts[j].name, "s", &TEXT (past, j)))
          TEXT (past, j) = g_strdup ("");
      g_variant_lookup (kept, "isolate", "b", &past->isolate);
      if (!g_variant_lookup (kept, "environment", "^as", &past->environment))
        past->environment = g_new0 (char *, 1);
      g_ptr_array_add (history, past);
    }
  return history;
}

/* Settings are plain text on the disk. */
static gboolean
looks_secret (const char *text)
{
  static const char *const words[] = { "KEY=", "TOKEN=", "SECRET=", "PASSWORD=", "sk-", "API-KEY", "AUTHORIZATION" };
  g_autofree char *upper = g_ascii_strup (text, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (strstr (upper, words[i]) != NULL || strstr (text, words[i]) != NULL)
      return TRUE;
  return FALSE;
}

static char **
without_secrets (char **environment)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (char **line = environment; line != NULL && *line != NULL; line++)
    if (!looks_secret (*line))
      g_strv_builder_add (builder, *line);
  return g_strv_builder_end (builder);
}

static GVariant *
keep (const OhPastCommand *past)
{
  GVariantDict dict = G_VARIANT_DICT_INIT (NULL);
  g_auto (GStrv) environment = without_secrets (past->environment);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (TEXT (past, i) != NULL && *TEXT (past, i) != '\0')
      g_variant_dict_insert (&dict, texts[i].name, "s", TEXT (past, i));
  if (*environment != NULL)
    g_variant_dict_insert (&dict, "environment", "^as", environment);
  if (past->isolate)
    g_variant_dict_insert (&dict, "isolate", "b", TRUE);
  return g_variant_dict_end (&dict);
}

void
oh_settings_add_history (const OhPastCommand *command)
{
  g_autoptr (GPtrArray) history = oh_settings_get_history ();
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (HISTORY_TYPE));
  guint kept = 1;

  g_return_if_fail (command != NULL && command->command != NULL);

  if (looks_secret (command->command))
    return;
  g_variant_builder_add_value (&builder, keep (command));
  for (guint i = 0; i < history->len && kept < HISTORY_LENGTH; i++)
    {
      const OhPastCommand *past = g_ptr_array_index (history, i);

      if (g_str_equal (past->command, command->command) && g_str_equal (past->directory, command->directory))
        continue;
      g_variant_builder_add_value (&builder, keep (past));
      kept++;
    }
  g_settings_set_value (oh_settings_get (), "run-commands", g_variant_builder_end (&builder));
}
