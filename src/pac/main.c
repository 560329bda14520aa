/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks a proxy script (proxy auto-configuration). Its text is in file 3, what such scripts may call in the file that is named.
 * Questions come by standard input, a line each: a URL, a space and the host in it; so do answers: what the script said, or
 * "!" and what is wrong. With --check only the script itself is looked at. */
#include "config.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <jsc/jsc.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whoever asks has given up long before; nobody may be left to end us. */
#define ANSWER_S 30

/* Returns: all addresses of a host, with a semicolon between; NULL: none. (transfer full) */
static char *
resolve (const char *host)
{
  const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  GString *addresses;

  if (host == NULL || getaddrinfo (host, NULL, &hints, &found) != 0)
    return NULL;
  addresses = g_string_new (NULL);
  for (const struct addrinfo *entry = found; entry != NULL; entry = entry->ai_next)
    {
      char text[NI_MAXHOST];

      if (getnameinfo (entry->ai_addr, entry->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
        g_string_append_printf (addresses, "%s%s", addresses->len > 0 ? ";" : "", text);
    }
  freeaddrinfo (found);
  return g_string_free (addresses, FALSE);
}

/* By which address this computer would go there. Nothing is sent. (transfer full) (nullable) */
static char *
find_own (const char *remote)
{
  g_autoptr (GSocketAddress) there = g_inet_socket_address_new_from_string (remote, 53);
  g_autoptr (GSocketAddress) here = NULL;
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (there), G_SOCKET_TYPE_DATAGRAM,
                                             G_SOCKET_PROTOCOL_UDP, NULL);

  if (socket == NULL || !g_socket_connect (socket, there, NULL, NULL))
    return NULL;
  here = g_socket_get_local_address (socket, NULL);
  return here != NULL ? g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (here))) : NULL;
}

static char *
find_own_addresses (void)
{
  g_autofree char *v4 = find_own ("8.8.8.8");
  g_autofree char *v6 = find_own ("2001:4860:4860::8888");

  if (v4 != NULL && v6 != NULL)
    return g_strconcat (v4, ";", v6, NULL);
  return v4 != NULL ? g_steal_pointer (&v4) : g_steal_pointer (&v6);
}

static gboolean
is_in (const char *address, const char *network)
{
  g_autoptr (GInetAddress) one = address != NULL ? g_inet_address_new_from_string (address) : NULL;
  g_autoptr (GInetAddressMask) mask = network != NULL ? g_inet_address_mask_new_from_string (network, NULL) : NULL;

  return one != NULL && mask != NULL && g_inet_address_mask_matches (mask, one);
}

/* (transfer full) */
static char *
describe (JSCException *problem)
{
  char *text = problem != NULL ? jsc_exception_to_string (problem) : g_strdup ("there is no FindProxyForURL in it");

  return g_strdelimit (text, "\r\n", ' ');
}

static void
add_functions (JSCContext *context, const char *path)
{
  g_autofree char *text = NULL;
  g_autoptr (JSCValue) done = NULL;
  g_autoptr (JSCValue) all = jsc_value_new_function (context, "overhearResolve", G_CALLBACK (resolve), NULL, NULL,
                                                     G_TYPE_STRING, 1, G_TYPE_STRING);
  g_autoptr (JSCValue) own = jsc_value_new_function (context, "overhearOwn", G_CALLBACK (find_own_addresses), NULL, NULL,
                                                     G_TYPE_STRING, 0);
  g_autoptr (JSCValue) within = jsc_value_new_function (context, "overhearIsIn", G_CALLBACK (is_in), NULL, NULL,
                                                        G_TYPE_BOOLEAN, 2, G_TYPE_STRING, G_TYPE_STRING);

  jsc_context_set_value (context, "overhearResolve", all);
  jsc_context_set_value (context, "overhearOwn", own);
  jsc_context_set_value (context, "overhearIsIn", within);
  if (g_file_get_contents (path, &text, NULL, NULL))
    done = jsc_context_evaluate (context, text, -1);
}

/* Returns: what is wrong, or NULL. (transfer full) */
static char *
add_script (JSCContext *context)
{
  g_autofree char *text = NULL;
  g_autoptr (JSCValue) done = NULL;
  g_autoptr (JSCValue) function = NULL;
  gsize length;

  if (!g_file_get_contents ("/proc/self/fd/3", &text, &length, NULL))
    return g_strdup ("it is not there");
  done = jsc_context_evaluate (context, text, (gssize) length);
  if (jsc_context_get_exception (context) != NULL)
    return describe (jsc_context_get_exception (context));
  function = jsc_context_get_value (context, "FindProxyForURL");
  return jsc_value_is_function (function) ? NULL : describe (NULL);
}

/* (transfer full) */
static char *
ask (JSCContext *context, const char *url, const char *host)
{
  g_autoptr (JSCValue) function = jsc_context_get_value (context, "FindProxyForURL");
  g_autoptr (JSCValue) said = NULL;

  jsc_context_clear_exception (context);
  said = jsc_value_function_call (function, G_TYPE_STRING, url, G_TYPE_STRING, host, G_TYPE_NONE);
  if (jsc_context_get_exception (context) != NULL)
    {
      g_autofree char *problem = describe (jsc_context_get_exception (context));

      return g_strconcat ("!", problem, NULL);
    }
  return jsc_value_is_string (said) ? g_strdelimit (jsc_value_to_string (said), "\r\n", ' ') : g_strdup ("");
}

static void
tell (const char *line)
{
  puts (line);
  fflush (stdout);
}

int
main (int argc, char **argv)
{
  const gboolean check = argc == 3 && strcmp (argv[2], "--check") == 0;
  g_autoptr (JSCContext) context = NULL;
  g_autofree char *problem = NULL;
  char *line = NULL;
  size_t size = 0;

  if (argc < 2)
    {
      g_printerr ("overhear-pac: Overhear starts this by itself.\n");
      return 2;
    }
  alarm (ANSWER_S);
  context = jsc_context_new ();
  add_functions (context, argv[1]);
  problem = add_script (context);
  if (check)
    {
      tell (problem != NULL ? problem : "");
      return 0;
    }
  while (alarm (0), getline (&line, &size, stdin) > 0)
    {
      g_auto (GStrv) words = g_strsplit (g_strchomp (line), " ", 2);
      g_autofree char *said = NULL;

      alarm (ANSWER_S);
      if (problem != NULL)
        said = g_strconcat ("!", problem, NULL);
      else
        said = g_strv_length (words) == 2 ? ask (context, words[0], words[1]) : g_strdup ("!");
      tell (said);
    }
  free (line);
  return 0;
}
