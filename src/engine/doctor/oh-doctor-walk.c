/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Follows what a command starts, through what stands before it, down to the program that speaks. */
#include "config.h"
#include "oh-doctor-private.h"

#include "oh-interpreter.h"
#include "oh-token.h"

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 16
#define SCRIPT_MAX 65536
#define HEAD_MAX 256

/* Programs that run another one in their own environment. */
static const struct
{
  const char *name;
  const char *word;    /* (nullable): the subcommand that does */
  const char *options; /* those that take the next word: " -k --signal " */
  guint words;         /* how many stand before the program */
} wrappers[] = {
  { "nohup", NULL, "", 0 },
  { "setsid", NULL, "", 0 },
  { "nice", NULL, " -n --adjustment ", 0 },
  { "ionice", NULL, " -c -n -t --class --classdata ", 0 },
  { "chrt", NULL, "", 1 },
  { "taskset", NULL, "", 1 },
  { "timeout", NULL, " -k --kill-after -s --signal ", 1 },
  { "stdbuf", NULL, " -i -o -e --input --output --error ", 0 },
  { "time", NULL, " -f -o --format --output ", 0 },
  { "unbuffer", NULL, "", 0 },
  { "faketime", NULL, " -p ", 1 },
  { "xvfb-run", NULL, " -e -f -n -p -s -w --error-file --auth-file --server-num --server-args --wait ", 0 },
  { "dbus-run-session", NULL, " --config-file --dbus-daemon ", 0 },
  { "strace", NULL, " -e -o -p -s -u -E -P -I -b -O -S -a -X ", 0 },
  { "ltrace", NULL, " -e -o -p -s -u -n -l -x -a -A -F ", 0 },
  { "systemd-inhibit", NULL, "", 0 },
  { "uv", "run", " --with --with-editable --with-requirements -p --python --env-file --directory --project --extra --group"
                 " --no-group --only-group --package --index --default-index -i --index-url --extra-index-url -f --find-links"
                 " --cache-dir --config-file --refresh-package -P --upgrade-package --link-mode --color ", 0 },
  { "poetry", "run", " -C --directory -P --project ", 0 },
  { "pipenv", "run", "", 0 },
  { "pdm", "run", " -p --project -s --site-packages --env-file ", 0 },
  { "rye", "run", " --pyproject ", 0 },
  { "conda", "run", " -n --name -p --prefix --cwd ", 0 },
  { "mamba", "run", " -n --name -p --prefix --cwd ", 0 },
  { "micromamba", "run", " -n --name -p --prefix --cwd ", 0 },
  { "npx", NULL, " -p --package -c --call -w --workspace ", 0 },
  { "bunx", NULL, " -p --package ", 0 },
  { "pnpm", "exec", " -C --dir --filter -F ", 0 },
  { "yarn", "exec", " --cwd ", 0 },
  { "npm", "exec", " -p --package -w --workspace -c --call ", 0 },
};

/* Those that start what a file of theirs, or a server, says. */
static const char *const opaque[] = { "make", "gmake", "ninja", "just", "task", "cmake", "meson", "tox", "nox", "hatch", "npm", "pnpm",
                                      "yarn", "nodemon", "foreman", "honcho", "overmind", "parallel", "xargs", "watch", "entr",
                                      "find", "script", "expect", "direnv", "dotenv", "op", "doppler", "vault", "aws-vault",
                                      "gradle", "mvn", "bazel", "docker-compose-wait", NULL };

