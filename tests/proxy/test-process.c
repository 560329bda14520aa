/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-finder-private.h"
#include "oh-process-private.h"

#include <string.h>
#include <unistd.h>

static void
test_app (void)
{
  static const struct
  {
    const char *unit;
    const char *app;
  } cases[] = {
    { "app-gnome-org.mozilla.firefox-2345.scope", "org.mozilla.firefox" },
    { "app-gnome-google\\x2dchrome-2345.scope", "google-chrome" },
    { "app-flatpak-com.visualstudio.code-991.scope", "com.visualstudio.code" },
    { "app-org.kde.konsole-5fd0.scope", "org.kde.konsole" },
    { "app-firefox@5fd0b4f3.service", "firefox" },
    { "app-org.gnome.Evolution@autostart.service", "org.gnome.Evolution" },
    { "app-KDE-code.service", "code" },
    { "app-code.scope", "code" },
    { "dbus-:1.2-org.gnome.Nautilus@0.service", "org.gnome.Nautilus" },
    { "snap.firefox.firefox-0f3c9a63-1d0a-4c8e-9a43-2f1e0b4f3a11.scope", "firefox_firefox" },
    { "snap.code.code.0f3c9a63-1d0a-4c8e-9a43-2f1e0b4f3a11.scope", "code_code" },
    { "app-org.gnome.Terminal.slice/vte-spawn-0f3c.scope", NULL },
    { "app-flatpak-org.x.Y-12.scope/payload", "org.x.Y" },
    { "session-2.scope", NULL },
    { "docker-0f3c9a63.scope", NULL },
    { "app-.scope", NULL },
    { "app-a-..\\x2f..\\x2fevil-1.scope", NULL },
    { "app-a-\\x00-1.scope", NULL },
    { "snap.x.scope", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *second = g_strdup_printf ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/%s\n", cases[i].unit);
      g_autofree char *first = g_strdup_printf ("12:pids:/a\n1:name=systemd:/user.slice/%s\n", cases[i].unit);
      g_autofree char *app = oh_process_parse_app (second);
      g_autofree char *same = oh_process_parse_app (first);

      g_assert_cmpstr (app, ==, cases[i].app);
      g_assert_cmpstr (same, ==, cases[i].app);
    }
  g_assert_null (oh_process_parse_app (""));
  g_assert_null (oh_process_parse_app ("0::/\n"));
  g_assert_null (oh_process_parse_app ("3:cpu:/app-x-1.scope\n"));
}

static void
test_stat (void)
{
  guint64 started;
  gint64 parent;

  g_assert_true (oh_process_parse_stat ("7 (a) b) (c) S 3 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3", &parent, &started));
  g_assert_cmpint (parent, ==, 3);
  g_assert_cmpuint (started, ==, 987654);
  g_assert_false (oh_process_parse_stat ("", &parent, &started));
  g_assert_false (oh_process_parse_stat ("7 (a) S 3", &parent, &started));
}

static void
test_name (void)
{
  static const struct
  {
    const char *executable;
    const char *command; /* words between spaces */
    const char *name;
  } cases[] = {
    { "/usr/bin/curl", "curl -s https://x", "curl" },
    { "/usr/bin/curl (deleted)", "curl", "curl" },
    { "/usr/bin/python3.11", "python3 foo.py --bar", "foo.py" },
    { "/usr/bin/python3.11", "python3 -u -W ignore /opt/x/foo.py", "foo.py" },
    { "/usr/bin/python3", "/usr/bin/python3 /home/u/.local/bin/aider --model x", "aider" },
    { "/usr/bin/python3", "python3 -m http.server 80", "http.server" },
    { "/usr/bin/python3", "python3 -Im http.server 80", "http.server" },
    { "/usr/bin/python3", "python3 -c import\302\240x", "python3" },
    { "/usr/bin/python3", "python3 -uc pass", "python3" },
    { "/usr/bin/python3", "python3", "python3" },
    { "/usr/bin/python3", "python3 main.py", "project/main.py" },
    { "/usr/bin/python3", "python3 ./main.py", "project/main.py" },
    { "/usr/bin/python3", "python3 /srv/bot/app.py", "bot/app.py" },
    { "/usr/bin/python3", "python3 ../main.py", "main.py" },
    { "/usr/bin/node", "node --require x.cjs --no-warnings /usr/bin/claude -p hi", "claude" },
    { "/usr/bin/node", "node -pe 1", "node" },
    { "/usr/bin/nodejs", "node lib/index.mjs", "lib/index.mjs" },
    { "/opt/bun", "bun run agent.ts", "agent.ts" },
    { "/opt/deno", "deno run --allow-net weather.ts", "weather.ts" },
    { "/usr/lib/jvm/bin/java", "java -Xmx1g -cp a.jar:b.jar com.acme.Main x", "com.acme.Main" },
    { "/usr/lib/jvm/bin/java", "java -jar /opt/tool.jar", "tool.jar" },
    { "/usr/bin/bash", "bash -lc foo", "bash" },
    { "/usr/bin/dash", "sh ./deploy.sh", "deploy.sh" },
    { "/home/u/.local/share/claude/versions/2.0.14", "claude --resume", "claude" },
    { NULL, "/usr/sbin/thing --x", "thing" },
    { NULL, "", "?" },
    { "/", "", "?" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (GStrv) argv = g_strsplit (cases[i].command, " ", -1);
      g_autofree char *name = oh_process_make_name (cases[i].executable, (const char *const *) argv, "/home/u/project");

      g_assert_cmpstr (name, ==, cases[i].name);
    }
}

static void
test_join (void)
{
  static const char *const words[] = { "python3", "a b.py", "--key", "<redacted …wxyz 0123456789abcdef>", "\xff", "", NULL };
  g_autofree char *line = oh_process_join (words);
  g_autofree char *word = g_strnfill (6000, 'x');
  g_autofree char *cut = oh_process_join ((const char *[]) { "a", word, "b", NULL });

  g_assert_cmpstr (line, ==, "python3 'a b.py' --key <redacted …wxyz 0123456789abcdef> \357\277\275 ''");
  g_assert_true (g_str_has_prefix (cut, "a xxx") && g_str_has_suffix (cut, "x…") && strlen (cut) < 4200);
}

/* Both ends are this test's own. */
static void
test_find (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  const guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) near = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, NULL);
  g_autoptr (GSocketConnection) far = g_socket_listener_accept (listener, NULL, NULL, NULL);
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (far, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (far, NULL);
  g_autoptr (GBytes) key = g_bytes_new_static ("0123456789abcdef", 16);
  g_autoptr (OhSecrets) secrets = oh_secrets_new (key);
  OhFinder *finder = oh_finder_new ();
  g_autoptr (OhProgram) program = NULL;
  g_autoptr (OhProgram) again = NULL;

  g_assert_nonnull (near);
  for (int i = 0; i < 2; i++)
    {
      g_autoptr (GArray) holders = oh_finder_find_holders (finder, remote, local);

      g_assert_cmpuint (holders->len, >, 0);
      g_assert_cmpint (g_array_index (holders, gint64, 0), ==, getpid ());
      g_clear_pointer (&program, oh_program_unref);
      program = oh_finder_describe (finder, getpid (), secrets);
    }
  again = oh_finder_describe (finder, getpid (), secrets);
  g_assert_true (again == program);
  g_assert_cmpint (program->pid, ==, getpid ());
  g_assert_true (g_str_has_suffix (program->executable, program->name) || program->desktop != NULL);
  g_assert_cmpint (ABS (program->started_ns / 1000 - g_get_real_time ()), <, G_TIME_SPAN_DAY);
  g_assert_null (oh_finder_describe (finder, G_MAXINT32, secrets));
  g_io_stream_close (G_IO_STREAM (near), NULL, NULL);
  g_clear_object (&near);
  {
    g_autoptr (GArray) holders = oh_finder_find_holders (finder, remote, local);

    g_assert_cmpuint (holders->len, ==, 0);
  }
  oh_finder_free (finder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/process/app", test_app);
  g_test_add_func ("/process/stat", test_stat);
  g_test_add_func ("/process/name", test_name);
  g_test_add_func ("/process/join", test_join);
  g_test_add_func ("/process/find", test_find);
  return g_test_run ();
}
