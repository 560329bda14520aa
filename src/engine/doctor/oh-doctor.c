/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-doctor-private.h"

#include <glib/gi18n.h>
#include <string.h>

struct _OhDiagnosis
{
  OhDoctorCode found;
  char *parts[3]; /* what stands for {1}, {2}, {3} */
  char *remedy;
};

/* Everything that can be found. Words are made when they are shown. */
static const struct
{
  const char *code;
  OhGrade grade;
  const char *sentence;
} kinds[OH_DOCTOR_N] = {
  [OH_DOCTOR_DATA] = { "data", OH_GRADE_GOOD, N_ ("What is captured is kept in {1}.") },
  [OH_DOCTOR_DATA_UNUSABLE] = { "data-unusable", OH_GRADE_BAD, N_ ("There is no place for what is captured: {1}") },
  [OH_DOCTOR_DATABASE_NONE] = { "database-none", OH_GRADE_GOOD, N_ ("There is no database yet; the first run makes one.") },
  [OH_DOCTOR_DATABASE] = { "database", OH_GRADE_GOOD, N_ ("The database opens and is sound ({1}).") },
  [OH_DOCTOR_DATABASE_UNSURE] = { "database-unsure", OH_GRADE_NOTE,
    N_ ("The database opens ({1}). It was not looked through to the end: that takes longer.") },
  [OH_DOCTOR_DATABASE_ASIDE] = { "database-damaged", OH_GRADE_NOTE,
    N_ ("The database is damaged ({1}). The next start sets it aside and carries over what can be read.") },
  [OH_DOCTOR_DATABASE_NEWER] = { "database-newer", OH_GRADE_BAD,
    N_ ("The database in {1} was made by a newer version of Overhear, and is left alone. Install that version, or choose "
        "another data folder.") },
  [OH_DOCTOR_DATABASE_FAILED] = { "database-failed", OH_GRADE_BAD, N_ ("The database does not open: {1}.") },
  [OH_DOCTOR_WRITERS] = { "database-shared", OH_GRADE_GOOD, N_ ("Other Overhears write to it now, which is fine: process {1}.") },
  [OH_DOCTOR_DISK] = { "disk", OH_GRADE_GOOD, N_ ("{1} are free where it is kept.") },
  [OH_DOCTOR_DISK_LOW] = { "disk-low", OH_GRADE_NOTE, N_ ("Only {1} are free where it is kept.") },
  [OH_DOCTOR_DISK_FULL] = { "disk-full", OH_GRADE_BAD, N_ ("The disk is full where it is kept: {1} are free.") },
  [OH_DOCTOR_LIMIT] = { "limit", OH_GRADE_NOTE, N_ ("A limit of this shell is low: “ulimit -{1}” is {2}.") },
  [OH_DOCTOR_PORT] = { "port", OH_GRADE_GOOD, N_ ("A port can be opened and reached on 127.0.0.1.") },
  [OH_DOCTOR_PORT_FAILED] = { "port-failed", OH_GRADE_BAD, N_ ("The proxy cannot listen: {1}") },
  [OH_DOCTOR_CERTIFICATES] = { "certificates", OH_GRADE_GOOD,
    N_ ("Certificates can be made; programs are told to trust them beside the roots in {1}.") },
  [OH_DOCTOR_CERTIFICATES_FAILED] = { "certificates-failed", OH_GRADE_BAD,
    N_ ("What programs are to trust cannot be made: {1}") },
  [OH_DOCTOR_ROOTS_NONE] = { "roots-none", OH_GRADE_BAD,
    N_ ("The system’s root certificates were not found, so no server would be trusted.") },
  [OH_DOCTOR_OPENSSL] = { "openssl", OH_GRADE_GOOD, N_ ("{1} takes such certificates.") },
  [OH_DOCTOR_OPENSSL_OLD] = { "openssl-old", OH_GRADE_NOTE,
    N_ ("{1} is older than what Overhear is tried with; programs that use it may not accept its certificates.") },
  [OH_DOCTOR_TRUST_UNREADABLE] = { "trust-unreadable", OH_GRADE_NOTE,
    N_ ("{1} names {2}, which cannot be read: nothing in it is trusted, as without Overhear.") },
  [OH_DOCTOR_OWN_PROXY] = { "own-proxy", OH_GRADE_NOTE, N_ ("Your proxy {1} stays in use, behind Overhear.") },
  [OH_DOCTOR_OWN_PROXY_BAD] = { "own-proxy-bad", OH_GRADE_BAD,
    N_ ("{1} is no address of a proxy that Overhear can go on through (HTTP or SOCKS): connections fail.") },
  [OH_DOCTOR_NO_PROXY_KEPT_OUT] = { "no-proxy-kept-out", OH_GRADE_NOTE,
    N_ ("NO_PROXY names hosts that are read. A run leaves these out of it, so they are captured all the same.") },
  [OH_DOCTOR_NESTED] = { "nested", OH_GRADE_NOTE,
    N_ ("This is already within a run of Overhear; what a further one reads, the outer one passes on.") },
  [OH_DOCTOR_PATTERNS] = { "patterns", OH_GRADE_BAD, N_ ("No run starts, for what secrets look like is not known: {1}") },
  [OH_DOCTOR_ISOLATION] = { "isolation", OH_GRADE_GOOD,
    N_ ("“overhear run --isolate” can read what ignores the proxy: it can give a program a network of its own.") },
  [OH_DOCTOR_ISOLATION_FAILED] = { "isolation-failed", OH_GRADE_NOTE, N_ ("“overhear run --isolate” is not possible: {1}") },

  [OH_DOCTOR_NOT_STARTED] = { "not-started", OH_GRADE_BAD, "{1}" },
  [OH_DOCTOR_PROGRAM] = { "program", OH_GRADE_GOOD, N_ ("{1} ({2}) is read.") },
  [OH_DOCTOR_SILENT] = { "no-network", OH_GRADE_NOTE, N_ ("“{1}” opens no connections by itself.") },
  [OH_DOCTOR_UNKNOWN_PROGRAM] = { "unknown-program", OH_GRADE_UNKNOWN,
    N_ ("Whether “{1}” uses the proxy and the certificates of its environment cannot be told before it runs.") },
  [OH_DOCTOR_GO] = { "go", OH_GRADE_GOOD,
    N_ ("“{1}” is a Go program. These are read, but for one with a Transport of its own without Proxy, which the run would "
        "tell.") },
  [OH_DOCTOR_STATIC] = { "static", OH_GRADE_UNKNOWN,
    N_ ("“{1}” is linked statically, and no Go program: whether it uses the proxy and the certificates of its environment "
        "cannot be told before it runs.") },
  [OH_DOCTOR_OWN_ROOTS] = { "own-roots", OH_GRADE_UNKNOWN,
    N_ ("“{1}” brings root certificates of its own. If it trusts only these, it does not accept Overhear’s, and passes through "
        "unread.") },
  [OH_DOCTOR_OPAQUE] = { "opaque", OH_GRADE_UNKNOWN,
    N_ ("What “{1}” starts is not known before it runs. It finds Overhear in its environment.") },
  [OH_DOCTOR_NO_ANSWER] = { "no-version", OH_GRADE_UNKNOWN, N_ ("“{1} --version” gave no answer, so it is not known what it is.") },
  [OH_DOCTOR_PROXY_SET] = { "proxy", OH_GRADE_BAD,
    N_ ("{3} sets {1} to {2}, which wins over Overhear: calls go there directly.") },
  [OH_DOCTOR_PROXY_GONE] = { "proxy-gone", OH_GRADE_BAD, N_ ("{3} takes the proxy out of the environment ({1}): calls go past Overhear.") },
  [OH_DOCTOR_PROXY_MIXED] = { "proxy-mixed", OH_GRADE_UNKNOWN,
    N_ ("The command changes one of the variables that name the proxy ({1}). Which of them this program reads is not known.") },
  [OH_DOCTOR_NO_PROXY] = { "no-proxy", OH_GRADE_BAD, N_ ("{2} sets {1} so that it names a host that is read: calls to it go past Overhear.") },
  [OH_DOCTOR_TRUST_SET] = { "trust", OH_GRADE_BAD,
    N_ ("{2} sets {1}, so the program does not accept Overhear’s certificate: its calls pass through unread.") },
  [OH_DOCTOR_TRUST_SET_PARTLY] = { "trust-partly", OH_GRADE_UNKNOWN,
    N_ ("{2} sets {1}: clients that read it do not accept Overhear’s certificate, and pass through unread. Which ones the program "
        "has is not known.") },
  [OH_DOCTOR_BASE_URL] = { "base-url", OH_GRADE_GOOD, N_ ("{1} ({3}) points to {2}, which is read.") },
  [OH_DOCTOR_BASE_URL_UNREAD] = { "base-url-unread", OH_GRADE_BAD,
    N_ ("{1} ({3}) points to {2}, a host that is not read: calls to it pass through unread.") },
  [OH_DOCTOR_BASE_URL_DIRECT] = { "base-url-direct", OH_GRADE_BAD,
    N_ ("{1} ({3}) points to {2}, which NO_PROXY names: calls to it go past Overhear.") },
  [OH_DOCTOR_BASE_URL_BROKEN] = { "base-url-broken", OH_GRADE_UNKNOWN, N_ ("{1} ({2}) is no URL: what the program makes of it is not known.") },
  [OH_DOCTOR_HOSTS_UNREAD] = { "hosts-unread", OH_GRADE_BAD, N_ ("“{1}” speaks to {2}, which are not read unless you ask for it.") },
  [OH_DOCTOR_DOTENV] = { "dotenv", OH_GRADE_UNKNOWN,
    N_ ("The file {1} sets {2}. If the program loads it, its calls go to {3}, a host that is not read.") },
  [OH_DOCTOR_SETTINGS] = { "settings", OH_GRADE_GOOD, N_ ("{1} sets nothing that leads past Overhear.") },
  [OH_DOCTOR_SETTINGS_UNREAD] = { "settings-unread", OH_GRADE_UNKNOWN, N_ ("What {1} sets is not known: {2}.") },
  [OH_DOCTOR_ENVIRONMENT_LOST] = { "environment-lost", OH_GRADE_BAD,
    N_ ("“{1}” starts the program without the environment of the run, so it does not know of Overhear.") },
  [OH_DOCTOR_SUDO_PARTLY] = { "sudo-partly", OH_GRADE_NOTE,
    N_ ("sudo drops variables even with -E: Java and Python’s http.client below it are not read.") },
  [OH_DOCTOR_CONTAINER] = { "container", OH_GRADE_BAD,
    N_ ("“{1}” starts the program in a container, which has neither the environment of the run nor its loopback address.") },
  [OH_DOCTOR_REMOTE] = { "remote", OH_GRADE_BAD, N_ ("“{1}” starts the program on another computer. Run Overhear there.") },
  [OH_DOCTOR_SERVER_BEFORE] = { "server-before", OH_GRADE_BAD,
    N_ ("{1} runs already (process {2}), and what it starts has its environment, from before this run.") },
  [OH_DOCTOR_SUPERVISOR] = { "supervisor", OH_GRADE_UNKNOWN,
    N_ ("{1} runs already (process {2}). What it starts has its environment, from before this run, and is not captured.") },
  [OH_DOCTOR_CONFINED] = { "confined", OH_GRADE_BAD,
    N_ ("“{1}” is a confined {2}: it cannot read the certificates of a run, which stand in {3}.") },
  [OH_DOCTOR_CONFINED_MAYBE] = { "confined-maybe", OH_GRADE_UNKNOWN,
    N_ ("“{1}” is a {2}; whether it may read the certificates of a run, which stand in {3}, could not be found out.") },
  [OH_DOCTOR_NODE_PRELOAD] = { "node-preload", OH_GRADE_BAD,
    N_ ("{2} sets NODE_OPTIONS, so Overhear’s part in Node is not loaded, and Node {1} by itself uses no proxy.") },
  [OH_DOCTOR_NODE_POLICY] = { "node-policy", OH_GRADE_BAD,
    N_ ("A policy of Node lists all that may be loaded: Overhear’s part in Node stays away, and Node uses no proxy by itself.") },
  [OH_DOCTOR_NODE_OLD] = { "node-old", OH_GRADE_UNKNOWN,
    N_ ("Node {1} is older than what Overhear is tried with (18): what of it is read is not known.") },
  [OH_DOCTOR_PYTHON_PRELOAD] = { "python-preload", OH_GRADE_NOTE,
    N_ ("{1} sets PYTHONPATH: httpx, requests and the Anthropic SDKs are read; http.client, urllib3 and transports of one’s own "
        "are not.") },
  [OH_DOCTOR_PYTHON_ISOLATED] = { "python-isolated", OH_GRADE_NOTE,
    N_ ("“python {1}”: httpx, requests and the Anthropic SDKs are read; http.client, urllib3 and transports of one’s own are not.") },
  [OH_DOCTOR_PYTHON_OLD] = { "python-old", OH_GRADE_NOTE,
    N_ ("{1} is older than 3.7: only clients that use proxy variables by themselves are read.") },
  [OH_DOCTOR_TRUST_ENV] = { "trust-env", OH_GRADE_UNKNOWN,
    N_ ("{1} says {2}: such clients go past Overhear unless it insists.") },
  [OH_DOCTOR_OWN_WAY] = { "own-way", OH_GRADE_BAD, N_ ("“{1}” goes past Overhear: {2}.") },
  [OH_DOCTOR_OWN_CERTIFICATES] = { "own-certificates", OH_GRADE_BAD,
    N_ ("“{1}” trusts certificates of its own only ({2}): its calls pass through unread.") },
};