static const char *const shells[] = { "sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "busybox", NULL };

/* What a shell does by itself that matters to nobody here. */
static const char *const quiet[] = { "set", "echo", "true", "false", ":", "wait", "trap", "printf", "test", "[", "exit", "ulimit",
                                     "umask", "shopt", "read", "return", "shift", "local", "declare", "readonly", "alias",
                                     "type", "hash", "pwd", "pushd", "popd", "disown", "jobs", NULL };

static char *
get_name (const char *word)
{
  return g_path_get_basename (word);
}

static void
go_on (OhDoctor *self, const OhStep *step, char **rest)
{
  g_autoptr (OhStep) next = NULL;

  if (rest == NULL || *rest == NULL)
    return;
  next = oh_step_new_rest (step, rest);
  oh_doctor_follow (self, next);
}

static gboolean
takes_next (const char *options, const char *word)
{
  g_autofree char *sought = g_strdup_printf (" %s ", word);

  return strstr (options, sought) != NULL;
}

/* Behind the options that begin at @word. */
static char **
skip_options (char **word, const char *options)
{
  for (; *word != NULL && **word == '-' && (*word)[1] != '\0'; word++)
    {
      if (g_str_equal (*word, "--"))
        return word + 1;
      if (takes_next (options, *word) && word[1] != NULL)
        word++;
    }
  return word;
}

/* Whether one of these options is given before the first word that is none. @letters: of short ones */
static gboolean
has_option (char **argv, const char *letters, const char *const *names, const char *options)
{
  char **end = skip_options (argv + 1, options);

  for (char **word = argv + 1; word < end; word++)
    {
      if (takes_next (options, *word))
        {
          word++;
          continue;
        }
      if ((*word)[0] == '-' && (*word)[1] != '-' && strpbrk (*word + 1, letters) != NULL)
        return TRUE;
      for (const char *const *name = names; name != NULL && *name != NULL; name++)
        if (g_str_has_prefix (*word, *name))
          return TRUE;
    }
  return FALSE;
}

static gboolean
is_assignment (const char *word)
{
  const char *equals = strchr (word, '=');

  return equals != NULL && equals != word
         && strspn (word, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_") == (gsize) (equals - word);
}

static void
assign (OhStep *step, GPtrArray *assignments, const char *word)
{
  const char *equals = strchr (word, '=');
  g_autofree char *name = g_strndup (word, equals - word);

  step->environment = g_environ_setenv (step->environment, name, equals + 1, TRUE);
  if (assignments != NULL)
    g_ptr_array_add (assignments, g_strdup (word));
}

/* env [OPTION]… [NAME=VALUE]… [COMMAND] */
static void
follow_env (OhDoctor *self, OhStep *step)
{
  g_autoptr (GPtrArray) assignments = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (OhStep) next = NULL;
  g_autofree char *removed = NULL;
  gboolean bare = FALSE;
  char **word = step->argv + 1;

  for (; *word != NULL && **word == '-'; word++)
    {
      if (g_str_equal (*word, "--"))
        {
          word++;
          break;
        }
      if (g_str_equal (*word, "-") || g_str_equal (*word, "-i") || g_str_equal (*word, "--ignore-environment"))
        bare = TRUE;
      else if ((g_str_equal (*word, "-u") || g_str_equal (*word, "--unset")) && word[1] != NULL)
        step->environment = g_environ_unsetenv (step->environment, *++word);
      else if (g_str_has_prefix (*word, "--unset="))
        step->environment = g_environ_unsetenv (step->environment, *word + strlen ("--unset="));
      else if (g_str_has_prefix (*word, "-u"))
        step->environment = g_environ_unsetenv (step->environment, *word + 2);
      else if ((g_str_equal (*word, "-C") || g_str_equal (*word, "--chdir")) && word[1] != NULL)
        {
          char *folder = g_canonicalize_filename (*++word, step->cwd);

          g_free (step->cwd);
          step->cwd = folder;
        }
      else if ((g_str_equal (*word, "-S") || g_str_has_prefix (*word, "-S") || g_str_has_prefix (*word, "--split-string")))
        {
          const char *text = g_str_equal (*word, "-S") && word[1] != NULL ? *++word : *word + 2;
          g_autoptr (GPtrArray) all = g_ptr_array_new ();
          g_auto (GStrv) words = NULL;

          if (!g_shell_parse_argv (text, NULL, &words, NULL))
            {
              oh_doctor_add_opaque (self, "env -S");
              return;
            }
          g_ptr_array_add (all, step->argv[0]);
          for (char **one = words; *one != NULL; one++)
            g_ptr_array_add (all, *one);
          for (char **one = word + 1; *word != NULL && *one != NULL; one++)
            g_ptr_array_add (all, *one);
          g_ptr_array_add (all, NULL);
          next = oh_step_new (step, (char **) all->pdata);
          oh_doctor_follow (self, next);
          return;
        }
    }
  if (bare)
    {
      g_strfreev (step->environment);
      step->environment = g_new0 (char *, 1);
    }
  for (; *word != NULL && strchr (*word, '=') != NULL && **word != '='; word++)
    assign (step, assignments, *word);
  if (*word == NULL)
    return;
  g_ptr_array_add (assignments, NULL);
  next = oh_step_new_rest (step, word);
  if (bare && g_environ_getenv (step->environment, oh_providers_get_list (OH_PROVIDER_ADDRESSES)[0]) == NULL
      && g_environ_getenv (step->environment, "https_proxy") == NULL
      && g_environ_getenv (step->environment, "HTTPS_PROXY") == NULL)
    {
      oh_doctor_add (self, OH_DOCTOR_ENVIRONMENT_LOST, oh_doctor_remedy_via (self, next), "env -i", NULL, NULL);
      return;
    }
  if (assignments->len > 1)
    {
      g_strfreev (next->assignments);
      next->assignments = (char **) g_ptr_array_free (g_steal_pointer (&assignments), FALSE);
      /* The remedy has what env gave set before the run, without env. */
      g_ptr_array_set_size (next->before, (int) step->before->len);
    }
  oh_doctor_follow (self, next);
}

/* A shell's text, or a script of it. */
static void
follow_text (OhDoctor *self, OhStep *step, const char *text, const char *shown)
{
  g_autoptr (GPtrArray) commands = strlen (text) <= SCRIPT_MAX ? oh_doctor_split_shell (text, step->environment) : NULL;

  if (commands == NULL)
    {
      oh_doctor_add_opaque (self, shown);
      return;
    }
  for (guint i = 0; i < commands->len; i++)
    {
      char **words = commands->pdata[i];
      g_autoptr (OhStep) next = NULL;
      g_autoptr (GPtrArray) assignments = g_ptr_array_new_with_free_func (g_free);
      guint first = 0;

      while (words[first] != NULL && is_assignment (words[first]))
        first++;
      if (words[first] == NULL)
        {
          /* What the run exports stays exported. */
          for (guint j = 0; j < first; j++)
            assign (step, NULL, words[j]);
          continue;
        }
      if (g_str_equal (words[first], "export"))
        {
          for (char **word = words + first + 1; *word != NULL; word++)
            if (is_assignment (*word))
              assign (step, NULL, *word);
          continue;
        }
      if (g_str_equal (words[first], "unset"))
        {
          for (char **word = words + first + 1; *word != NULL; word++)
            step->environment = g_environ_unsetenv (step->environment, *word);
          continue;
        }
      if (g_str_equal (words[first], "cd") && words[first + 1] != NULL)
        {
          char *folder = g_canonicalize_filename (words[first + 1], step->cwd);

          g_free (step->cwd);
          step->cwd = folder;
          continue;
        }
      if (g_strv_contains (quiet, words[first]))
        continue;
      while (words[first] != NULL && (g_str_equal (words[first], "exec") || g_str_equal (words[first], "command")))
        first++;
      if (words[first] == NULL)
        continue;
      if (g_str_equal (words[first], ".") || g_str_equal (words[first], "source") || g_str_equal (words[first], "eval"))
        {
          oh_doctor_add_opaque (self, words[first]);
          continue;
        }
      next = oh_step_new (step, words + first);
      for (guint j = 0; j < first && is_assignment (words[j]); j++)
        assign (next, assignments, words[j]);
      g_ptr_array_add (assignments, NULL);
      if (assignments->len > 1)
        {
          g_strfreev (next->assignments);
          next->assignments = (char **) g_ptr_array_free (g_steal_pointer (&assignments), FALSE);
        }
      oh_doctor_follow (self, next);
    }
}

static void
follow_shell (OhDoctor *self, OhStep *step, const char *name)
{
  char **word = step->argv + 1;
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autofree char *problem = NULL;

  for (; *word != NULL && (**word == '-' || **word == '+') && (*word)[1] != '\0'; word++)
    {
      if (g_str_equal (*word, "--"))
        {
          word++;
          break;
        }
      if ((*word)[1] != '-' && strchr (*word, 'c') != NULL)
        {
          /* Further letters and options may stand between. */
          for (word++; *word != NULL && **word == '-'; word++)
            ;
          if (*word != NULL)
            follow_text (self, step, *word, name);
          return;
        }
      if ((g_str_equal (*word, "-o") || g_str_equal (*word, "+o") || g_str_equal (*word, "--rcfile") || g_str_equal (*word, "--init-file"))
          && word[1] != NULL)
        word++;
    }
  if (*word == NULL)
    {
      oh_doctor_add_opaque (self, name);
      return;
    }
  path = g_canonicalize_filename (*word, step->cwd);
  text = oh_doctor_read (path, SCRIPT_MAX, NULL, &problem);
  follow_text (self, step, text != NULL ? text : "(", *word);
}

/* ---- who starts it elsewhere, or without what it needs ---- */

static void
add_lost (OhDoctor *self, const OhStep *step, char **rest, const char *name)
{
  g_autoptr (OhStep) next = NULL;

  if (rest != NULL && *rest != NULL)
    {
      next = oh_step_new (step, rest);
      oh_doctor_add (self, OH_DOCTOR_ENVIRONMENT_LOST, oh_doctor_remedy_run (self, next), name, NULL, NULL);
    }
  else
    oh_doctor_add (self, OH_DOCTOR_ENVIRONMENT_LOST, NULL, name, NULL, NULL);
}

static void
follow_sudo (OhDoctor *self, OhStep *step)
{
  static const char options[] = " -u --user -g --group -h --host -p --prompt -C --close-from -D --chdir -r --role -t --type -T"
                                " --command-timeout -U --other-user -R --chroot ";
  static const char *const keeps[] = { "--preserve-env", NULL };
  char **rest = skip_options (step->argv + 1, options);
  gboolean via = FALSE;

  for (; *rest != NULL && is_assignment (*rest); rest++)
    via = via || strstr (*rest, "/via/") != NULL || g_str_has_prefix (*rest, "HTTPS_PROXY=");
  if (*rest == NULL)
    return;
  if (via || has_option (step->argv, "E", keeps, options))
    {
      oh_doctor_add (self, OH_DOCTOR_SUDO_PARTLY, NULL, NULL, NULL, NULL);
      go_on (self, step, rest);
    }
  else
    {
      g_autoptr (GPtrArray) words = oh_step_get_words (step);
      g_autofree char *line = NULL;

      g_ptr_array_insert (words, (int) step->before->len + 1, (gpointer) "-E");
      line = oh_doctor_quote (self, words);
      oh_doctor_add (self, OH_DOCTOR_ENVIRONMENT_LOST, g_strconcat ("overhear run ", line, NULL), "sudo", NULL, NULL);
    }
}

static void
follow_su (OhDoctor *self, OhStep *step, const char *name)
{
  static const char *const login[] = { "--login", NULL };
  const char *text = NULL;

  if (has_option (step->argv, "l", login, " -c --command -s --shell -u --user -g --group ") || (step->argv[1] != NULL && g_str_equal (step->argv[1], "-")))
    {
      add_lost (self, step, NULL, name);
      return;
    }
  for (char **word = step->argv + 1; *word != NULL; word++)
    {
      if ((g_str_equal (*word, "-c") || g_str_equal (*word, "--command")) && word[1] != NULL)
        text = word[1];
      else if (g_str_has_prefix (*word, "--command="))
        text = *word + strlen ("--command=");
    }
  if (text != NULL)
    follow_text (self, step, text, name);
  else
    oh_doctor_add_opaque (self, name);
}

/* docker run IMAGE, docker exec, docker compose up */
static void
look_at_container (OhDoctor *self, const OhStep *step, const char *name)
{
  static const char *const verbs[] = { "run", "exec", "start", "compose", "up", "create", NULL };
  gboolean host = FALSE, via = FALSE;
  guint verb = 1;

  for (char **word = step->argv + 1; *word != NULL; word++)
    {
      host = host || g_str_equal (*word, "--network=host") || g_str_equal (*word, "--net=host")
             || ((g_str_equal (*word, "--network") || g_str_equal (*word, "--net")) && g_strcmp0 (word[1], "host") == 0);
      via = via || strstr (*word, "/via/") != NULL;
    }
  while (step->argv[verb] != NULL && *step->argv[verb] == '-')
    verb++;
  if (step->argv[verb] == NULL || !g_strv_contains (verbs, step->argv[verb]))
    oh_doctor_add (self, OH_DOCTOR_SILENT, NULL, name, NULL, NULL);
  else if (host && via)
    oh_doctor_add (self, OH_DOCTOR_BASE_URL, NULL, oh_providers_get_list (OH_PROVIDER_ADDRESSES)[0], "$OVERHEAR_VIA", name);
  else if (g_str_equal (step->argv[verb], "run"))
    {
      g_autoptr (GPtrArray) before = g_ptr_array_new ();
      g_autoptr (GPtrArray) after = g_ptr_array_new ();
      g_autofree char *first = NULL;
      g_autofree char *last = NULL;
      g_autofree char *address = oh_engine_describe_via ();
      g_autofree char *text = NULL;
      g_autofree char *quoted = NULL;

      for (guint i = 0; i < step->before->len; i++)
        g_ptr_array_add (before, step->before->pdata[i]);
      for (guint i = 0; step->argv[i] != NULL; i++)
        g_ptr_array_add (i <= verb ? before : after, step->argv[i]);
      first = oh_doctor_quote (self, before);
      last = oh_doctor_quote (self, after);
      text = g_strdup_printf ("%s --network host -e %s %s", first, address, last);
      quoted = g_shell_quote (text);
      oh_doctor_add (self, OH_DOCTOR_CONTAINER, g_strconcat ("overhear run sh -c ", quoted, NULL), name, NULL, NULL);
    }
  else
    oh_doctor_add (self, OH_DOCTOR_CONTAINER, NULL, name, NULL, NULL);
}

static void
follow_systemd_run (OhDoctor *self, OhStep *step)
{
  static const char options[] = " -H --host -M --machine -u --unit -p --property --description --slice --uid --gid --nice"
                                " --working-directory -E --setenv --on-active --on-calendar --service-type ";
  static const char *const scope[] = { "--scope", NULL };
  char **rest = skip_options (step->argv + 1, options);

  if (has_option (step->argv, "", scope, options))
    go_on (self, step, rest);
  else
    add_lost (self, step, rest, "systemd-run");
}

/* ---- confinement ---- */

/* The snap that a name in @root/bin stands for, as its own description says. Returns: FALSE if it is not confined. */
static gboolean
look_at_snap (OhDoctor *self, const OhStep *step, const char *root, const char *snap)
{
  g_autofree char *name = g_strndup (snap, strcspn (snap, "."));
  const char *const roots[] = { root, "/var/lib/snapd/snap" };

  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    {
      g_autofree char *path = g_build_filename (roots[i], name, "current", "meta", "snap.yaml", NULL);
      g_autofree char *problem = NULL;
      g_autofree char *text = oh_doctor_read (path, SCRIPT_MAX, NULL, &problem);

      if (text == NULL)
        continue;
      if (strstr (text, "confinement: classic") != NULL)
        return FALSE;
      oh_doctor_add (self, OH_DOCTOR_CONFINED, oh_doctor_remedy_via (self, step), name, "snap", "/tmp");
      return TRUE;
    }
  oh_doctor_add (self, OH_DOCTOR_CONFINED_MAYBE, oh_doctor_remedy_via (self, step), name, "snap", "/tmp");
  return TRUE;
}

static void
look_at_flatpak (OhDoctor *self, const OhStep *step, char **rest)
{
  static const char options[] = " --arch --branch --command --cwd --env --runtime --runtime-version --filesystem --nofilesystem"
                                " --socket --share --talk-name --device ";
  char **application = skip_options (rest, options);
  const char *const ask[] = { "flatpak", "info", "--file-access=/tmp", *application, NULL };
  g_autofree char *access = NULL;

  if (*application == NULL)
    return;
  /* "read-write", "read-only" or "hidden". */
  access = oh_doctor_ask (ask, step->environment);
  for (char **word = rest; word < application; word++)
    if (g_str_equal (*word, "--filesystem=/tmp") || g_str_equal (*word, "--filesystem=host"))
      {
        g_free (access);
        access = g_strdup ("read-write");
      }
  if (access != NULL && g_str_has_prefix (access, "read"))
    oh_doctor_add (self, OH_DOCTOR_UNKNOWN_PROGRAM, oh_doctor_remedy_look (self), *application, NULL, NULL);
  else
    oh_doctor_add (self, g_strcmp0 (access, "hidden") == 0 ? OH_DOCTOR_CONFINED : OH_DOCTOR_CONFINED_MAYBE,
                   oh_doctor_remedy_via (self, step), *application, "Flatpak", "/tmp");
}

/* ---- the walk ---- */

static gboolean
follow_wrapper (OhDoctor *self, OhStep *step, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrappers); i++)
    {
      char **rest = step->argv + 1;

      if (!g_str_equal (name, wrappers[i].name))
        continue;
      rest = skip_options (rest, wrappers[i].options);
      if (wrappers[i].word != NULL)
        {
          if (g_strcmp0 (*rest, wrappers[i].word) != 0)
            continue;
          rest = skip_options (rest + 1, wrappers[i].options);
        }
      for (guint n = 0; n < wrappers[i].words && *rest != NULL; n++)
        rest++;
      if (*rest == NULL)
        return FALSE;
      go_on (self, step, rest);
      return TRUE;
    }
  return FALSE;
}

