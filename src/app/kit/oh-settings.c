/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-settings.h"

#define SCHEMA OH_APP_ID
#define HISTORY_LENGTH 30
#define HISTORY_TYPE "a(sssass)"

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

void
oh_past_command_free (OhPastCommand *self)
{
  g_free (self->command);
  g_free (self->directory);
  g_free (self->name);
  g_strfreev (self->environment);
  g_free (self->hosts);
  g_free (self);
}

/* Beside the history, whose form older versions know. */
static char *
name_isolated (const OhPastCommand *past)
{
  return g_strconcat (past->directory, "\n", past->command, NULL);
}

static gboolean
is_isolated (const OhPastCommand *past)
{
  g_auto (GStrv) all = g_settings_get_strv (oh_settings_get (), "run-isolated");
  g_autofree char *name = name_isolated (past);

  return g_strv_contains ((const char *const *) all, name);
}

GPtrArray *
oh_settings_get_history (void)
{
  GPtrArray *history = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_past_command_free);
  g_autoptr (GVariant) value = g_settings_get_value (oh_settings_get (), "run-history");
  GVariantIter iter;
  OhPastCommand past;

  g_variant_iter_init (&iter, value);
  past.isolate = FALSE;
  while (g_variant_iter_next (&iter, "(sss^ass)", &past.command, &past.directory, &past.name, &past.environment,
                              &past.hosts))
    {
      OhPastCommand *kept = g_memdup2 (&past, sizeof past);

      kept->isolate = is_isolated (kept);
      g_ptr_array_add (history, kept);
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

static void
add_past_command (GVariantBuilder *builder, GStrvBuilder *isolated, const OhPastCommand *past)
{
  g_autofree char *name = name_isolated (past);
  g_auto (GStrv) environment = without_secrets (past->environment);

  g_variant_builder_add (builder, "(sss^ass)", past->command, past->directory, past->name, environment,
                         past->hosts);
  if (past->isolate)
    g_strv_builder_add (isolated, name);
}

void
oh_settings_add_history (const OhPastCommand *command)
{
  g_autoptr (GPtrArray) history = oh_settings_get_history ();
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (HISTORY_TYPE));
  g_autoptr (GStrvBuilder) isolated = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;
  guint kept = 1;

  g_return_if_fail (command != NULL && command->command != NULL);

  if (looks_secret (command->command))
    return;
  add_past_command (&builder, isolated, command);
  for (guint i = 0; i < history->len && kept < HISTORY_LENGTH; i++)
    {
      const OhPastCommand *past = g_ptr_array_index (history, i);

      if (g_str_equal (past->command, command->command) && g_str_equal (past->directory, command->directory))
        continue;
      add_past_command (&builder, isolated, past);
      kept++;
    }
  names = g_strv_builder_end (isolated);
  g_settings_set_strv (oh_settings_get (), "run-isolated", (const char *const *) names);
  g_settings_set_value (oh_settings_get (), "run-history", g_variant_builder_end (&builder));
}
