/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-chain-private.h"
#include "oh-target-private.h"

#include <gio/gio.h>
#include <string.h>

/* A longer one is not told to a script. */
#define URL_MAX 8192

struct _OhChain
{
  OhHops *http;
  OhHops *https;
  char **direct; /* entries of NO_PROXY, in lower case */
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

/* What is no escape stands for itself, as for curl and Python: many a password is written as it is. (transfer full) */
static char *
decode (const char *text, gsize length)
{
  GString *out = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    {
      const int high = text[i] == '%' && i + 2 < length ? g_ascii_xdigit_value (text[i + 1]) : -1;
      const int low = high >= 0 ? g_ascii_xdigit_value (text[i + 2]) : -1;
      const gboolean escape = low >= 0 && high + low > 0;

      g_string_append_c (out, escape ? (char) (high * 16 + low) : text[i]);
      i += escape ? 2 : 0;
    }
  return g_string_free (out, FALSE);
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

/* That stands before the last “@”. @text: without the scheme; @user, @password: (out) (transfer full) (nullable) */
static void
find_login (const char *text, char **user, char **password)
{
  const char *at = strrchr (text, '@');
  const char *colon = at != NULL ? memchr (text, ':', (gsize) (at - text)) : NULL;

  *user = at != NULL ? decode (text, (gsize) ((colon != NULL ? colon : at) - text)) : NULL;
  *password = colon != NULL ? decode (colon + 1, (gsize) (at - colon - 1)) : NULL;
}

static OhHop *
hop_new (const char *text)
{
  g_autofree char *shown = NULL;
  g_autofree char *full = NULL;
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;
  g_autoptr (GUri) uri = NULL;
  const char *start;
  const char *protocol;
  OhHop *self;

  if (text == NULL || *text == '\0')
    return NULL;
  self = g_new0 (OhHop, 1);
  g_atomic_ref_count_init (&self->refs);
  start = strstr (text, "://");
  start = start != NULL ? start + strlen ("://") : text;
  shown = make_shown (start);
  full = start > text ? g_strdup_printf ("%.*s%s", (int) (start - text), text, shown) : g_strconcat ("http://", shown, NULL);
  uri = g_uri_parse (full, G_URI_FLAGS_NONE, NULL);
  find_login (start, &user, &password);
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
  self->uri = g_uri_join_with_user (G_URI_FLAGS_NONE, protocol, user, password, NULL, self->host, (int) self->port, "", NULL,
                                    NULL);
  if (user != NULL)
    self->credentials = make_credentials (user, password);
  self->forwards = strcmp (protocol, "http") == 0;
  return self;
}

/* NULL stands for none between. */
static void
clear_hop (gpointer hop)
{
  if (hop != NULL)
    oh_hop_unref (hop);
}

/* @script: (transfer full) (nullable) */
static OhHops *
hops_new (OhScript *script)
{
  OhHops *self = g_new0 (OhHops, 1);

  g_atomic_ref_count_init (&self->refs);
  self->list = g_ptr_array_new_with_free_func (clear_hop);
  self->script = script;
  return self;
}

/* @text: (nullable) */
static OhHops *
hops_new_one (const char *text)
{
  OhHop *hop = hop_new (text);
  OhHops *self = hop != NULL ? hops_new (NULL) : NULL;

  if (self != NULL)
    g_ptr_array_add (self->list, hop);
  return self;
}

OhHops *
oh_hops_ref (OhHops *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
oh_hops_unref (OhHops *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_ptr_array_unref (self->list);
  g_clear_pointer (&self->script, oh_script_unref);
  g_free (self);
}

static void
add_entry (GPtrArray *hops, const char *kind, const char *where)
{
  /* SOCKS is any version of it: it is found out. */
  static const struct
  {
    const char *kind;
    const char *schemes[3];
  } known[] = {
    { "PROXY", { "http" } },   { "HTTP", { "http" } },     { "HTTPS", { "https" } }, { "SOCKS", { "socks5", "socks4a", "socks4" } },
    { "SOCKS4", { "socks4" } }, { "SOCKS5", { "socks5" } },
  };

  for (guint i = 0; *where != '\0' && i < G_N_ELEMENTS (known); i++)
    for (guint j = 0; g_ascii_strcasecmp (kind, known[i].kind) == 0 && j < 3 && known[i].schemes[j] != NULL; j++)
      {
        g_autofree char *text = g_strconcat (known[i].schemes[j], "://", where, NULL);
        OhHop *hop = hop_new (text);

        if (hop->uri != NULL)
          g_ptr_array_add (hops, hop);
        else
          oh_hop_unref (hop);
      }
}

GPtrArray *
oh_hops_parse (const char *answer)
{
  g_auto (GStrv) entries = g_strsplit (answer != NULL ? answer : "", ";", -1);
  GPtrArray *hops = g_ptr_array_new_with_free_func (clear_hop);

  for (char **entry = entries; *entry != NULL; entry++)
    {
      char *kind = g_strstrip (*entry);
      char *where = kind + strcspn (kind, " \t");

      if (*where != '\0')
        *where++ = '\0';
      if (g_ascii_strcasecmp (kind, "DIRECT") == 0)
        g_ptr_array_add (hops, NULL);
      else
        add_entry (hops, kind, g_strstrip (where));
    }
  if (hops->len == 0)
    g_ptr_array_add (hops, NULL);
  return hops;
}

static OhChain *
chain_new (OhHops *http, OhHops *https, const char *no_proxy)
{
  OhChain *self = g_new0 (OhChain, 1);
  g_autofree char *lower = g_ascii_strdown (no_proxy != NULL ? no_proxy : "", -1);

  self->http = http;
  self->https = https;
  self->direct = g_strsplit_set (lower, ", \t", -1);
  return self;
}

OhChain *
oh_chain_new (const char *http, const char *https, const char *no_proxy)
{
  return chain_new (hops_new_one (http), hops_new_one (https), no_proxy);
}

OhChain *
oh_chain_new_script (const char *text)
{
  OhHops *hops = hops_new (oh_script_new (text));

  return chain_new (hops, oh_hops_ref (hops), NULL);
}

void
oh_chain_free (OhChain *self)
{
  g_clear_pointer (&self->http, oh_hops_unref);
  g_clear_pointer (&self->https, oh_hops_unref);
  g_strfreev (self->direct);
  g_free (self);
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

OhHops *
oh_chain_find (const OhChain *self, gboolean tls, const char *host, guint port)
{
  OhHops *hops = tls ? self->https : self->http;

  return hops != NULL && !is_direct (self, host, port) ? oh_hops_ref (hops) : NULL;
}

char *
oh_chain_make_url (gboolean tls, const char *host, guint port, const char *target)
{
  g_autofree char *authority = oh_target_format_authority (host, port, tls ? 443 : 80);
  const gboolean tell = !tls && *target == '/' && strlen (target) <= URL_MAX && strpbrk (target, " \t\r\n") == NULL;

  return g_strconcat (tls ? "https://" : "http://", authority, tell ? target : "/", NULL);
}

/* ---- the same as a script ---- */

/* Nothing else goes into a script: it comes from settings, and a quotation mark would end the text that it stands in. */
static gboolean
is_plain (const char *text)
{
  return *text != '\0' && text[strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]")] == '\0';
}

/* (transfer full) */
static char *
write_hops (const OhHops *hops, guint own_port)
{
  static const struct
  {
    const char *scheme;
    const char *kind;
  } known[] = { { "http:", "PROXY" }, { "https:", "HTTPS" }, { "socks5:", "SOCKS5" }, { "socks4", "SOCKS" } };
  g_autofree char *by_us = g_strdup_printf ("PROXY 127.0.0.1:%u; ", own_port);
  const OhHop *hop = hops != NULL && hops->list->len > 0 ? hops->list->pdata[0] : NULL;

  for (guint i = 0; hop != NULL && hop->uri != NULL && is_plain (hop->name) && i < G_N_ELEMENTS (known); i++)
    if (g_str_has_prefix (hop->uri, known[i].scheme))
      return g_strdup_printf ("%s%s %s", hop->credentials != NULL ? by_us : "", known[i].kind, hop->name);
  return g_strdup ("DIRECT");
}

static void
write_direct (const char *entry, GString *names, GString *networks)
{
  g_autoptr (GInetAddressMask) mask = g_inet_address_mask_new_from_string (entry, NULL);
  const char *colon = strrchr (entry, ':');
  gsize length = colon != NULL ? (gsize) (colon - entry) : strlen (entry);

  if (mask != NULL && g_inet_address_mask_get_family (mask) == G_SOCKET_FAMILY_IPV4)
    {
      g_autofree char *address = g_inet_address_to_string (g_inet_address_mask_get_address (mask));
      const guint bits = g_inet_address_mask_get_length (mask);
      const guint32 set = bits == 0 ? 0 : G_MAXUINT32 << (32 - bits);

      g_string_append_printf (networks, "[\"%s\", \"%u.%u.%u.%u\"], ", address, set >> 24, set >> 16 & 255, set >> 8 & 255,
                              set & 255);
      return;
    }
  for (; mask == NULL && length > 0 && (*entry == '*' || *entry == '.'); length--)
    entry++;
  if (is_plain (entry) && length > 0)
    g_string_append_printf (names, "[\"%.*s\", \"%s\"], ", (int) (mask != NULL ? strlen (entry) : length), entry,
                            mask == NULL && colon != NULL ? colon + 1 : "");
}

char *
oh_chain_write_script (const char *http, const char *https, const char *no_proxy, guint own_port)
{
  g_autoptr (OhChain) self = oh_chain_new (http, https, no_proxy);
  g_autofree char *plain = write_hops (self->http, own_port);
  g_autofree char *tls = write_hops (self->https, own_port);
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GString) networks = g_string_new (NULL);
  gboolean none = FALSE;

  for (char **entry = self->direct; *entry != NULL; entry++)
    if (strcmp (*entry, "*") == 0)
      none = TRUE;
    else
      write_direct (*entry, names, networks);
  return g_strdup_printf ("var names = [%s], networks = [%s], none = %s;\n"
                          "function FindProxyForURL(url, host) {\n"
                          "  var name = host.toLowerCase().replace(/[\\[\\]]/g, \"\");\n"
                          "  var tls = /^(https|wss):/i.test(url);\n"
                          "  var port = /^[a-z]+:\\/\\/(?:[^\\/@]*@)?(?:\\[[^\\]]*\\]|[^\\/:]*):(\\d+)/i.exec(url);\n"
                          "  port = port ? port[1] : tls ? \"443\" : \"80\";\n"
                          "  if (none || !/^(https?|wss?):/i.test(url) || /(^|\\.)localhost$/.test(name) || name == \"::1\"\n"
                          "      || /^127(\\.\\d+){3}$/.test(name)) return \"DIRECT\";\n"
                          "  for (var i = 0; i < names.length; i++)\n"
                          "    if ((names[i][1] == \"\" || names[i][1] == port)\n"
                          "        && (name == names[i][0] || name.slice(-names[i][0].length - 1) == \".\" + names[i][0]))\n"
                          "      return \"DIRECT\";\n"
                          "  for (var i = 0; i < networks.length; i++)\n"
                          "    if (/^\\d+(\\.\\d+){3}$/.test(name) && isInNet(name, networks[i][0], networks[i][1])) return \"DIRECT\";\n"
                          "  return tls ? \"%s\" : \"%s\";\n"
                          "}\n",
                          names->str, networks->str, none ? "true" : "false", tls, plain);
}
