/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NSS databases: the one that Chromium and its relatives share, wherever a sandbox has its own, and one in each profile of
 * Firefox. None is made here: it would decide where a program looks from then on. */
#include "config.h"
#include "oh-truststore-private.h"

#include <glib/gi18n.h>
#include <string.h>

#define DATABASE "cert9.db"
#define OUR_NAME "Overhear on this computer "

static OhTruststore *
add_database (GPtrArray *stores, OhTruststoreKind kind, char *name, const char *folder)
{
  OhTruststore *store = oh_truststore_new (kind, name, g_strdup (folder));

  g_ptr_array_add (stores, store);
  return store;
}

/* The folder below @root that leads to @path. (transfer full) */
static char *
get_app (const char *root, const char *path)
{
  const char *name = path + strlen (root) + 1;

  return g_strndup (name, strcspn (name, "/"));
}

static void
find_sandboxed (GPtrArray *stores, const char *place, const char *const *ends, const char *sandbox)
{
  g_autofree char *root = g_build_filename (g_get_home_dir (), place, NULL);

  for (const char *const *end = ends; *end != NULL; end++)
    {
      g_autofree char *pattern = g_strconcat (root, "/*", *end, NULL);
      g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_free);

      oh_truststore_glob (pattern, folders);
      for (guint i = 0; i < folders->len; i++)
        {
          const char *folder = g_ptr_array_index (folders, i);
          g_autofree char *app = get_app (root, folder);

          add_database (stores, OH_TRUSTSTORE_CHROMIUM, g_strdup_printf ("%s (%s)", app, sandbox), folder);
        }
    }
}

/* NSS takes ~/.pki if that is there, and else the XDG folder; older programs know the first one only. */
static void
find_chromium (GPtrArray *stores)
{
  static const char *const flatpak[] = { "/.pki/nssdb", "/data/pki/nssdb", NULL };
  static const char *const snap[] = { "/current/.pki/nssdb", "/current/.local/share/pki/nssdb", NULL };
  g_autofree char *old = g_build_filename (g_get_home_dir (), ".pki", "nssdb", NULL);
  g_autofree char *xdg = g_build_filename (g_get_user_data_dir (), "pki", "nssdb", NULL);
  const gboolean has_old = g_file_test (old, G_FILE_TEST_IS_DIR);
  const char *words = _("Chromium, Chrome, Electron and others that share their store");

  if (has_old)
    add_database (stores, OH_TRUSTSTORE_CHROMIUM, g_strdup (words), old);
  if (!has_old || g_file_test (xdg, G_FILE_TEST_IS_DIR))
    add_database (stores, OH_TRUSTSTORE_CHROMIUM, g_strdup (words), xdg);
  find_sandboxed (stores, ".var/app", flatpak, "Flatpak");
  find_sandboxed (stores, "snap", snap, "Snap");
}

static void
find_profiles (GPtrArray *stores, GHashTable *seen, const char *root, const char *program)
{
  g_autofree char *path = g_build_filename (root, "profiles.ini", NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_auto (GStrv) groups = NULL;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL))
    return;
  groups = g_key_file_get_groups (file, NULL);
  for (char **group = groups; *group != NULL; group++)
    {
      /* As Firefox reads it: nothing is escaped, and a folder may have any name. */
      g_autofree char *name = g_key_file_get_value (file, *group, "Name", NULL);
      g_autofree char *place = g_key_file_get_value (file, *group, "Path", NULL);
      g_autofree char *shown = g_utf8_make_valid (name != NULL ? name : place != NULL ? place : "", -1);
      g_autofree char *folder = NULL;

      if (!g_str_has_prefix (*group, "Profile") || place == NULL)
        continue;
      folder = g_canonicalize_filename (place, root);
      if (g_file_test (folder, G_FILE_TEST_IS_DIR) && g_hash_table_add (seen, g_strdup (folder)))
        add_database (stores, OH_TRUSTSTORE_FIREFOX,
                      g_strdup_printf (_("%s, profile “%s”"), program, shown), folder);
    }
}

/* Firefox 147 and later: below the configuration folder where ~/.mozilla is not there; both may be. */
static void
find_firefox (GPtrArray *stores)
{
  static const struct
  {
    const char *root;
    const char *program;
  } roots[] = {
    { ".mozilla/firefox", "Firefox" },
    { "snap/firefox/common/.mozilla/firefox", "Firefox (Snap)" },
    { "snap/firefox/common/.config/mozilla/firefox", "Firefox (Snap)" },
    { ".var/app/org.mozilla.firefox/.mozilla/firefox", "Firefox (Flatpak)" },
    { ".var/app/org.mozilla.firefox/config/mozilla/firefox", "Firefox (Flatpak)" },
    { ".librewolf", "LibreWolf" },
    { ".var/app/io.gitlab.librewolf-community/.librewolf", "LibreWolf (Flatpak)" },
  };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *configured = g_build_filename (g_get_user_config_dir (), "mozilla", "firefox", NULL);

  find_profiles (stores, seen, configured, "Firefox");
  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    {
      g_autofree char *root = g_build_filename (g_get_home_dir (), roots[i].root, NULL);

      find_profiles (stores, seen, root, roots[i].program);
    }
}