static void
diagnosis_free (gpointer data)
{
  OhDiagnosis *self = data;

  for (guint i = 0; i < G_N_ELEMENTS (self->parts); i++)
    g_free (self->parts[i]);
  g_free (self->remedy);
  g_free (self);
}

GPtrArray *
oh_diagnoses_new (void)
{
  return g_ptr_array_new_with_free_func (diagnosis_free);
}

void
oh_doctor_add (OhDoctor *self, OhDoctorCode found, char *remedy, const char *first, const char *second, const char *third)
{
  OhDiagnosis *diagnosis = g_new0 (OhDiagnosis, 1);

  diagnosis->found = found;
  diagnosis->parts[0] = g_strdup (first);
  diagnosis->parts[1] = g_strdup (second);
  diagnosis->parts[2] = g_strdup (third);
  diagnosis->remedy = remedy;
  g_ptr_array_add (self->diagnoses, diagnosis);
}

void
oh_doctor_add_opaque (OhDoctor *self, const char *name)
{
  oh_doctor_add (self, OH_DOCTOR_OPAQUE, oh_doctor_remedy_look (self), name, NULL, NULL);
}

static OhStep *
copy_step (const OhStep *from, char *const *argv)
{
  OhStep *self = g_new0 (OhStep, 1);

  self->before = g_ptr_array_new_with_free_func (g_free);
  self->argv = g_strdupv ((char **) argv);
  self->cwd = g_strdup (from->cwd);
  self->environment = g_strdupv (from->environment);
  self->assignments = g_strdupv (from->assignments);
  self->origins = g_hash_table_ref (from->origins);
  self->depth = from->depth + 1;
  return self;
}

