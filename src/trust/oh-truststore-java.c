/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keystores of Java's runtimes. A distribution's runtimes share one that is made from the system's store. */
#include "config.h"
#include "oh-truststore-private.h"

#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CACERTS "lib/security/cacerts"
#define PASSWORD "changeit" /* of every cacerts: it protects nothing */
#define OUR_NAME "Overhear on this computer "
#define ALIAS "Alias name: "

/* What these are made from the system's store into. */
static const char *const shared[] = { "/etc/ssl/certs/java/cacerts", "/etc/pki/ca-trust/extracted/java/cacerts",
                                      "/etc/ca-certificates/extracted/java-cacerts.jks" };

static void
add_runtime (GPtrArray *stores, GHashTable *seen, const char *path, char *name)
{
  char *real = realpath (path, NULL);
  OhTruststore *store;

  if (real == NULL || !g_hash_table_add (seen, g_strdup (real)))
    {
      free (real);
      g_free (name);
      return;
    }
  store = oh_truststore_new (OH_TRUSTSTORE_JAVA, name, g_strdup (real));
  free (real);
  for (guint i = 0; i < G_N_ELEMENTS (shared) && !store->follows; i++)
    {
      g_autofree char *of_system = oh_truststore_get_system_path (shared[i]);
      char *target = realpath (of_system, NULL);

      store->follows = g_strcmp0 (target, store->place) == 0;
      free (target);
    }
  if (store->follows)
    {
      g_free (store->name);
      store->name = g_strdup (_("Java, as the system has it"));
    }
  store->root = access (store->place, W_OK) != 0;
  g_ptr_array_add (stores, store);
}

static void
find (GPtrArray *stores)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *jvm = oh_truststore_get_system_path ("/usr/lib/jvm/*");
  g_autofree char *sdkman = g_build_filename (g_get_home_dir (), ".sdkman/candidates/java/*", NULL);
  g_autofree char *jdks = g_build_filename (g_get_home_dir (), ".jdks/*", NULL);
  const char *java_home = g_getenv ("JAVA_HOME");
  const char *const homes[] = { jvm, sdkman, jdks, java_home };

  for (guint i = 0; i < G_N_ELEMENTS (homes) && homes[i] != NULL; i++)
    for (guint jre = 0; jre < 2; jre++)
      {
        g_autofree char *pattern = g_build_filename (homes[i], jre ? "jre/" CACERTS : CACERTS, NULL);
        g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

        oh_truststore_glob (pattern, paths);
        for (guint j = 0; j < paths->len; j++)
          {
            const char *path = g_ptr_array_index (paths, j);
            g_autofree char *home = g_strndup (path, strlen (path) - strlen (jre ? "/jre/" CACERTS : "/" CACERTS));
            g_autofree char *base = g_path_get_basename (home);

            add_runtime (stores, seen, path, g_strdup_printf (_("Java: %s"), base));
          }
      }
}

static char *
find_keytool (OhTruststore *store)
{
  g_autofree char *beside = NULL;

  if (g_str_has_suffix (store->place, "/" CACERTS))
    {
      g_autofree char *home = g_strndup (store->place, strlen (store->place) - strlen ("/" CACERTS));

      beside = g_build_filename (home, "bin", "keytool", NULL);
      if (g_file_test (beside, G_FILE_TEST_IS_EXECUTABLE))
        return g_steal_pointer (&beside);
    }
  return oh_trust_find_tool ("keytool");
}

/* The older format has certificates as they are: what has no trace of our name in it has none of ours, and keytool takes a
 * second to say so. */
static gboolean
has_surely_none (const char *path)
{
  static const guint8 magic[] = { 0xfe, 0xed, 0xfe, 0xed };
  g_autofree char *contents = NULL;
  gsize length;

  return g_file_get_contents (path, &contents, &length, NULL) && length > sizeof magic
         && memcmp (contents, magic, sizeof magic) == 0 && memmem (contents, length, OUR_NAME, strlen (OUR_NAME)) == NULL;
}

static gboolean
read_store (OhTruststore *store, GError **error)
{
  g_autofree char *list = NULL;
  g_auto (GStrv) entries = NULL;
  g_autoptr (GError) problem = NULL;

  g_clear_pointer (&store->tool, g_free);
  store->tool = find_keytool (store);
  if (store->tool == NULL)
    {
      g_set_error_literal (error, OH_TRUSTSTORE_ERROR, OH_TRUSTSTORE_ERROR_TOOL,
                           _("“keytool”, Java’s tool for such stores, is not installed."));
      return FALSE;
    }
  if (has_surely_none (store->place))
    return TRUE;
  if (!oh_trust_run ((const char *const[]){ store->tool, "-J-Duser.language=en", "-J-XX:TieredStopAtLevel=1", "-list", "-rfc",
                                            "-keystore", store->place, "-storepass", PASSWORD, NULL },
                     &list, &problem))
    {
      if (strstr (problem->message, "password was incorrect") != NULL)
        g_set_error (error, OH_TRUSTSTORE_ERROR, OH_TRUSTSTORE_ERROR_LOCKED,
                     _("This keystore has a password of its own, and not the usual “%s”: “keytool” adds Overhear’s certificate to it by hand."),
                     PASSWORD);
      else
        g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  entries = g_strsplit (list, ALIAS, -1);
  for (char **entry = entries; *entry != NULL; entry++)
    {
      g_autofree char *alias = g_strndup (*entry, strcspn (*entry, "\r\n"));

      oh_anchors_add_from_pem (store->anchors, *entry, alias);
    }
  return TRUE;
}

static void
plan (OhTruststore *store, const OhAnchor *add, const char *path, GPtrArray *remove, GPtrArray *steps)
{
  for (guint i = 0; i < remove->len; i++)
    {
      const OhAnchor *anchor = g_ptr_array_index (remove, i);

      oh_trust_steps_add (steps, store->root, g_strdup_printf (_("Remove “%s” from %s."), anchor->nickname, store->place),
                          (const char *const[]){ store->tool, "-delete", "-keystore", store->place, "-storepass",
                                                 PASSWORD, "-alias", anchor->nickname, NULL });
    }
  if (add != NULL && !store->follows)
    {
      g_autofree char *slug = oh_anchor_get_slug (add);

      oh_trust_steps_add (steps, store->root, g_strdup_printf (_("Add “%s” to %s."), slug, store->place),
                          (const char *const[]){ store->tool, "-importcert", "-noprompt", "-trustcacerts", "-keystore",
                                                 store->place, "-storepass", PASSWORD, "-alias", slug, "-file", path, NULL });
    }
}

const OhTruststoreBackend oh_truststore_java = { find, read_store, plan };
