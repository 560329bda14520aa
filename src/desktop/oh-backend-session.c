/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-change-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* The environment that systemd's user manager gives to what it starts (systemctl --user set-environment), over the bus. */

#define NAME "org.freedesktop.systemd1"
#define PATH "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define CALL_MS 1500

static GVariant *
call (const char *interface, const char *method, GVariant *arguments, GError **error)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, error);

  if (bus == NULL)
    {
      g_variant_unref (g_variant_ref_sink (arguments));
      return NULL;
    }
  return g_dbus_connection_call_sync (bus, NAME, PATH, interface, method, arguments, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                      CALL_MS, NULL, error);
}

/* (transfer full) (nullable) */
static char **
read_environment (GError **error)
{
  g_autoptr (GVariant) answer = call ("org.freedesktop.DBus.Properties", "Get",
                                      g_variant_new ("(ss)", MANAGER, "Environment"), error);
  g_autoptr (GVariant) value = NULL;

  if (answer == NULL || !g_variant_is_of_type (answer, G_VARIANT_TYPE ("(v)")))
    return NULL;
  g_variant_get (answer, "(v)", &value);
  return g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY) ? g_variant_dup_strv (value, NULL) : NULL;
}

static gboolean
plan_session (const OhDesktopPlan *plan, const char *url, GPtrArray *changes, GError **error)
{
  g_auto (GStrv) now = NULL;
  g_auto (GStrv) given = NULL;

  if (!plan->session || plan->environment == NULL)
    return TRUE;
  now = read_environment (error);
  if (now == NULL)
    {
      g_prefix_error (error, "%s ", _ ("systemd's user manager does not answer:"));
      return FALSE;
    }
  given = oh_change_adapt (plan, now, error);
  if (given == NULL)
    return FALSE;
  for (char **line = given; *line != NULL; line++)
    {
      const char *equals = strchr (*line, '=');
      g_autofree char *name = g_strndup (*line, equals - *line);

      g_ptr_array_add (changes, oh_change_new (oh_backend_session.name, "", name,
                                               oh_change_bytes (g_environ_getenv (now, name)), oh_change_bytes (equals + 1)));
    }
  return TRUE;
}

/* @ours: else what was before */
static gboolean
change_all (GPtrArray *changes, gboolean ours, GError **error)
{
  g_autoptr (GVariant) answer = NULL;
  GVariantBuilder set, unset;

  g_variant_builder_init (&set, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_builder_init (&unset, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < changes->len; i++)
    {
      const OhChange *change = changes->pdata[i];
      g_autofree char *value = oh_change_text (ours ? change->ours : change->before);

      if (value == NULL)
        g_variant_builder_add (&unset, "s", change->key);
      else
        g_variant_builder_add_value (&set, g_variant_new_take_string (g_strconcat (change->key, "=", value, NULL)));
    }
  answer = call (MANAGER, "UnsetAndSetEnvironment", g_variant_new ("(asas)", &unset, &set), error);
  return answer != NULL;
}

static gboolean
apply_session (GPtrArray *changes, GError **error)
{
  return change_all (changes, TRUE, error);
}

static gboolean
restore_session (GPtrArray *changes, GPtrArray *kept, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_auto (GStrv) now = read_environment (&problem);
  g_autoptr (GPtrArray) left = g_ptr_array_new ();

  /* The manager that had it is gone, and its environment with it; one that does not answer now still has it. */
  if (g_error_matches (problem, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)
      || g_error_matches (problem, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN))
    return TRUE;
  if (now == NULL)
    {
      g_set_error (error, OH_DESKTOP_ERROR, OH_DESKTOP_ERROR_FAILED, _ ("systemd's user manager does not answer: %s"),
                   problem != NULL ? problem->message : "");
      return FALSE;
    }
  for (guint i = 0; i < changes->len; i++)
    {
      OhChange *change = changes->pdata[i];
      g_autoptr (GBytes) is = oh_change_bytes (g_environ_getenv (now, change->key));

      if (oh_change_same (is, change->before))
        continue;
      if (oh_change_same (is, change->ours))
        g_ptr_array_add (left, change);
      else
        g_ptr_array_add (kept, g_strdup (change->key));
    }
  return left->len == 0 || change_all (left, FALSE, error);
}

const OhBackend oh_backend_session = {
  .name = "systemd",
  .words = N_ ("the environment of systemd's user manager"),
  .plan = plan_session,
  .apply = apply_session,
  .restore = restore_session,
};