/* Programs by what they are called. Returns: whether that was all. */
static gboolean
follow_name (OhDoctor *self, OhStep *step, const char *name)
{
  char **argv = step->argv;

  if (g_str_equal (name, "env"))
    follow_env (self, step);
  else if (g_str_equal (name, "sudo"))
    follow_sudo (self, step);
  else if (g_str_equal (name, "su") || g_str_equal (name, "runuser"))
    follow_su (self, step, name);
  else if (g_str_equal (name, "pkexec") || g_str_equal (name, "doas"))
    add_lost (self, step, skip_options (argv + 1, " --user -u -C "), name);
  else if (g_str_equal (name, "systemd-run"))
    follow_systemd_run (self, step);
  else if (g_str_equal (name, "at") || g_str_equal (name, "batch") || g_str_equal (name, "crontab"))
    add_lost (self, step, NULL, name);
  else if (g_str_equal (name, "ssh") || g_str_equal (name, "mosh") || g_str_equal (name, "kubectl"))
    oh_doctor_add (self, OH_DOCTOR_REMOTE, NULL, name, NULL, NULL);
  else if (g_str_equal (name, "docker") || g_str_equal (name, "podman") || g_str_equal (name, "nerdctl")
           || g_str_equal (name, "docker-compose"))
    look_at_container (self, step, name);
  else if (g_str_equal (name, "flatpak") && g_strcmp0 (argv[1], "run") == 0)
    look_at_flatpak (self, step, argv + 2);
  else if (g_str_equal (name, "snap") && g_strcmp0 (argv[1], "run") == 0 && argv[2] != NULL)
    look_at_snap (self, step, "/snap", argv[2]);
  else if (oh_doctor_look_at_servers (self, step, name))
    ;
  else if (g_str_equal (name, "overhear") && g_strcmp0 (argv[1], "run") == 0)
    oh_doctor_add_opaque (self, "overhear run");
  else if (g_strv_contains (shells, name))
    follow_shell (self, step, name);
  else if (g_strv_contains (opaque, name))
    oh_doctor_add_opaque (self, name);
  else
    return FALSE;
  return TRUE;
}

