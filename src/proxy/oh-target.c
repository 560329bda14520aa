/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-target-private.h"

#include <string.h>

static gboolean
parse_port (const char *text, gsize length, guint *port)
{
  guint value = 0;

  if (length == 0 || length > 5)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isdigit (text[i]))
        return FALSE;
      value = value * 10 + (guint) (text[i] - '0');
    }
  *port = value;
  return value > 0 && value < 65536;
}

gboolean
oh_target_parse_authority (const char *text, gsize length, guint default_port, char **host, guint *port)
{
  const char *at = memrchr (text, '@', length);
  const char *end = text + length;
  const char *host_end;
  gboolean bracketed;

  if (at != NULL)
    text = at + 1;
  bracketed = text < end && *text == '[';
  if (bracketed)
    host_end = memchr (text, ']', end - text);
  else
    {
      host_end = memchr (text, ':', end - text);
      if (host_end == NULL)
        host_end = end;
    }
  if (bracketed)
    text++;
  if (host_end == NULL || host_end <= text || host_end - text > 253)
    return FALSE;
  for (const char *p = text; p < host_end; p++)
    if (!g_ascii_isalnum (*p) && *p != '.' && *p != '-' && *p != '_' && !(bracketed && *p == ':'))
      return FALSE;
  *port = default_port;
  if (bracketed && host_end + 1 < end && host_end[1] != ':')
    return FALSE;
  if (host_end + (bracketed ? 1 : 0) < end)
    {
      const char *digits = host_end + (bracketed ? 2 : 1);

      if (!parse_port (digits, end - digits, port))
        return FALSE;
    }
  if (*port == 0)
    return FALSE;
  /* "name." is that name, whatever domain we are in. */
  if (!bracketed && host_end[-1] == '.' && --host_end == text)
    return FALSE;
  *host = g_ascii_strdown (text, host_end - text);
  return TRUE;
}

char *
oh_target_parse_host (const char *text)
{
  gsize length = strlen (text);
  gboolean bracketed = length > 2 && text[0] == '[' && text[length - 1] == ']';
  g_autofree char *host = bracketed ? g_strndup (text + 1, length - 2) : g_strdup (text);

  if (g_hostname_is_ip_address (host))
    return g_ascii_strdown (host, -1);
  if (bracketed)
    return NULL;
  if (g_str_has_suffix (host, "."))
    host[length - 1] = '\0';
  if (*host == '\0')
    return NULL;
  for (const char *p = host; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr (".-_*", *p) == NULL)
      return NULL;
  return g_ascii_strdown (host, -1);
}

gboolean
oh_target_parse_absolute (const char *target, const char **scheme, char **host, guint *port, char **path)
{
  const char *authority;
  gsize length;

  if (g_ascii_strncasecmp (target, "http://", 7) == 0)
    {
      *scheme = "http";
      authority = target + 7;
    }
  else if (g_ascii_strncasecmp (target, "https://", 8) == 0)
    {
      *scheme = "https";
      authority = target + 8;
    }
  else
    return FALSE;
  length = strcspn (authority, "/?#");
  if (!oh_target_parse_authority (authority, length, (*scheme)[4] == 's' ? 443 : 80, host, port))
    return FALSE;
  authority += length;
  *path = *authority == '/' ? g_strdup (authority) : g_strconcat ("/", authority, NULL);
  return TRUE;
}

gboolean
oh_target_parse_via (const char *target, char **token, char **host, guint *port, char **path)
{
  const char *begin = target + strlen ("/via/");
  const char *authority;
  gsize length;

  if (!g_str_has_prefix (target, "/via/"))
    return FALSE;
  authority = strchr (begin, '/');
  if (authority == NULL)
    return FALSE;
  authority++;
  length = strcspn (authority, "/?#");
  if (!oh_target_parse_authority (authority, length, 443, host, port))
    return FALSE;
  *token = g_strndup (begin, authority - 1 - begin);
  authority += length;
  *path = *authority == '/' ? g_strdup (authority) : g_strconcat ("/", authority, NULL);
  return TRUE;
}

char *
oh_target_format_authority (const char *host, guint port, guint own_port)
{
  gboolean bracketed = strchr (host, ':') != NULL;

  if (port == own_port)
    return bracketed ? g_strdup_printf ("[%s]", host) : g_strdup (host);
  return g_strdup_printf (bracketed ? "[%s]:%u" : "%s:%u", host, port);
}
