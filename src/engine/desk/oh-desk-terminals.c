/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desk-terminals-private.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#define FOLDER "terminals"
#define TOKEN_LENGTH 32

struct _OhTerminals
{
  OhProxy *proxy; /* (transfer none) */
  char *folder;
};

/* The names of the places that terminals have at the proxy: -1, -2, … */
static gint last_place;

/* Where the trust files stand: every terminal gets one that has our authority alone. (transfer full) */
static char *
find_trust_folder (char **environment)
{
  const char *path = g_environ_getenv (environment, "NODE_EXTRA_CA_CERTS");

  return g_path_get_dirname (path != NULL ? path : "");
}

char **
oh_terminal_choose (char **environment)
{
  static const char *const more[] = { "NO_PROXY", "no_proxy", "OVERHEAR_TOKEN", "OVERHEAR_VIA", "OVERHEAR_HOSTS", NULL };
  g_autoptr (GPtrArray) chosen = g_ptr_array_new_with_free_func (g_free);

  for (char **line = environment; *line != NULL; line++)
    {
      g_autofree char *name = g_strndup (*line, strcspn (*line, "="));

      if (g_strv_contains (oh_launch_get_proxy_variables (), name) || g_strv_contains (oh_launch_get_trust_variables (), name)
          || g_strv_contains (more, name))
        g_ptr_array_add (chosen, g_strdup (*line));
    }
  g_ptr_array_add (chosen, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&chosen), FALSE);
}

/* ---- a terminal's program ------------------------------------------------------------------------------------------ */

char **
oh_engine_undo_terminal (char **environment)
{
  const char *given = g_environ_getenv (environment, OH_TERMINAL_GIVEN);
  g_auto (GStrv) names = g_strsplit (given != NULL ? given : "", " ", -1);

  for (char **name = names; *name != NULL; name++)
    {
      g_autofree char *saved = g_strconcat (OH_TERMINAL_SAVED, *name, NULL);
      g_autofree char *value = g_strdup (g_environ_getenv (environment, saved));

      if (**name == '\0')
        continue;
      environment = value != NULL ? g_environ_setenv (environment, *name, value, TRUE) : g_environ_unsetenv (environment, *name);
      environment = g_environ_unsetenv (environment, saved);
    }
  return g_environ_unsetenv (environment, OH_TERMINAL_GIVEN);
}

void
oh_engine_leave_terminal (void)
{
  g_auto (GStrv) now = g_get_environ ();
  g_auto (GStrv) own = NULL;

  if (g_environ_getenv (now, OH_TERMINAL_GIVEN) == NULL)
    return;
  own = oh_engine_undo_terminal (g_strdupv (now));
  for (char **line = now; *line != NULL; line++)
    {
      g_autofree char *name = g_strndup (*line, strcspn (*line, "="));

      if (g_environ_getenv (own, name) == NULL)
        g_unsetenv (name);
    }
  for (char **line = own; *line != NULL; line++)
    {
      g_autofree char *name = g_strndup (*line, strcspn (*line, "="));

      g_setenv (name, *line + strlen (name) + 1, TRUE);
    }
}

/* ---- the terminal's side ------------------------------------------------------------------------------------------- */

/* What of its environment matters for the way behind us, as a value of text. (transfer full) */
static char *
describe_own (char **environment)
{
  static const char *const more[] = { "NO_PROXY", "no_proxy", "SSL_CERT_DIR", "OVERHEAR_TOKEN", NULL };
  const char *const *const lists[] = { oh_launch_get_proxy_variables (), oh_launch_get_trust_variables (), more };
  GVariantBuilder builder;
  g_autoptr (GVariant) all = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_BYTESTRING_ARRAY);
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (const char *const *name = lists[i]; *name != NULL; name++)
      {
        const char *value = g_environ_getenv (environment, *name);
        g_autofree char *line = value != NULL ? g_strconcat (*name, "=", value, NULL) : NULL;

        if (line != NULL)
          g_variant_builder_add_value (&builder, g_variant_new_bytestring (line));
      }
  all = g_variant_ref_sink (g_variant_builder_end (&builder));
  return g_variant_print (all, TRUE);
}

