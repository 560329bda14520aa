/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system's own store: a folder for certificates of this computer, and a command that makes of it and of the
 * distribution's the file that programs read. */
#include "config.h"
#include "oh-truststore-private.h"

#include <glib/gi18n.h>
#include <string.h>

typedef struct
{
  const char *folder;
  const char *command;
  const char *bundle;
  const char *afresh; /* what it takes to forget what has gone from the folder, or NULL */
} Layout;

static const Layout layouts[] = {
  /* Debian, Ubuntu, Alpine. Without --fresh its links to what has gone stay: update-ca-certificates(8). */
  { "/usr/local/share/ca-certificates", "update-ca-certificates", "/etc/ssl/certs/ca-certificates.crt", "--fresh" },
  /* Fedora; Arch; openSUSE: p11-kit, by the distribution's name for it. */
  { "/etc/pki/ca-trust/source/anchors", "update-ca-trust", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", NULL },
  { "/etc/ca-certificates/trust-source/anchors", "update-ca-trust", "/etc/ca-certificates/extracted/tls-ca-bundle.pem", NULL },
  { "/etc/pki/trust/anchors", "update-ca-certificates", "/var/lib/ca-certificates/ca-bundle.pem", NULL },
};

static void
find (GPtrArray *stores)
{
  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      g_autofree char *folder = oh_truststore_get_system_path (layouts[i].folder);
      g_autofree char *bundle = oh_truststore_get_system_path (layouts[i].bundle);

      if (g_file_test (folder, G_FILE_TEST_IS_DIR) || g_file_test (bundle, G_FILE_TEST_IS_REGULAR))
        {
          OhTruststore *store = oh_truststore_new (
              OH_TRUSTSTORE_SYSTEM, g_strdup (_("The system: curl, git, Python’s and Go’s programs, …")),
              g_steal_pointer (&folder));

          store->root = TRUE;
          g_ptr_array_add (stores, store);
          return;
        }
    }
}

static const Layout *
get_layout (OhTruststore *store)
{
  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++)
    if (g_str_has_suffix (store->place, layouts[i].folder))
      return &layouts[i];
  g_assert_not_reached ();
}

/* What the command has made counts; a file in the folder that it has not read yet is there, but not trusted. */
static gboolean
read_store (OhTruststore *store, GError **error)
{
  const Layout *layout = get_layout (store);
  g_autofree char *bundle = oh_truststore_get_system_path (layout->bundle);
  g_autofree char *pattern = g_build_filename (store->place, "*", NULL);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *all = NULL;

  g_clear_pointer (&store->tool, g_free);
  store->tool = oh_trust_find_tool (layout->command);
  if (!g_file_get_contents (bundle, &all, NULL, NULL))
    all = g_strdup ("");
  oh_truststore_glob (pattern, files);
  for (guint i = 0; i < files->len; i++)
    {
      const char *path = g_ptr_array_index (files, i);
      g_autofree char *name = g_path_get_basename (path);
      g_autofree char *pem = NULL;

      if (g_str_has_prefix (name, "overhear-") && g_file_get_contents (path, &pem, NULL, NULL))
        oh_anchors_add_from_pem (store->anchors, pem, path);
    }
  {
    g_autoptr (GPtrArray) read = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_anchor_free);

    oh_anchors_add_from_pem (read, all, "");
    for (guint i = 0; i < store->anchors->len; i++)
      {
        OhAnchor *anchor = g_ptr_array_index (store->anchors, i);
        guint j = 0;

        while (j < read->len
               && !g_str_equal (((OhAnchor *) g_ptr_array_index (read, j))->fingerprint, anchor->fingerprint))
          j++;
        anchor->trusted = j < read->len;
        if (j < read->len)
          g_ptr_array_remove_index (read, j);
      }
    while (read->len > 0)
      g_ptr_array_add (store->anchors, g_ptr_array_steal_index (read, read->len - 1));
  }
  if (store->tool != NULL)
    return TRUE;
  g_set_error (error, OH_TRUSTSTORE_ERROR, OH_TRUSTSTORE_ERROR_TOOL, _("“%s” is not installed."), layout->command);
  return FALSE;
}

static void
append_word (GString *script, const char *word)
{
  g_autofree char *quoted = oh_trust_quote (word);

  g_string_append_c (script, ' ');
  g_string_append (script, quoted);
}

/* One command, so that the password is asked for once. */
static void
plan (OhTruststore *store, const OhAnchor *add, const char *path, GPtrArray *remove, GPtrArray *steps)
{
  const Layout *layout = get_layout (store);
  g_autoptr (GString) script = g_string_new (NULL);
  char *sentence;

  if (remove->len > 0)
    {
      g_string_append (script, "rm -f --");
      for (guint i = 0; i < remove->len; i++)
        if (*((OhAnchor *) g_ptr_array_index (remove, i))->nickname != '\0')
          append_word (script, ((OhAnchor *) g_ptr_array_index (remove, i))->nickname);
      g_string_append (script, " && ");
    }
  if (add != NULL)
    {
      g_autofree char *slug = oh_anchor_get_slug (add);
      g_autofree char *name = g_strconcat (slug, ".crt", NULL);
      g_autofree char *target = g_build_filename (store->place, name, NULL);

      g_string_append (script, "install -D -m 644 --");
      append_word (script, path);
      append_word (script, target);
      g_string_append (script, " && ");
      sentence = g_strdup_printf (remove->len > 0 ? _("Put Overhear’s certificate into %s instead of the one there, and run %s.")
                                                  : _("Put Overhear’s certificate into %s, and run %s."),
                                  store->place, layout->command);
    }
  else
    sentence = g_strdup_printf (_("Remove Overhear’s certificate from %s, and run %s."), store->place, layout->command);
  g_string_append (script, store->tool);
  if (remove->len > 0 && layout->afresh != NULL)
    g_string_append_printf (script, " %s", layout->afresh);
  oh_trust_steps_add (steps, TRUE, sentence, (const char *const[]){ "sh", "-c", script->str, NULL });
}

const OhTruststoreBackend oh_truststore_system = { find, read_store, plan };