/* npx and its like look among the packages of the folder first; what they would fetch is Node's too. */
static gboolean
follow_package (OhDoctor *self, OhStep *step, const char *name)
{
  g_autofree char *path = NULL;
  g_autoptr (OhStep) next = NULL;
  char **rest;

  if (!g_str_equal (name, "npx") && !g_str_equal (name, "bunx"))
    return FALSE;
  rest = skip_options (step->argv + 1, " -p --package -c --call -w --workspace ");
  if (*rest == NULL)
    return FALSE;
  path = g_build_filename (step->cwd, "node_modules", ".bin", *rest, NULL);
  if (!g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    {
      g_autoptr (OhStep) named = oh_step_new_rest (step, rest);

      oh_doctor_look_at_settings (self, named);
      g_free (path);
      path = g_strdup ("node");
    }
  next = oh_step_new_typed (step, (char *[]) { path, NULL });
  oh_doctor_follow (self, next);
  return TRUE;
}

/* Scripts go on with their interpreter. Returns: whether @path is one. */
static gboolean
follow_script (OhDoctor *self, OhStep *step, const char *path)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
  g_auto (GStrv) interpreter = NULL;
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autoptr (OhStep) next = NULL;

  if (file == NULL)
    return FALSE;
  interpreter = oh_doctor_split_shebang (g_mapped_file_get_contents (file), MIN (g_mapped_file_get_length (file), HEAD_MAX));
  if (interpreter == NULL)
    return FALSE;
  for (char **word = interpreter; *word != NULL; word++)
    g_ptr_array_add (words, *word);
  g_ptr_array_add (words, (gpointer) path);
  for (char **word = step->argv + 1; *word != NULL; word++)
    g_ptr_array_add (words, *word);
  g_ptr_array_add (words, NULL);
  next = oh_step_new_typed (step, (char **) words->pdata);
  oh_doctor_follow (self, next);
  return TRUE;
}