static void
take_before (OhStep *self, const OhStep *from, guint skipped)
{
  for (guint i = 0; i < from->before->len; i++)
    g_ptr_array_add (self->before, g_strdup (from->before->pdata[i]));
  for (guint i = 0; i < skipped; i++)
    g_ptr_array_add (self->before, g_strdup (from->argv[i]));
}

OhStep *
oh_step_new (const OhStep *from, char *const *argv)
{
  return copy_step (from, argv);
}

OhStep *
oh_step_new_rest (const OhStep *from, char **rest)
{
  OhStep *self = copy_step (from, rest);

  self->typed = g_strdupv (from->typed);
  take_before (self, from, from->typed != NULL ? 0 : (guint) (rest - from->argv));
  return self;
}

OhStep *
oh_step_new_typed (const OhStep *from, char *const *argv)
{
  OhStep *self = copy_step (from, argv);

  self->typed = g_strdupv (from->typed != NULL ? from->typed : from->argv);
  take_before (self, from, 0);
  return self;
}

void
oh_step_free (OhStep *self)
{
  g_ptr_array_unref (self->before);
  g_strfreev (self->argv);
  g_strfreev (self->typed);
  g_free (self->cwd);
  g_strfreev (self->environment);
  g_strfreev (self->assignments);
  g_hash_table_unref (self->origins);
  g_free (self);
}