static void
set_remedy (OhTruststore *store)
{
  static const struct
  {
    const char *manager;
    const char *command;
  } known[] = {
    { "apt", "sudo apt install libnss3-tools" },
    { "dnf", "sudo dnf install nss-tools" },
    { "zypper", "sudo zypper install mozilla-nss-tools" },
    { "pacman", "sudo pacman -S nss" },
  };

  g_clear_pointer (&store->remedy, g_free);
  for (guint i = 0; store->tool == NULL && store->remedy == NULL && i < G_N_ELEMENTS (known); i++)
    {
      g_autofree char *manager = g_find_program_in_path (known[i].manager);

      if (manager != NULL)
        store->remedy = g_strdup (known[i].command);
    }
}

/* A line of the list has a nickname and, behind blanks, what it is trusted for: "C,,". */
static void
read_line (OhTruststore *store, const char *database, char *line)
{
  char *flags = strrchr (g_strchomp (line), ' ');
  const char *const argv[] = { store->tool, "-L", "-a", "-d", database, "-n", line, NULL };
  g_autofree char *pem = NULL;
  const guint before = store->anchors->len;
  gboolean trusted;

  if (!g_str_has_prefix (line, OUR_NAME) || flags == NULL)
    return;
  trusted = memchr (flags, 'C', strcspn (flags, ",")) != NULL;
  *flags = '\0';
  g_strchomp (line);
  if (oh_trust_run (argv, &pem, NULL))
    oh_anchors_add_from_pem (store->anchors, pem, line);
  for (guint i = before; i < store->anchors->len; i++)
    ((OhAnchor *) g_ptr_array_index (store->anchors, i))->trusted = trusted;
}

/* It is only asked for the keys in it, of which it mostly has none. */
static gboolean
is_locked (OhTruststore *store, const char *database)
{
  g_autoptr (GError) error = NULL;

  return !oh_trust_run ((const char *const[]){ store->tool, "-K", "-d", database, NULL }, NULL, &error)
         && strstr (error->message, "PASSWORD") != NULL;
}

static gboolean
read_store (OhTruststore *store, GError **error)
{
  g_autofree char *path = g_build_filename (store->place, DATABASE, NULL);
  g_autofree char *database = g_strconcat ("sql:", store->place, NULL);
  g_autofree char *list = NULL;
  g_auto (GStrv) lines = NULL;

  g_clear_pointer (&store->tool, g_free);
  store->tool = oh_trust_find_tool ("certutil");
  set_remedy (store);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error_literal (error, OH_TRUSTSTORE_ERROR, OH_TRUSTSTORE_ERROR_UNMADE,
                           store->kind == OH_TRUSTSTORE_FIREFOX ? _("This profile has no store yet: it is made when Firefox first uses it.")
                                                                : _("There is none yet: Chromium or Chrome makes it when it first starts."));
      g_clear_pointer (&store->remedy, g_free);
      return FALSE;
    }
  if (store->tool == NULL)
    {
      g_set_error_literal (error, OH_TRUSTSTORE_ERROR, OH_TRUSTSTORE_ERROR_TOOL,
                           _("“certutil”, NSS’s tool for such stores, is not installed."));
      return FALSE;
    }
  if (!oh_trust_run ((const char *const[]){ store->tool, "-L", "-d", database, NULL }, &list, error))
    return FALSE;
  store->locked = is_locked (store, database);
  lines = g_strsplit (list, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    read_line (store, database, *line);
  return TRUE;
}

static void
plan (OhTruststore *store, const OhAnchor *add, const char *path, GPtrArray *remove, GPtrArray *steps)
{
  g_autofree char *database = g_strconcat ("sql:", store->place, NULL);

  for (guint i = 0; i < remove->len; i++)
    {
      const OhAnchor *anchor = g_ptr_array_index (remove, i);

      oh_trust_steps_add (steps, FALSE, g_strdup_printf (_("Remove “%s” from %s."), anchor->nickname, store->place),
                          (const char *const[]){ store->tool, "-D", "-d", database, "-n", anchor->nickname, NULL });
    }
  if (add != NULL)
    {
      OhTrustStep *step = oh_trust_steps_add (
          steps, FALSE, g_strdup_printf (_("Add “%s” to %s, trusted for servers only."), add->name, store->place),
          (const char *const[]){ store->tool, "-A", "-a", "-d", database, "-n", add->name, "-t", "C,,", "-i", path, NULL });

      /* A store with a password takes it, and then asks before it trusts it. */
      step->undo = g_strdupv ((char *[]){ store->tool, "-D", "-d", database, "-n", add->name, NULL });
    }
}

const OhTruststoreBackend oh_truststore_chromium = { find_chromium, read_store, plan };
const OhTruststoreBackend oh_truststore_firefox = { find_firefox, read_store, plan };