void
oh_doctor_follow (OhDoctor *self, OhStep *step)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *program = NULL;
  g_autofree char *real = NULL;
  g_autofree char *name = NULL;
  g_autofree char *folder = NULL;
  g_auto (GStrv) argv = NULL;

  if (step->depth > DEPTH_MAX)
    {
      oh_doctor_add_opaque (self, step->argv[0]);
      return;
    }
  argv = oh_command_resolve (step->argv, step->cwd, step->environment, &program, &error);
  if (argv == NULL)
    {
      oh_doctor_add (self, OH_DOCTOR_NOT_STARTED, NULL, error->message, NULL, NULL);
      return;
    }
  if (g_strv_length (argv) != g_strv_length (step->argv))
    {
      /* A lone script file has got its interpreter. */
      g_autoptr (OhStep) next = oh_step_new_typed (step, argv);

      oh_doctor_follow (self, next);
      return;
    }
  name = get_name (argv[0]);
  folder = g_path_get_dirname (program);
  real = realpath (program, NULL);
  if (g_str_has_suffix (folder, "/snap/bin"))
    {
      g_autofree char *root = g_path_get_dirname (folder);

      if (look_at_snap (self, step, root, name))
        return;
    }
  oh_doctor_look_at_settings (self, step);
  if (!follow_package (self, step, name) && !follow_wrapper (self, step, name) && !follow_name (self, step, name)
      && !oh_doctor_look_at_known (self, step, program) && !follow_script (self, step, real != NULL ? real : program))
    oh_doctor_look_at_file (self, step, program);
}

