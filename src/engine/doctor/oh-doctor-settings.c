/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of coding agents that win over the environment, and processes from before that start what a command asks for. */
#include "config.h"
#include "oh-doctor-private.h"

#include "oh-json-scan.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SETTINGS_MAX (1 << 20)
#define DOTENV_MAX 65536
#define CMDLINE_MAX 4096

/* What of a settings file's "env" matters here. Certificates do not: by the time that Claude Code reads its settings, its
 * runtime has read NODE_EXTRA_CA_CERTS and SSL_CERT_FILE. */
static gboolean
matters (const char *name)
{
  return g_ascii_strcasecmp (name, "no_proxy") == 0 || g_strv_contains (oh_launch_get_proxy_variables (), name)
         || g_str_has_suffix (name, "_BASE_URL");
}

/* A file's place, as its owner writes it. (transfer full) */
static char *
shorten (OhDoctor *self, const char *path)
{
  const char *home = g_environ_getenv (self->without, "HOME");

  if (home != NULL && *home != '\0' && g_str_has_prefix (path, home) && path[strlen (home)] == '/')
    return g_strconcat ("~", path + strlen (home), NULL);
  return g_strdup (path);
}

/* Puts what the "env" of these settings sets in the step's environment. @shown: where they stand
 * Returns: FALSE with @problem where they cannot be understood. */
static gboolean
apply_settings (OhStep *step, const char *text, gsize length, const char *shown, gboolean *found, char **problem)
{
  OhJson root, key, value;
  OhJsonIter iter;

  if (!oh_json_parse (text, length, &root, NULL))
    {
      *problem = g_strdup (_ ("it is no valid JSON"));
      return FALSE;
    }
  oh_json_iter_init (&iter, oh_json_get (root, "env"));
  while (oh_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = oh_json_dup_string (key);
      g_autofree char *content = oh_json_dup_string (value);

      if (name == NULL || content == NULL || !matters (name))
        continue;
      *found = TRUE;
      step->environment = g_environ_setenv (step->environment, name, content, TRUE);
      g_hash_table_insert (step->origins, g_steal_pointer (&name), g_strdup (shown));
    }
  return TRUE;
}

static void
read_settings (OhDoctor *self, OhStep *step, const char *path)
{
  g_autofree char *problem = NULL;
  g_autofree char *shown = shorten (self, path);
  gboolean found = FALSE;
  gsize length;
  g_autofree char *text = oh_doctor_read (path, SETTINGS_MAX, &length, &problem);

  if (text == NULL && problem == NULL)
    return;
  if (text == NULL || !apply_settings (step, text, length, shown, &found, &problem))
    oh_doctor_add (self, OH_DOCTOR_SETTINGS_UNREAD, oh_doctor_remedy_edit (shown), shown, problem, NULL);
  else if (!found)
    oh_doctor_add (self, OH_DOCTOR_SETTINGS, NULL, shown, NULL, NULL);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* /etc/claude-code: what an administrator says wins over all (code.claude.com/docs/en/settings). */
static void
read_managed (OhDoctor *self, OhStep *step)
{
  static const char folder[] = "/etc/claude-code";
  g_autofree char *more = g_build_filename (folder, "managed-settings.d", NULL);
  g_autofree char *one = g_build_filename (folder, "managed-settings.json", NULL);
  g_autoptr (GDir) dir = g_dir_open (more, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  read_settings (self, step, one);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".json"))
      g_ptr_array_add (names, g_build_filename (more, name, NULL));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    read_settings (self, step, names->pdata[i]);
}

/* The value of an option, as "--settings VALUE" or "--settings=VALUE"; NULL if it is not given. */
static const char *
get_option (char **argv, const char *option)
{
  for (char **word = argv + 1; *word != NULL; word++)
    if (g_str_equal (*word, option))
      return word[1];
    else if (g_str_has_prefix (*word, option) && (*word)[strlen (option)] == '=')
      return *word + strlen (option) + 1;
  return NULL;
}

