/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the doctor's files share. */
#pragma once
#include "oh-doctor.h"
#include "oh-engine-private.h"

G_BEGIN_DECLS

/* In the order of the table in oh-doctor.c. */
typedef enum
{
  /* The machine: */
  OH_DOCTOR_DATA,
  OH_DOCTOR_DATA_UNUSABLE,
  OH_DOCTOR_DATABASE_NONE,
  OH_DOCTOR_DATABASE,
  OH_DOCTOR_DATABASE_UNSURE,
  OH_DOCTOR_DATABASE_ASIDE,
  OH_DOCTOR_DATABASE_NEWER,
  OH_DOCTOR_DATABASE_FAILED,
  OH_DOCTOR_WRITERS,
  OH_DOCTOR_DISK,
  OH_DOCTOR_DISK_LOW,
  OH_DOCTOR_DISK_FULL,
  OH_DOCTOR_LIMIT,
  OH_DOCTOR_PORT,
  OH_DOCTOR_PORT_FAILED,
  OH_DOCTOR_CERTIFICATES,
  OH_DOCTOR_CERTIFICATES_FAILED,
  OH_DOCTOR_ROOTS_NONE,
  OH_DOCTOR_OPENSSL,
  OH_DOCTOR_OPENSSL_OLD,
  OH_DOCTOR_TRUST_UNREADABLE,
  OH_DOCTOR_OWN_PROXY,
  OH_DOCTOR_OWN_PROXY_BAD,
  OH_DOCTOR_NO_PROXY_KEPT_OUT,
  OH_DOCTOR_NESTED,
  OH_DOCTOR_PATTERNS,
  OH_DOCTOR_ISOLATION,
  OH_DOCTOR_ISOLATION_FAILED,
  /* The command: */
  OH_DOCTOR_NOT_STARTED,
  OH_DOCTOR_PROGRAM,
  OH_DOCTOR_SILENT,
  OH_DOCTOR_UNKNOWN_PROGRAM,
  OH_DOCTOR_GO,
  OH_DOCTOR_STATIC,
  OH_DOCTOR_OWN_ROOTS,
  OH_DOCTOR_OPAQUE,
  OH_DOCTOR_NO_ANSWER,
  OH_DOCTOR_PROXY_SET,
  OH_DOCTOR_PROXY_GONE,
  OH_DOCTOR_PROXY_MIXED,
  OH_DOCTOR_NO_PROXY,
  OH_DOCTOR_TRUST_SET,
  OH_DOCTOR_TRUST_SET_PARTLY,
  OH_DOCTOR_BASE_URL,
  OH_DOCTOR_BASE_URL_UNREAD,
  OH_DOCTOR_BASE_URL_DIRECT,
  OH_DOCTOR_BASE_URL_BROKEN,
  OH_DOCTOR_HOSTS_UNREAD,
  OH_DOCTOR_DOTENV,
  OH_DOCTOR_SETTINGS,
  OH_DOCTOR_SETTINGS_UNREAD,
  OH_DOCTOR_ENVIRONMENT_LOST,
  OH_DOCTOR_SUDO_PARTLY,
  OH_DOCTOR_CONTAINER,
  OH_DOCTOR_REMOTE,
  OH_DOCTOR_SERVER_BEFORE,
  OH_DOCTOR_SUPERVISOR,
  OH_DOCTOR_CONFINED,
  OH_DOCTOR_CONFINED_MAYBE,
  OH_DOCTOR_NODE_PRELOAD,
  OH_DOCTOR_NODE_POLICY,
  OH_DOCTOR_NODE_OLD,
  OH_DOCTOR_PYTHON_PRELOAD,
  OH_DOCTOR_PYTHON_ISOLATED,
  OH_DOCTOR_PYTHON_OLD,
  OH_DOCTOR_TRUST_ENV,
  OH_DOCTOR_OWN_WAY,
  OH_DOCTOR_OWN_CERTIFICATES,
  OH_DOCTOR_N,
} OhDoctorCode;

typedef struct
{
  GPtrArray *diagnoses;
  const OhDoctorSpec *spec;
  const char *dir;     /* of the data; NULL: it cannot be had */
  GBytes *key;         /* of the markers that stand for secrets */
  GPtrArray *hosts;    /* patterns of the hosts that are read, NULL-terminated */
  char **without;      /* the environment without us */
  char **with;         /* and as a run gives it */
  OhLaunchProxy proxy; /* by which it was made */
} OhDoctor;

/* Where the walk through a command is. */
typedef struct
{
  GPtrArray *before;   /* (element-type utf8): words of the command that stand before argv */
  char **argv;
  char **typed;        /* what one types for argv, if that is something else (a script for its interpreter); or NULL */
  char *cwd;
  char **environment;  /* as the program will have it */
  GHashTable *origins; /* variable → the settings that set it; what the command itself sets is not in it */
  char **assignments;  /* those that a word of the command made, "NAME=value"; or NULL */
  guint depth;
} OhStep;

/* What a program goes by. */
typedef enum
{
  OH_KIND_OTHER,
  OH_KIND_PYTHON,
  OH_KIND_NODE,
  OH_KIND_BUN,
  OH_KIND_DENO,
  OH_KIND_JAVA,
  OH_KIND_PHP,
  OH_KIND_RUBY,
  OH_KIND_CURL,
  OH_KIND_GIT,
  OH_KIND_WGET,
  OH_KIND_GO,
} OhKind;

