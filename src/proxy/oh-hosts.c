/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-hosts.h"
#include "oh-proxy-error.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#define NAME_MAX_LENGTH 253
#define LABEL_MAX_LENGTH 63
/* Of what was typed, in a message. */
#define SHOWN_MAX 80

static gboolean
is_number (const char *label)
{
  return *label != '\0' && strspn (label, "0123456789") == strlen (label);
}

/* Letters, digits, "-", "_" and stars in labels of the right length; the last one is no number, since that would be an address. */
static gboolean
is_name (const char *name)
{
  g_auto (GStrv) labels = g_strsplit (name, ".", -1);
  const char *last = "";

  if (strlen (name) > NAME_MAX_LENGTH)
    return FALSE;
  for (char **label = labels; *label != NULL; label++)
    {
      last = *label;
      if (*last == '\0' || strlen (last) > LABEL_MAX_LENGTH)
        return FALSE;
      for (const char *p = last; *p != '\0'; p++)
        if (!g_ascii_isalnum (*p) && strchr ("-_*", *p) == NULL)
          return FALSE;
    }
  return *last != '\0' && !is_number (last);
}

/* What is a host and nothing else. (transfer full) (nullable) */
static char *
read_host (const char *text)
{
  const gsize length = strlen (text);
  const gboolean bracketed = length > 2 && text[0] == '[' && text[length - 1] == ']';
  g_autofree char *inner = bracketed ? g_strndup (text + 1, length - 2) : g_strdup (text);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (inner);
  g_autofree char *name = NULL;
  char *lower;

  if (address != NULL)
    return g_inet_address_to_string (address);
  if (bracketed || !g_utf8_validate (text, -1, NULL))
    return NULL;
  if (g_str_has_suffix (inner, "."))
    inner[length - 1] = '\0';
  name = g_str_is_ascii (inner) ? g_strdup (inner) : g_hostname_to_ascii (inner);
  if (name == NULL || !is_name (name))
    return NULL;
  lower = g_ascii_strdown (name, -1);
  return lower;
}

/* The host in a URL, or before a port. (transfer full) (nullable) */
static char *
find_within (const char *text)
{
  const char *scheme = strstr (text, "://");
  const char *begin = scheme != NULL ? scheme + 3 : text;
  g_autofree char *authority = g_strndup (begin, strcspn (begin, "/?#"));
  const char *at = strrchr (authority, '@');
  g_autofree char *host = g_strdup (at != NULL ? at + 1 : authority);
  char *colon = strrchr (host, ':');

  if (colon != NULL && is_number (colon + 1) && (strchr (host, ':') == colon || colon[-1] == ']'))
    *colon = '\0';
  return read_host (host);
}

char *
oh_host_parse (const char *typed, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *valid = NULL;
  g_autofree char *shown = NULL;
  g_autofree char *meant = NULL;
  char *host;

  g_return_val_if_fail (typed != NULL, NULL);
  text = g_strstrip (g_strdup (typed));
  host = read_host (text);
  if (host != NULL)
    return host;
  meant = find_within (text);
  /* A name and a password are nobody's business. */
  valid = g_utf8_make_valid (meant != NULL && strrchr (text, '@') != NULL ? strrchr (text, '@') + 1 : text, -1);
  shown = g_utf8_strlen (valid, -1) > SHOWN_MAX ? g_utf8_substring (valid, 0, SHOWN_MAX) : g_strdup (valid);
  if (meant != NULL)
    {
      g_autofree char *right = g_hostname_is_ascii_encoded (meant) ? g_hostname_to_unicode (meant) : NULL;

      g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_HOST,
                   _ ("“%s” is not a host name, which is read on all its ports and paths: say “%s”."), shown,
                   right != NULL ? right : meant);
    }
  else
    g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_HOST,
                 _ ("“%s” is not a host name; it should look like api.anthropic.com."), shown);
  return NULL;
}

char *
oh_hosts_show (const char *const *hosts)
{
  GString *out = g_string_new (NULL);

  g_return_val_if_fail (hosts != NULL, g_string_free (out, FALSE));
  for (; *hosts != NULL; hosts++)
    {
      g_autofree char *meant = g_hostname_is_ascii_encoded (*hosts) ? g_hostname_to_unicode (*hosts) : NULL;

      g_string_append_printf (out, "%s%s", out->len > 0 ? ", " : "", meant != NULL ? meant : *hosts);
    }
  return g_string_free (out, FALSE);
}