static void
look_at_claude (OhDoctor *self, OhStep *step)
{
  const char *home = g_environ_getenv (step->environment, "HOME");
  const char *own = g_environ_getenv (step->environment, "CLAUDE_CONFIG_DIR");
  const char *sources = get_option (step->argv, "--setting-sources");
  const char *more = get_option (step->argv, "--settings");
  g_autofree char *user = own != NULL && *own != '\0' ? g_build_filename (own, "settings.json", NULL)
                                                      : g_build_filename (home != NULL ? home : "/", ".claude", "settings.json", NULL);
  g_autofree char *project = g_build_filename (step->cwd, ".claude", "settings.json", NULL);
  g_autofree char *local = g_build_filename (step->cwd, ".claude", "settings.local.json", NULL);
  const struct
  {
    const char *name;
    const char *path;
  } files[] = { { "user", user }, { "project", project }, { "local", local } };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    if ((sources == NULL || strstr (sources, files[i].name) != NULL) && (i == 0 || !g_str_equal (files[i].path, user)))
      read_settings (self, step, files[i].path);
  if (more != NULL && *more == '{')
    {
      g_autofree char *problem = NULL;
      gboolean found = FALSE;

      if (!apply_settings (step, more, strlen (more), "--settings", &found, &problem))
        oh_doctor_add (self, OH_DOCTOR_SETTINGS_UNREAD, NULL, "--settings", problem, NULL);
    }
  else if (more != NULL)
    {
      g_autofree char *path = g_canonicalize_filename (more, step->cwd);

      read_settings (self, step, path);
    }
  read_managed (self, step);
}

static void
look_at_codex (OhDoctor *self, OhStep *step)
{
  static const char *const hosts[] = { "api.openai.com", "chatgpt.com" };
  const char *home = g_environ_getenv (step->environment, "HOME");
  const char *own = g_environ_getenv (step->environment, "CODEX_HOME");
  g_autofree char *path = own != NULL && *own != '\0' ? g_build_filename (own, "config.toml", NULL)
                                                      : g_build_filename (home != NULL ? home : "/", ".codex", "config.toml", NULL);
  g_autofree char *shown = shorten (self, path);
  g_autofree char *problem = NULL;
  g_autofree char *text = oh_doctor_read (path, SETTINGS_MAX, NULL, &problem);
  g_autofree char *provider = text != NULL ? oh_doctor_read_toml (text, NULL, "model_provider") : NULL;
  g_autofree char *table = provider != NULL ? g_strconcat ("model_providers.", provider, NULL) : NULL;
  g_autofree char *base = table != NULL ? oh_doctor_read_toml (text, table, "base_url") : NULL;
  gboolean read = TRUE;

  if (problem != NULL)
    oh_doctor_add (self, OH_DOCTOR_SETTINGS_UNREAD, oh_doctor_remedy_edit (shown), shown, problem, NULL);
  if (base == NULL && text != NULL)
    base = oh_doctor_read_toml (text, NULL, "openai_base_url");
  if (base != NULL)
    {
      oh_doctor_look_at_base_url (self, step, "base_url", base, shown);
      return;
    }
  if (g_environ_getenv (step->environment, "OPENAI_BASE_URL") != NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      gboolean any = FALSE;

      for (guint j = 0; j + 1 < self->hosts->len; j++)
        any = any || g_pattern_match_simple (self->hosts->pdata[j], hosts[i]);
      read = read && any;
    }
  if (!read)
    oh_doctor_add (self, OH_DOCTOR_HOSTS_UNREAD, oh_doctor_remedy_option (self, "--read api.openai.com --read", "chatgpt.com"), "codex",
                   "api.openai.com, chatgpt.com", NULL);
}

void
oh_doctor_look_at_base_url (OhDoctor *self, const OhStep *step, const char *name, const char *value, const char *origin)
{
  const char *no_proxy = g_environ_getenv (step->environment, "no_proxy");
  g_autofree char *host = NULL;
  g_autofree char *shown = oh_doctor_show_url (value, &host);
  gboolean read = FALSE;

  if (shown == NULL)
    {
      oh_doctor_add (self, OH_DOCTOR_BASE_URL_BROKEN, NULL, name, origin, NULL);
      return;
    }
  if (strstr (value, "/via/") != NULL)
    {
      oh_doctor_add (self, OH_DOCTOR_BASE_URL, NULL, name, shown, origin);
      return;
    }
  for (guint i = 0; i + 1 < self->hosts->len; i++)
    read = read || g_pattern_match_simple (self->hosts->pdata[i], host);
  /* For those that are read it has been told of NO_PROXY itself. */
  if (!read && oh_launch_is_bypassed (no_proxy, (const char *const[]) { host, NULL }))
    oh_doctor_add (self, OH_DOCTOR_BASE_URL_DIRECT, oh_doctor_remedy_option (self, "--read", host), name, shown, origin);
  /* Requests without TLS are read wherever they go. */
  else if (read || g_str_has_prefix (shown, "http://"))
    oh_doctor_add (self, OH_DOCTOR_BASE_URL, NULL, name, shown, origin);
  else
    oh_doctor_add (self, OH_DOCTOR_BASE_URL_UNREAD, oh_doctor_remedy_option (self, "--read", host), name, shown, origin);
}