GPtrArray *
oh_doctor_examine (const OhDoctorSpec *spec)
{
  GPtrArray *diagnoses = oh_diagnoses_new ();
  g_auto (GStrv) ours = g_get_environ ();
  const OhLaunchSpec launch = { .argv = (char **) spec->argv, .environment = (char **) spec->environment, .insist = spec->insist };
  g_auto (GStrv) without = oh_launch_merge_environment ((const char *const *) ours, &launch);
  g_autoptr (GPtrArray) hosts = oh_engine_collect_hosts ((const char *const *) without, spec->reads);
  g_autofree char *token = oh_token_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = spec->data_dir != NULL ? g_strdup (spec->data_dir) : oh_paths_get_data_dir (&error);
  g_autoptr (GBytes) key = dir != NULL ? oh_engine_read_redaction_key (dir) : g_bytes_new (token, strlen (token));
  OhDoctor self = { .diagnoses = diagnoses, .spec = spec, .dir = dir, .key = key, .hosts = hosts, .without = without };

  self.proxy = (OhLaunchProxy) { .port = 1, .token = token, .hosts = (const char *const *) hosts->pdata,
                                 .addresses = oh_providers_get_list (OH_PROVIDER_ADDRESSES),
                                 .runtime_dir = "/tmp/overhear.run" };
  if (dir == NULL && !spec->command_only)
    oh_doctor_add (&self, OH_DOCTOR_DATA_UNUSABLE, oh_doctor_remedy_folder (), error->message, NULL, NULL);
  if (!spec->command_only)
    oh_doctor_look_at_machine (&self);
  if (spec->argv != NULL && spec->argv[0] != NULL)
    {
      g_autofree char *cwd = g_canonicalize_filename (spec->cwd != NULL ? spec->cwd : ".", NULL);
      g_autoptr (GPtrArray) before = g_ptr_array_new_with_free_func (g_free);
      g_autoptr (GHashTable) origins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      g_autoptr (OhStep) step = NULL;
      OhStep first = { .before = before, .argv = (char **) spec->argv, .cwd = cwd, .origins = origins };

      self.with = oh_launch_make_environment ((const char *const *) ours, &self.proxy, &launch);
      first.environment = self.with;
      step = oh_step_new (&first, first.argv);
      oh_doctor_follow (&self, step);
      g_strfreev (self.with);
    }
  return diagnoses;
}