OhGrade
oh_doctor_get_worst (GPtrArray *diagnoses)
{
  OhGrade worst = OH_GRADE_GOOD;

  for (guint i = 0; i < diagnoses->len; i++)
    worst = MAX (worst, oh_diagnosis_get_grade (diagnoses->pdata[i]));
  return worst;
}

const char *
oh_diagnosis_get_code (const OhDiagnosis *self)
{
  return kinds[self->found].code;
}

OhGrade
oh_diagnosis_get_grade (const OhDiagnosis *self)
{
  return kinds[self->found].grade;
}

const char *
oh_grade_to_string (OhGrade grade)
{
  static const char *const names[] = { "good", "note", "unknown", "bad" };

  return names[grade];
}

char *
oh_diagnosis_dup_sentence (const OhDiagnosis *self)
{
  const char *at = kinds[self->found].sentence;
  GString *sentence = g_string_new (NULL);

  for (at = _ (at); *at != '\0'; at++)
    if (at[0] == '{' && at[1] >= '1' && at[1] <= '3' && at[2] == '}')
      {
        const char *part = self->parts[at[1] - '1'];

        g_string_append (sentence, part != NULL ? part : "");
        at += 2;
      }
    else
      g_string_append_c (sentence, *at);
  return g_string_free (sentence, FALSE);
}

const char *
oh_diagnosis_get_remedy (const OhDiagnosis *self)
{
  return self->remedy;
}