void
oh_doctor_look_at_settings (OhDoctor *self, OhStep *step)
{
  g_autofree char *name = g_path_get_basename (step->argv[0]);

  if (g_str_equal (name, "claude") || g_str_equal (name, "claude-code"))
    look_at_claude (self, step);
  else if (g_str_equal (name, "codex"))
    look_at_codex (self, step);
}

void
oh_doctor_look_at_dotenv (OhDoctor *self, const OhStep *step)
{
  g_autofree char *path = g_build_filename (step->cwd, ".env", NULL);
  g_autofree char *problem = NULL;
  g_autofree char *text = oh_doctor_read (path, DOTENV_MAX, NULL, &problem);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      char *entry = g_strstrip (*line);
      char *equals;
      gboolean read = FALSE;

      if (g_str_has_prefix (entry, "export "))
        entry = g_strchug (entry + strlen ("export "));
      equals = strchr (entry, '=');
      if (*entry == '#' || equals == NULL)
        continue;
      {
        g_autofree char *variable = g_strstrip (g_strndup (entry, equals - entry));
        g_autofree char *value = g_strdup (equals + 1);
        g_autofree char *whole = NULL;
        g_autoptr (GPtrArray) hosts = NULL;

        value[strcspn (value, "#")] = '\0';
        g_strstrip (g_strdelimit (value, "\"'", ' '));
        whole = g_strconcat (variable, "=", value, NULL);
        hosts = oh_launch_get_base_urls ((const char *const[]) { whole, NULL }, oh_providers_get_list (OH_PROVIDER_ADDRESSES), FALSE);
        /* What is set already stays (python-dotenv, dotenv). */
        if (hosts->len == 0 || g_environ_getenv (step->environment, variable) != NULL)
          continue;
        for (guint i = 0; i + 1 < self->hosts->len; i++)
          read = read || g_pattern_match_simple (self->hosts->pdata[i], hosts->pdata[0]);
        if (!read)
          oh_doctor_add (self, OH_DOCTOR_DOTENV, oh_doctor_remedy_option (self, "--read", hosts->pdata[0]), ".env", variable,
                         hosts->pdata[0]);
      }
    }
}

/* ---- processes from before ---- */

/* (transfer full) (nullable): the words of a process, the NULs between them spaces */
static char *
read_words (const char *pid)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "cmdline", NULL);
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, NULL))
    return NULL;
  length = MIN (length, CMDLINE_MAX);
  for (gsize i = 0; i < length; i++)
    if (text[i] == '\0')
      text[i] = ' ';
  return g_strndup (text, length);
}

/* A process of this user whose words have the pattern; 0: there is none. */
static int
find_process (const char *const *patterns)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc", 0, NULL);
  const char *pid;

  while (dir != NULL && (pid = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *folder = g_build_filename ("/proc", pid, NULL);
      g_autofree char *words = g_ascii_isdigit (*pid) ? read_words (pid) : NULL;
      struct stat info;

      if (words == NULL || stat (folder, &info) != 0 || info.st_uid != getuid () || atoi (pid) == (int) getpid ())
        continue;
      for (const char *const *pattern = patterns; *pattern != NULL; pattern++)
        if (g_pattern_match_simple (*pattern, words))
          return atoi (pid);
    }
  return 0;
}

/* The process that listens on a socket, or 0: nobody does. */
static int
ask_listener (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  struct ucred peer = { 0 };
  socklen_t length = sizeof peer;
  int fd;

  if (strlen (path) >= sizeof address.sun_path)
    return 0;
  strcpy (address.sun_path, path);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && (connect (fd, (struct sockaddr *) &address, sizeof address) != 0
                  || getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0))
    peer.pid = 0;
  if (fd >= 0)
    close (fd);
  return peer.pid;
}

