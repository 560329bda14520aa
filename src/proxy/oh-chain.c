/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-chain-private.h"
#include "oh-target-private.h"

#include <gio/gio.h>
#include <string.h>

/* The proxy of some hosts. */
typedef struct
{
  char *pattern;
  OhHop *hop; /* or NULL */
} Part;

struct _OhChain
{
  OhHop *http;
  OhHop *https;
  char **direct; /* entries of NO_PROXY, in lower case */
  GArray *parts; /* (element-type Part) */
};

OhHop *
oh_hop_ref (OhHop *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
oh_hop_unref (OhHop *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->uri);
  g_free (self->name);
  g_free (self->host);
  g_free (self->credentials);
  g_free (self);
}

/* What the schemes of proxy variables are to GIO. */
static const char *
find_protocol (const char *scheme, guint *port)
{
  static const struct
  {
    const char *scheme;
    const char *protocol;
    guint port;
  } known[] = {
    { "http", "http", 80 },        { "https", "https", 443 },     { "socks", "socks5", 1080 },  { "socks5", "socks5", 1080 },
    { "socks5h", "socks5", 1080 }, { "socks4", "socks4", 1080 }, { "socks4a", "socks4a", 1080 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_ascii_strcasecmp (scheme, known[i].scheme) == 0)
      {
        *port = known[i].port;
        return known[i].protocol;
      }
  return NULL;
}

static char *
make_credentials (const char *user, const char *password)
{
  g_autofree char *pair = g_strdup_printf ("%s:%s", user, password != NULL ? password : "");
  g_autofree char *encoded = g_base64_encode ((const guint8 *) pair, strlen (pair));

  return g_strconcat ("Basic ", encoded, NULL);
}

/* Without the part that is secret. */
static char *
make_shown (const char *text)
{
  const char *at = strrchr (text, '@');

  return g_strdup (at != NULL ? at + 1 : text);
}

static OhHop *
hop_new (const char *text)
{
  g_autofree char *full = NULL;
  g_autoptr (GUri) uri = NULL;
  const char *protocol;
  OhHop *self;

  if (text == NULL || *text == '\0')
    return NULL;
  self = g_new0 (OhHop, 1);
  g_atomic_ref_count_init (&self->refs);
  full = strstr (text, "://") != NULL ? g_strdup (text) : g_strconcat ("http://", text, NULL);
  uri = g_uri_parse (full, G_URI_FLAGS_HAS_PASSWORD, NULL);
  protocol = uri != NULL ? find_protocol (g_uri_get_scheme (uri), &self->port) : NULL;
  if (protocol == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    {
      self->name = make_shown (text);
      return self;
    }
  if (g_uri_get_port (uri) > 0)
    self->port = (guint) g_uri_get_port (uri);
  self->host = g_strdup (g_uri_get_host (uri));
  self->name = oh_target_format_authority (self->host, self->port, 0);
  self->uri = g_uri_join_with_user (G_URI_FLAGS_NONE, protocol, g_uri_get_user (uri), g_uri_get_password (uri), NULL,
                                    self->host, (int) self->port, "", NULL, NULL);
  if (g_uri_get_user (uri) != NULL)
    self->credentials = make_credentials (g_uri_get_user (uri), g_uri_get_password (uri));
  self->forwards = strcmp (protocol, "http") == 0;
  return self;
}

static void
part_clear (gpointer data)
{
  Part *part = data;

  g_free (part->pattern);
  g_clear_pointer (&part->hop, oh_hop_unref);
}

OhChain *
oh_chain_new (const char *http, const char *https, const char *no_proxy)
{
  OhChain *self = g_new0 (OhChain, 1);
  g_autofree char *lower = g_ascii_strdown (no_proxy != NULL ? no_proxy : "", -1);

  self->http = hop_new (http);
  self->https = hop_new (https);
  self->direct = g_strsplit_set (lower, ", \t", -1);
  self->parts = g_array_new (FALSE, FALSE, sizeof (Part));
  g_array_set_clear_func (self->parts, part_clear);
  return self;
}

void
oh_chain_free (OhChain *self)
{
  g_clear_pointer (&self->http, oh_hop_unref);
  g_clear_pointer (&self->https, oh_hop_unref);
  g_strfreev (self->direct);
  g_array_unref (self->parts);
  g_free (self);
}

void
oh_chain_add (OhChain *self, const char *pattern, const char *proxy)
{
  const Part part = { g_ascii_strdown (pattern, -1), proxy != NULL ? hop_new (proxy) : NULL };

  g_array_append_val (self->parts, part);
}

/* "10.0.0.0/8", "192.0.2.1", "[::1]" */
static gboolean
names_address (const char *entry, GInetAddress *address)
{
  g_autofree char *plain = g_strdup (*entry == '[' ? entry + 1 : entry);
  g_autoptr (GInetAddressMask) mask = NULL;

  if (*entry == '[')
    plain[strcspn (plain, "]")] = '\0';
  mask = g_inet_address_mask_new_from_string (plain, NULL);
  return mask != NULL && g_inet_address_mask_matches (mask, address);
}

/* "example.org" and ".example.org" and "*.example.org": the name and all below it. */
static gboolean
names_host (const char *entry, const char *host, guint port)
{
  const char *colon = strrchr (entry, ':');
  gsize length = colon != NULL ? (gsize) (colon - entry) : strlen (entry);
  gsize host_length = strlen (host);

  if (colon != NULL && g_ascii_strtoull (colon + 1, NULL, 10) != port)
    return FALSE;
  for (; length > 0 && (*entry == '*' || *entry == '.'); length--)
    entry++;
  if (length == 0 || length > host_length || strncmp (host + host_length - length, entry, length) != 0)
    return FALSE;
  return length == host_length || host[host_length - length - 1] == '.';
}

static gboolean
is_direct (const OhChain *self, const char *name, guint port)
{
  g_autofree char *host = g_ascii_strdown (name, -1);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  /* Nobody else's proxy could reach it. */
  if (strcmp (host, "localhost") == 0 || g_str_has_suffix (host, ".localhost")
      || (address != NULL && g_inet_address_get_is_loopback (address)))
    return TRUE;
  for (char **entry = self->direct; *entry != NULL; entry++)
    if (**entry != '\0'
        && (strcmp (*entry, "*") == 0 || (address != NULL && names_address (*entry, address))
            || names_host (*entry, host, port)))
      return TRUE;
  return FALSE;
}

OhHop *
oh_chain_find (const OhChain *self, gboolean tls, const char *host, guint port)
{
  OhHop *hop = tls ? self->https : self->http;
  g_autofree char *lower = g_ascii_strdown (host, -1);

  for (guint i = 0; i < self->parts->len; i++)
    {
      const Part *part = &g_array_index (self->parts, Part, i);

      if (!g_pattern_match_simple (part->pattern, lower))
        continue;
      hop = part->hop;
      break;
    }
  return hop != NULL && !is_direct (self, host, port) ? oh_hop_ref (hop) : NULL;
}