/* Leaves it for the Overhear that listens. Returns: the token (transfer full); NULL with an error */
static char *
leave_own (const char *trust_folder, const char *secret, char **environment, GError **error)
{
  g_autofree char *text = describe_own (environment);
  g_autofree char *whole = g_strconcat (secret, text, NULL);
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, whole, -1);
  g_autofree char *token = g_strndup (sum, TOKEN_LENGTH);
  g_autofree char *folder = g_build_filename (trust_folder, FOLDER, NULL);
  g_autofree char *path = g_build_filename (folder, token, NULL);

  if (g_mkdir (folder, 0700) != 0 && errno != EEXIST)
    {
      const int code = errno;

      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), _ ("Cannot create the folder “%s”: %s"), folder,
                   g_strerror (code));
      return NULL;
    }
  return g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error) ? g_steal_pointer (&token)
                                                                                               : NULL;
}

char **
oh_engine_make_terminal_environment (const OhDesktopStatus *status, const char *const *own, GError **error)
{
  const OhLaunchSpec nothing = { 0 };
  const char *secret, *hosts, *authority;
  g_auto (GStrv) before = NULL;
  g_auto (GStrv) read = NULL;
  g_auto (GStrv) all = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *token = NULL;
  g_autofree char *pem = NULL;
  OhLaunchProxy proxy = { 0 };

  g_return_val_if_fail (status != NULL && own != NULL, NULL);
  secret = g_environ_getenv (status->environment, "OVERHEAR_TOKEN");
  hosts = g_environ_getenv (status->environment, "OVERHEAR_HOSTS");
  authority = g_environ_getenv (status->environment, "NODE_EXTRA_CA_CERTS");
  if (secret == NULL || hosts == NULL || authority == NULL)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                           _ ("Another version of Overhear listens to the desktop. Switch it off and on again."));
      return NULL;
    }
  before = g_strdupv ((char **) own);
  folder = find_trust_folder (status->environment);
  token = leave_own (folder, secret, before, error);
  if (token == NULL || !g_file_get_contents (authority, &pem, NULL, error))
    return NULL;
  read = g_strsplit (hosts, ",", -1);
  proxy = (OhLaunchProxy) {
    .port = status->port,
    .token = token,
    .hosts = (const char *const *) read,
    .authority_pem = pem,
    .runtime_dir = folder,
  };
  if (!oh_launch_ensure_trust (&proxy, before, error))
    return NULL;
  all = oh_launch_make_environment (own, &proxy, &nothing);
  return oh_terminal_choose (all);
}

/* ---- the side of who listens --------------------------------------------------------------------------------------- */

static gboolean
is_token (const char *text)
{
  return strlen (text) == TOKEN_LENGTH && strspn (text, "0123456789abcdef") == TOKEN_LENGTH;
}

/* On a worker thread. */
static void
meet (const char *token, gpointer data)
{
  OhTerminals *self = data;
  const OhLaunchSpec nothing = { 0 };
  g_autofree char *path = is_token (token) ? g_build_filename (self->folder, token, NULL) : NULL;
  g_autofree char *text = NULL;
  g_autofree char *pem = NULL;
  g_autoptr (GVariant) all = NULL;
  g_autofree const char **own = NULL;
  g_auto (OhLaunchOwnProxies) proxies = { 0 };
  gint64 place;

  if (path == NULL || !g_file_get_contents (path, &text, NULL, NULL))
    return;
  all = g_variant_parse (G_VARIANT_TYPE_BYTESTRING_ARRAY, text, NULL, NULL, NULL);
  if (all == NULL)
    return;
  own = g_variant_get_bytestring_array (all, NULL);
  place = -1 - g_atomic_int_add (&last_place, 1);
  pem = oh_launch_get_own_trust (own, &nothing);
  if (*pem != '\0')
    oh_proxy_set_trust (self->proxy, place, pem, NULL);
  oh_launch_get_own_proxies (own, &nothing, &proxies);
  oh_proxy_set_chain (self->proxy, place, proxies.http, proxies.https, proxies.no_proxy);
  oh_proxy_allow (self->proxy, token, place);
}

OhTerminals *
oh_terminals_new (OhProxy *proxy, const char *const *environment)
{
  OhTerminals *self = g_new0 (OhTerminals, 1);
  g_autofree char *folder = find_trust_folder ((char **) environment);

  self->proxy = proxy;
  self->folder = g_build_filename (folder, FOLDER, NULL);
  oh_proxy_set_introduce (proxy, meet, self);
  return self;
}

void
oh_terminals_free (OhTerminals *self)
{
  if (self == NULL)
    return;
  oh_proxy_set_introduce (self->proxy, NULL, NULL);
  g_free (self->folder);
  g_free (self);
}