/* tmux(1): -S, -L, TMUX, TMUX_TMPDIR */
static void
look_at_tmux (OhDoctor *self, const OhStep *step)
{
  const char *within = g_environ_getenv (step->environment, "TMUX");
  const char *folder = g_environ_getenv (step->environment, "TMUX_TMPDIR");
  const char *name = NULL;
  g_autofree char *path = NULL;
  g_autofree char *number = NULL;
  int pid;

  for (char **word = step->argv + 1; *word != NULL && **word == '-'; word++)
    if (word[1] != NULL && (g_str_equal (*word, "-S") || g_str_equal (*word, "-L") || g_str_equal (*word, "-f") || g_str_equal (*word, "-T")))
      {
        if ((*word)[1] == 'S')
          path = (g_free (path), g_canonicalize_filename (word[1], step->cwd));
        else if ((*word)[1] == 'L')
          name = word[1];
        word++;
      }
    else if (g_str_has_prefix (*word, "-S"))
      path = (g_free (path), g_canonicalize_filename (*word + 2, step->cwd));
    else if (g_str_has_prefix (*word, "-L"))
      name = *word + 2;
  if (path == NULL && name == NULL && within != NULL && *within != '\0')
    path = g_strndup (within, strcspn (within, ","));
  if (path == NULL)
    path = g_strdup_printf ("%s/tmux-%u/%s", folder != NULL && *folder != '\0' ? folder : "/tmp", (guint) getuid (),
                            name != NULL ? name : "default");
  pid = ask_listener (path);
  number = g_strdup_printf ("%d", pid);
  if (pid != 0)
    oh_doctor_add (self, OH_DOCTOR_SERVER_BEFORE, g_strdup ("tmux -L overhear new-session 'overhear run …'"), _ ("A server of tmux"), number, NULL);
  else
    oh_doctor_add_opaque (self, "tmux");
}

/* PM2 keeps its daemon's number in a file. */
static void
look_at_pm2 (OhDoctor *self, const OhStep *step)
{
  const char *home = g_environ_getenv (step->environment, "HOME");
  const char *own = g_environ_getenv (step->environment, "PM2_HOME");
  g_autofree char *path = own != NULL && *own != '\0' ? g_build_filename (own, "pm2.pid", NULL)
                                                      : g_build_filename (home != NULL ? home : "/", ".pm2", "pm2.pid", NULL);
  g_autofree char *problem = NULL;
  g_autofree char *text = oh_doctor_read (path, 64, NULL, &problem);
  g_autofree char *number = text != NULL ? g_strdup_printf ("%d", atoi (text)) : NULL;
  g_autofree char *words = number != NULL ? read_words (number) : NULL;

  if (words != NULL && (strstr (words, "PM2") != NULL || strstr (words, "pm2") != NULL))
    oh_doctor_add (self, OH_DOCTOR_SERVER_BEFORE, g_strdup ("pm2 kill"), _ ("The daemon of PM2"), number, NULL);
  else
    oh_doctor_add_opaque (self, "pm2");
}

/* Servers of Jupyter write a file each. */
static void
look_at_jupyter (OhDoctor *self, const OhStep *step)
{
  const char *home = g_environ_getenv (step->environment, "HOME");
  const char *runtime = g_environ_getenv (step->environment, "JUPYTER_RUNTIME_DIR");
  const char *data = g_environ_getenv (step->environment, "JUPYTER_DATA_DIR");
  g_autofree char *folder = runtime != NULL ? g_strdup (runtime)
                            : data != NULL  ? g_build_filename (data, "runtime", NULL)
                                            : g_build_filename (home != NULL ? home : "/", ".local", "share", "jupyter", "runtime", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      const char *dash = strchr (name, '-');
      g_autofree char *number = NULL;

      if ((!g_str_has_prefix (name, "jpserver-") && !g_str_has_prefix (name, "nbserver-")) || !g_str_has_suffix (name, ".json"))
        continue;
      number = g_strdup_printf ("%d", atoi (dash + 1));
      if (atoi (number) <= 0 || (kill (atoi (number), 0) != 0 && errno != EPERM))
        continue;
      oh_doctor_add (self, OH_DOCTOR_SUPERVISOR, g_strdup_printf ("kill %s", number), _ ("A server of Jupyter"), number, NULL);
      return;
    }
}

gboolean
oh_doctor_look_at_servers (OhDoctor *self, const OhStep *step, const char *name)
{
  static const char *const daemons[] = { "*claude daemon *", "*claude-code/cli.js daemon *", "*claude.exe daemon *", NULL };

  if (g_str_equal (name, "tmux"))
    look_at_tmux (self, step);
  else if (g_str_equal (name, "pm2"))
    look_at_pm2 (self, step);
  else if (g_str_equal (name, "jupyter") || g_str_has_prefix (name, "jupyter-"))
    {
      look_at_jupyter (self, step);
      return FALSE;
    }
  else if (g_str_equal (name, "claude"))
    {
      const int pid = find_process (daemons);
      g_autofree char *number = g_strdup_printf ("%d", pid);

      if (pid != 0)
        oh_doctor_add (self, OH_DOCTOR_SUPERVISOR, g_strdup ("claude daemon stop --any"), _ ("The daemon of Claude Code"), number, NULL);
      return FALSE;
    }
  else
    return FALSE;
  return TRUE;
}
