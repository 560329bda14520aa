/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-launch-private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TOKEN "OVERHEAR_TOKEN="
#define TCP_ESTABLISHED 1

/* Finds the client's end of the connection in a table of /proc/net (proc(5)); 0 if it is not there. */
static guint64
find_inode (const char *table, guint16 client_port, guint16 proxy_port)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (table, &text, NULL, NULL))
    return 0;
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      unsigned int local, remote, state;
      unsigned long inode;

      if (sscanf (*line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x %x %*s %*s %*s %*d %*d %lu",
                  &local, &remote, &state, &inode) == 4
          && local == client_port && remote == proxy_port && state == TCP_ESTABLISHED)
        return inode;
    }
  return 0;
}

static gboolean
holds_socket (const char *pid, const char *wanted)
{
  g_autofree char *folder = g_build_filename ("/proc", pid, "fd", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      char target[64];
      ssize_t length = readlink (path, target, sizeof target - 1);

      if (length > 0)
        {
          target[length] = '\0';
          if (g_str_equal (target, wanted))
            return TRUE;
        }
    }
  return FALSE;
}

static char *
read_token (const char *pid)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "environ", NULL);
  g_autofree char *environment = NULL;
  gsize length;

  if (!g_file_get_contents (path, &environment, &length, NULL))
    return NULL;
  for (const char *entry = environment; entry < environment + length; entry += strlen (entry) + 1)
    if (g_str_has_prefix (entry, TOKEN))
      return g_strdup (entry + strlen (TOKEN));
  return NULL;
}

char *
oh_launch_identify_client (guint16 client_port, guint16 proxy_port)
{
  g_autofree char *wanted = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *pid;
  guint64 inode = find_inode ("/proc/net/tcp", client_port, proxy_port);

  if (inode == 0)
    inode = find_inode ("/proc/net/tcp6", client_port, proxy_port);
  if (inode == 0)
    return NULL;
  wanted = g_strdup_printf ("socket:[%" G_GUINT64_FORMAT "]", inode);
  dir = g_dir_open ("/proc", 0, NULL);
  while (dir != NULL && (pid = g_dir_read_name (dir)) != NULL)
    {
      char *token;

      if (!g_ascii_isdigit (*pid) || !holds_socket (pid, wanted))
        continue;
      token = read_token (pid);
      if (token != NULL)
        return token;
    }
  return NULL;
}