/* (transfer full) (element-type OhDiagnosis) */
GPtrArray *oh_diagnoses_new (void);
/* @remedy: (transfer full) (nullable); the rest are what stands for {1}, {2}, {3} in its sentence, (nullable). */
void oh_doctor_add (OhDoctor *self, OhDoctorCode found, char *remedy, const char *first, const char *second, const char *third);
/* @name starts what cannot be told before. */
void oh_doctor_add_opaque (OhDoctor *self, const char *name);

void oh_doctor_look_at_machine (OhDoctor *self);
/* Follows what starts what, down to the program that speaks. */
void oh_doctor_follow (OhDoctor *self, OhStep *step);
/* What @step's environment means for a program of that kind. */
void oh_doctor_look_at_environment (OhDoctor *self, const OhStep *step, OhKind kind);
/* A program that is known by name. Returns: FALSE if it is none, or does not answer as one. @path: its file */
gboolean oh_doctor_look_at_known (OhDoctor *self, OhStep *step, const char *path);
/* Any other one, at the end of the walk. */
void oh_doctor_look_at_file (OhDoctor *self, OhStep *step, const char *path);
/* Settings files of Claude Code and Codex, if argv[0] is one of these; and a .env file. */
void oh_doctor_look_at_settings (OhDoctor *self, OhStep *step);
/* A .env file that a script may load. */
void oh_doctor_look_at_dotenv (OhDoctor *self, const OhStep *step);
/* A base URL. @origin: who says so */
void oh_doctor_look_at_base_url (OhDoctor *self, const OhStep *step, const char *name, const char *value, const char *origin);
/* Processes that were started before us, and start what the command asks for. @name: of the command. Returns: whether that ends
 * the walk. */
gboolean oh_doctor_look_at_servers (OhDoctor *self, const OhStep *step, const char *name);

/* A command of its own, such as one in a shell's text. */
OhStep *oh_step_new (const OhStep *from, char *const *argv);
/* @rest: in @from's argv: what its first words start */
OhStep *oh_step_new_rest (const OhStep *from, char **rest);
/* @argv: what really runs for that of @from */
OhStep *oh_step_new_typed (const OhStep *from, char *const *argv);
void oh_step_free (OhStep *self);
/* What is before argv, then argv. (transfer container) (element-type utf8) */
GPtrArray *oh_step_get_words (const OhStep *self);

/* Words as one types them, with secrets replaced. @words: (element-type utf8) (transfer full) */
char *oh_doctor_quote (OhDoctor *self, GPtrArray *words);
/* "overhear run OPTION… COMMAND…", of the whole command. (transfer full) */
char *oh_doctor_remedy_option (OhDoctor *self, const char *option, const char *value);
/* "overhear run WORDS…", of the step's. (transfer full) */
char *oh_doctor_remedy_run (OhDoctor *self, const OhStep *step);
/* Another place for the data. (transfer full) */
char *oh_doctor_remedy_folder (void);
/* What opens a file of settings. @shown: with ~ for the home folder. (transfer full) */
char *oh_doctor_remedy_edit (const char *shown);
/* "overhear doctor --run COMMAND…", of the whole command. (transfer full) */
char *oh_doctor_remedy_look (OhDoctor *self);
/* A run whose program is told by its base URL to come to Overhear. (transfer full) */
char *oh_doctor_remedy_via (OhDoctor *self, const OhStep *step);
/* What the command sets is set before it. (transfer full) (nullable) */
char *oh_doctor_remedy_before (OhDoctor *self, const OhStep *step);

/* A small regular file's text, or NULL with a problem: a sentence, or NULL where there is no such file. (transfer full) */
char *oh_doctor_read (const char *path, gsize limit, gsize *length, char **problem);
/* The first line that a program answers within some seconds, or NULL. (transfer full) */
char *oh_doctor_ask (const char *const *argv, char **environment);
/* Only scheme, host and port. (transfer full) (nullable): NULL: it is no URL
 * @host: (out) (optional) (transfer full): in lower case */
char *oh_doctor_show_url (const char *url, char **host);

/* Commands of a shell's text, as far as they can be told: each a (char **) of words, variables put in.
 * Returns: (transfer full) (element-type GStrv), or NULL where it has more than simple commands. */
GPtrArray *oh_doctor_split_shell (const char *text, char **environment);
/* argv of a script by its first line: interpreter, argument, and not the script. (transfer full) (nullable): it has none */
char **oh_doctor_split_shebang (const char *head, gsize length);

/* What a program's file says of itself. */
typedef struct
{
  gboolean elf;
  gboolean fixed;     /* statically linked */
  gboolean go;
  gboolean connects;  /* it can open connections by itself */
  gboolean own_roots; /* the names of well-known authorities stand in it */
} OhBinary;

/* Pure. */
void oh_doctor_read_binary (const guint8 *data, gsize length, OhBinary *binary);
/* A value of codex's config.toml, or NULL: "key" at the top, or in [table]. Pure. (transfer full) */
char *oh_doctor_read_toml (const char *text, const char *table, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhStep, oh_step_free)

G_END_DECLS
