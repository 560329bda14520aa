/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-pac-private.h"
#include "oh-target-private.h"

#include <gio/gio.h>
#include <string.h>

char *
oh_pac_compose (guint16 port, const char *const *hosts, const char *before, gboolean switched)
{
  /* Another Overhear knows by the first line that this one gives back what it has changed (desktop/oh-probe.c). */
  GString *out = g_string_new (switched ? "// Overhear listens to the desktop.\n" : "");

  g_string_append (out, "// The hosts below are read by Overhear; all else goes as without it.\n");
  /* A function of that name within shadows ours. */
  if (before != NULL)
    g_string_append_printf (out,
                            "var overhearBefore = (function () {\n"
                            "var FindProxyForURL;\n"
                            "%s\n"
                            "return FindProxyForURL;\n"
                            "})();\n",
                            before);
  g_string_append (out, "var overhearHosts = [");
  for (; *hosts != NULL; hosts++)
    g_string_append_printf (out, "\"%s\"%s", *hosts, hosts[1] != NULL ? ", " : "");
  g_string_append_printf (out,
                          "];\n"
                          "function FindProxyForURL(url, host) {\n"
                          "  var rest = %s;\n"
                          "  var name = host.toLowerCase();\n"
                          "  if (!/^(https?|wss?):/i.test(url)) return rest;\n"
                          "  if (name.charAt(name.length - 1) == \".\") name = name.substring(0, name.length - 1);\n"
                          "  for (var i = 0; i < overhearHosts.length; i++)\n"
                          "    if (shExpMatch(name, overhearHosts[i])) return \"PROXY 127.0.0.1:%u; \" + rest;\n"
                          "  return rest;\n"
                          "}\n",
                          before != NULL ? "(overhearBefore ? overhearBefore(url, host) : null) || \"DIRECT\"" : "\"DIRECT\"",
                          port);
  return g_string_free (out, FALSE);
}

gboolean
oh_pac_is_our_name (const char *host)
{
  g_autofree char *name = NULL;
  g_autoptr (GInetAddress) address = NULL;
  guint port;

  if (host == NULL || !oh_target_parse_authority (host, strlen (host), 80, &name, &port))
    return FALSE;
  address = g_inet_address_new_from_string (name);
  return strcmp (name, "localhost") == 0 || (address != NULL && g_inet_address_get_is_loopback (address));
}
