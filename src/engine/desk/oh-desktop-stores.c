/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-desktop-stores.h"
#include "oh-standing.h"
#include "oh-truststore.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

/* Others than us may change stores, too. Those that trust us are looked at less often, and so are Java's, which takes a second. */
#define AGE_NONE (10 * G_USEC_PER_SEC)
#define AGE_TRUSTED (60 * G_USEC_PER_SEC)
#define AGE_JAVA (300 * G_USEC_PER_SEC)
/* What takes long (a disk that hangs) is waited for a fiftieth of the time at most. */
#define PATIENCE 50

#define KIND(kind) (1u << OH_TRUSTSTORE_##kind)

typedef struct
{
  GMutex lock;          /* guards what follows; the proxy asks on several threads */
  OhProxy *proxy;       /* (transfer none): which it belongs to */
  char *data_dir;
  GStatBuf certificate; /* as it was when they were looked at */
  struct
  {
    gboolean trusts;
    gint64 looked;      /* monotonic us; 0: never */
    gint64 took;        /* us */
  } kinds[OH_TRUSTSTORE_KINDS];
} OhDesktopStores;

static void
stores_free (gpointer data)
{
  OhDesktopStores *self = data;

  g_mutex_clear (&self->lock);
  g_free (self->data_dir);
  g_free (self);
}

/* What cannot be read may trust us, but what is not there does not. The system's can always be read. */
static gboolean
may_trust (const OhTruststore *store)
{
  for (guint i = 0; i < store->anchors->len; i++)
    {
      const OhAnchor *anchor = g_ptr_array_index (store->anchors, i);

      if (anchor->ours && anchor->trusted)
        return TRUE;
    }
  return store->state == OH_TRUSTED_UNKNOWN && store->kind != OH_TRUSTSTORE_SYSTEM
         && !g_error_matches (store->error, OH_TRUSTSTORE_ERROR, OH_TRUSTSTORE_ERROR_UNMADE);
}

static gboolean
look (OhDesktopStores *self, OhTruststoreKind kind)
{
  g_auto (OhTrustSubject) subject = { 0 };
  g_autoptr (GPtrArray) stores = NULL;
  gboolean trusts = FALSE;

  subject.mark = oh_standing_get_mark (self->data_dir);
  subject.path = oh_standing_get_certificate_path (self->data_dir);
  g_file_get_contents (subject.path, &subject.pem, NULL, NULL);
  stores = oh_truststores_find_kind (&subject, kind);
  for (guint i = 0; i < stores->len && !trusts; i++)
    trusts = may_trust (g_ptr_array_index (stores, i));
  return trusts;
}

/* Returns: whether it says otherwise than before. */
static gboolean
refresh (OhDesktopStores *self, OhTruststoreKind kind, gboolean anew)
{
  const gint64 now = g_get_monotonic_time ();
  const gint64 age = kind == OH_TRUSTSTORE_JAVA ? AGE_JAVA : self->kinds[kind].trusts ? AGE_TRUSTED : AGE_NONE;
  const gboolean before = self->kinds[kind].trusts;
  const gboolean known = self->kinds[kind].looked > 0;

  if (known && !anew && now - self->kinds[kind].looked < MAX (age, PATIENCE * self->kinds[kind].took))
    return FALSE;
  self->kinds[kind].trusts = look (self, kind);
  self->kinds[kind].looked = g_get_monotonic_time ();
  self->kinds[kind].took = self->kinds[kind].looked - now;
  return known && self->kinds[kind].trusts != before;
}

static gboolean
begins_with (const char *name, const char *const *names)
{
  for (; *names != NULL; names++)
    if (g_str_has_prefix (name, *names))
      return TRUE;
  return FALSE;
}

/* The kinds of stores that a program looks into. */
static guint
find_kinds (const OhProgram *program)
{
  static const char *const gecko[] = { "firefox", "librewolf", NULL };
  static const char *const chromium[] = { "chrom", "google-chrome", "brave", "msedge", "microsoft-edge", "vivaldi", "opera", "electron", NULL };
  static const char *const node[] = { "node", "bun", NULL };
  g_autofree char *name = g_path_get_basename (program->executable != NULL ? program->executable : "");

  if (begins_with (name, gecko))
    return KIND (FIREFOX);
  /* A part of an application made with Chromium. */
  if (begins_with (name, chromium) || (program->command != NULL && strstr (program->command, " --type=") != NULL))
    return KIND (CHROMIUM) | KIND (SYSTEM);
  if (g_str_has_prefix (name, "java"))
    return KIND (JAVA) | KIND (SYSTEM);
  /* They bring their roots along, unless they are told otherwise. */
  if (begins_with (name, node))
    return 0;
  return KIND (SYSTEM);
}

static gboolean
is_trusting (const OhProgram *program, gpointer data)
{
  OhDesktopStores *self = data;
  g_autofree char *path = oh_standing_get_certificate_path (self->data_dir);
  const gboolean says = program != NULL && program->sets_trust;
  guint kinds = program != NULL && !says ? find_kinds (program) : 0;
  gboolean trusts = says, changed = FALSE, touched;
  GStatBuf now = { 0 };

  g_mutex_lock (&self->lock);
  g_stat (path, &now);
  touched = now.st_ino != self->certificate.st_ino || now.st_mtim.tv_sec != self->certificate.st_mtim.tv_sec
            || now.st_mtim.tv_nsec != self->certificate.st_mtim.tv_nsec;
  /* All that were looked at: one of them may be why another program is to be asked again. */
  self->certificate = now;
  for (guint kind = 0; kind < OH_TRUSTSTORE_KINDS; kind++)
    {
      if ((kinds & 1u << kind) || (touched && self->kinds[kind].looked > 0))
        changed = refresh (self, kind, touched) || changed;
      trusts = trusts || ((kinds & 1u << kind) && self->kinds[kind].trusts);
    }
  g_mutex_unlock (&self->lock);
  if (changed || touched)
    oh_proxy_forget_refusals (self->proxy);
  return trusts;
}

void
oh_desktop_stores_attach (OhProxy *proxy, const char *data_dir)
{
  OhDesktopStores *self;

  g_return_if_fail (OH_IS_PROXY (proxy) && data_dir != NULL);
  if (g_object_get_data (G_OBJECT (proxy), "oh-desktop-stores") != NULL)
    return;
  self = g_new0 (OhDesktopStores, 1);
  g_mutex_init (&self->lock);
  self->proxy = proxy;
  self->data_dir = g_strdup (data_dir);
  g_object_set_data_full (G_OBJECT (proxy), "oh-desktop-stores", self, stores_free);
  oh_proxy_set_trusting (proxy, is_trusting, self);
}

void
oh_desktop_stores_touch (const char *data_dir)
{
  g_autofree char *path = oh_standing_get_certificate_path (data_dir);

  g_utime (path, NULL);
}
