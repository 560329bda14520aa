/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-admission-private.h"
#include "oh-hosts.h"
#include "oh-proxy-error.h"
#include "oh-target-private.h"
#include "oh-token.h"

#include <glib/gi18n.h>
#include <string.h>

#define TOKEN_LENGTH 32

struct _OhAdmission
{
  GMutex lock;
  GHashTable *tokens;  /* token → gint64* run */
  GHashTable *detours; /* "run host" → OhDetour */
  GHashTable *reads;   /* gint64* run → GPtrArray of patterns: hosts that are read for it beside those of all */
  GHashTable *chains;  /* gint64* run → OhChain */
  GHashTable *trusts;  /* gint64* run → OhTrust, where it trusts more than the system's roots */
  OhRefusals *refusals;
  GHashTable *around;   /* set of "run host" that something went around us to */
  GHashTable *strict;   /* set of gint64* run: those that are never passed through */
  OhTrust *system;
  gboolean open;
  gboolean deaf;
  char *pac;
  char **only;     /* programs; (nullable) */
  char **excluded; /* programs; (nullable) */
  OhProxyIdentifyFunc identify;
  gpointer identify_data;
  GMutex introduce_lock; /* held while it is called */
  OhProxyIntroduceFunc introduce;
  gpointer introduce_data;
  OhProxyTrustingFunc trusting;
  gpointer trusting_data;
  OhSecrets *secrets;
};

OhAdmission *
oh_admission_new (void)
{
  OhAdmission *self = g_new0 (OhAdmission, 1);

  g_mutex_init (&self->lock);
  g_mutex_init (&self->introduce_lock);
  self->tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->detours = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) oh_detour_free);
  self->reads = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->chains = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify) oh_chain_free);
  self->trusts = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  self->refusals = oh_refusals_new ();
  self->around = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->strict = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->system = oh_trust_new (NULL, NULL);
  return self;
}

void
oh_admission_free (OhAdmission *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->tokens);
  g_hash_table_unref (self->detours);
  g_hash_table_unref (self->reads);
  g_hash_table_unref (self->chains);
  g_hash_table_unref (self->trusts);
  oh_refusals_free (self->refusals);
  g_hash_table_unref (self->around);
  g_hash_table_unref (self->strict);
  g_object_unref (self->system);
  g_free (self->pac);
  g_strfreev (self->only);
  g_strfreev (self->excluded);
  g_clear_pointer (&self->secrets, oh_secrets_unref);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->introduce_lock);
  g_free (self);
}

void
oh_admission_allow (OhAdmission *self, const char *token, gint64 run_id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_hash_table_replace (self->tokens, g_strdup (token), g_memdup2 (&run_id, sizeof run_id));
}

void
oh_admission_disallow (OhAdmission *self, const char *token)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_hash_table_remove (self->tokens, token);
}

void
oh_admission_set_open (OhAdmission *self, gboolean open)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->open = open;
}

void
oh_admission_set_identify (OhAdmission *self, OhProxyIdentifyFunc func, gpointer data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->identify = func;
  self->identify_data = data;
}

gboolean
oh_admission_can_identify (OhAdmission *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->identify != NULL;
}

char *
oh_admission_identify (OhAdmission *self, gint64 pid)
{
  OhProxyIdentifyFunc func;
  gpointer data;

  g_mutex_lock (&self->lock);
  func = self->identify;
  data = self->identify_data;
  g_mutex_unlock (&self->lock);
  return func != NULL ? func (pid, data) : NULL;
}

void
oh_admission_set_trusting (OhAdmission *self, OhProxyTrustingFunc func, gpointer data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->trusting = func;
  self->trusting_data = data;
}

gboolean
oh_admission_may_trust (OhAdmission *self, const OhProgram *program)
{
  OhProxyTrustingFunc func;
  gpointer data;

  g_mutex_lock (&self->lock);
  func = self->trusting;
  data = self->trusting_data;
  g_mutex_unlock (&self->lock);
  return func == NULL || func (program, data);
}

void
oh_admission_set_introduce (OhAdmission *self, OhProxyIntroduceFunc func, gpointer data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->introduce_lock);

  self->introduce = func;
  self->introduce_data = data;
}

/* @id: (out): as it was allowed, 0 if it was not */
static gboolean
find_token (OhAdmission *self, const char *token, gint64 *id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GHashTableIter iter;
  gpointer key;
  gpointer value;

  *id = 0;
  /* Tokens are few; comparing with all of them does not tell by its time how much of one was right. */
  g_hash_table_iter_init (&iter, self->tokens);
  while (token != NULL && g_hash_table_iter_next (&iter, &key, &value))
    if (oh_token_equal (key, token))
      {
        *id = *(gint64 *) value;
        return TRUE;
      }
  return FALSE;
}

void
oh_admission_introduce (OhAdmission *self, const char *token)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->introduce_lock);
  gint64 id;

  if (token != NULL && self->introduce != NULL && !find_token (self, token, &id))
    self->introduce (token, self->introduce_data);
}

gboolean
oh_admission_find_run (OhAdmission *self, const char *token, gint64 *run_id)
{
  const gboolean known = find_token (self, token, run_id);

  *run_id = MAX (*run_id, 0);
  return known;
}

gint64
oh_admission_find_place (OhAdmission *self, const char *token)
{
  gint64 id;

  find_token (self, token, &id);
  return id;
}

gboolean
oh_admission_is_open (OhAdmission *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->open;
}

/* "user:password" of "Basic …", or NULL. (transfer full) */
static char *
decode (const char *value)
{
  char *pair;
  gsize length;

  if (value == NULL || g_ascii_strncasecmp (value, "Basic ", strlen ("Basic ")) != 0)
    return NULL;
  pair = (char *) g_base64_decode (value + strlen ("Basic "), &length);
  if (pair == NULL)
    return NULL;
  pair = g_realloc (pair, length + 1);
  pair[length] = '\0';
  return pair;
}

char *
oh_admission_parse_credentials (const char *value)
{
  g_autofree char *pair = decode (value);
  const char *colon = pair != NULL ? strchr (pair, ':') : NULL;

  return colon != NULL ? g_strdup (colon + 1) : NULL;
}

gboolean
oh_admission_is_ours (OhAdmission *self, const char *value)
{
  static const char form[] = "overhear:";
  g_autofree char *pair = decode (value);
  g_autofree char *token = oh_admission_parse_credentials (value);
  gint64 id;

  if (token == NULL)
    return FALSE;
  /* Of one that is gone as well: nobody else is to get it. */
  return find_token (self, token, &id)
         || (g_str_has_prefix (pair, form) && strlen (token) == TOKEN_LENGTH && strspn (token, "0123456789abcdef") == TOKEN_LENGTH);
}

static char *
make_key (gint64 run_id, const char *host)
{
  g_autofree char *lower = g_ascii_strdown (host, -1);

  return g_strdup_printf ("%" G_GINT64_FORMAT " %s", run_id, lower);
}

static OhDetour *
parse_url (const char *host, const char *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";
  OhDetour *detour;
  gsize length;

  if ((strcmp (scheme, "http") != 0 && strcmp (scheme, "https") != 0) || g_uri_get_host (uri) == NULL
      || *g_uri_get_host (uri) == '\0' || g_uri_get_query (uri) != NULL)
    {
      /* Not the URL itself: it may hold a password. */
      g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_UPSTREAM,
                   _("What “%s” is to be sent to is not a URL; it should look like http://127.0.0.1:8080."), host);
      return NULL;
    }
  detour = g_new0 (OhDetour, 1);
  detour->url = g_strdup (url);
  detour->tls = strcmp (scheme, "https") == 0;
  detour->host = g_strdup (g_uri_get_host (uri));
  detour->port = g_uri_get_port (uri) > 0 ? (guint) g_uri_get_port (uri) : detour->tls ? 443 : 80;
  detour->prefix = g_strdup (g_uri_get_path (uri));
  length = strlen (detour->prefix);
  while (length > 0 && detour->prefix[length - 1] == '/')
    detour->prefix[--length] = '\0';
  return detour;
}

/* One, and no pattern. (transfer full), or NULL with an error */
static char *
parse_one_host (const char *text, GError **error)
{
  char *host = oh_host_parse (text, error);

  if (host == NULL || strchr (host, '*') == NULL)
    return host;
  g_free (host);
  g_set_error (error, OH_PROXY_ERROR, OH_PROXY_ERROR_HOST,
               _ ("“%s” is not a host name; it should look like api.anthropic.com."), text);
  return NULL;
}

gboolean
oh_admission_set_detour (OhAdmission *self, gint64 run_id, const char *name, const char *url, GError **error)
{
  g_autoptr (GMutexLocker) locker = NULL;
  g_autofree char *host = parse_one_host (name, error);
  OhDetour *detour = NULL;

  if (host == NULL)
    return FALSE;
  if (url != NULL)
    {
      detour = parse_url (host, url, error);
      if (detour == NULL)
        return FALSE;
    }
  locker = g_mutex_locker_new (&self->lock);
  if (detour != NULL)
    g_hash_table_replace (self->detours, make_key (run_id, host), detour);
  else
    {
      g_autofree char *key = make_key (run_id, host);

      g_hash_table_remove (self->detours, key);
    }
  return TRUE;
}

OhDetour *
oh_admission_find_detour (OhAdmission *self, gint64 run_id, const char *host)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autofree char *of_run = NULL;
  g_autofree char *of_all = NULL;
  OhDetour *found;
  OhDetour *copy;

  if (g_hash_table_size (self->detours) == 0)
    return NULL;
  of_run = make_key (run_id, host);
  of_all = make_key (0, host);
  found = g_hash_table_lookup (self->detours, of_run);
  if (found == NULL)
    found = g_hash_table_lookup (self->detours, of_all);
  if (found == NULL)
    return NULL;
  copy = g_new (OhDetour, 1);
  *copy = (OhDetour) { g_strdup (found->url), found->tls, g_strdup (found->host), found->port,
                       g_strdup (found->prefix) };
  return copy;
}

void
oh_detour_free (OhDetour *detour)
{
  if (detour == NULL)
    return;
  g_free (detour->url);
  g_free (detour->host);
  g_free (detour->prefix);
  g_free (detour);
}

char *
oh_admission_add_read (OhAdmission *self, gint64 run_id, const char *name, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  char *pattern = oh_host_parse (name, error);
  GPtrArray *patterns = g_hash_table_lookup (self->reads, &run_id);

  if (pattern == NULL)
    return NULL;
  if (patterns == NULL)
    {
      patterns = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (self->reads, g_memdup2 (&run_id, sizeof run_id), patterns);
    }
  g_ptr_array_add (patterns, pattern);
  return g_strdup (pattern);
}

static char **
copy_patterns (GPtrArray *patterns)
{
  char **copy = g_new0 (char *, patterns->len + 1);

  for (guint i = 0; i < patterns->len; i++)
    copy[i] = g_strdup (patterns->pdata[i]);
  return copy;
}

char **
oh_admission_set_reads (OhAdmission *self, gint64 run_id, const char *const *hosts)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GPtrArray *patterns = g_ptr_array_new_with_free_func (g_free);

  for (; hosts != NULL && *hosts != NULL; hosts++)
    {
      char *pattern = oh_host_parse (*hosts, NULL);

      if (pattern != NULL && !g_ptr_array_find_with_equal_func (patterns, pattern, g_str_equal, NULL))
        g_ptr_array_add (patterns, pattern);
      else
        g_free (pattern);
    }
  g_hash_table_replace (self->reads, g_memdup2 (&run_id, sizeof run_id), patterns);
  return copy_patterns (patterns);
}

void
oh_admission_set_programs (OhAdmission *self, const char *const *only, const char *const *excluded)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_strfreev (self->only);
  g_strfreev (self->excluded);
  self->only = g_strdupv ((char **) only);
  oh_refusals_forget (self->refusals, 0);
  self->excluded = g_strdupv ((char **) excluded);
}

static gboolean
is_among (const OhProgram *program, char **names)
{
  for (; program != NULL && names != NULL && *names != NULL; names++)
    if (oh_program_is_called (program, *names))
      return TRUE;
  return FALSE;
}

void
oh_admission_set_deaf (OhAdmission *self, gboolean deaf)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->deaf = deaf;
}

gboolean
oh_admission_leaves_out (OhAdmission *self, const OhProgram *program, gboolean for_good)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->deaf && !for_good)
    return TRUE;
  /* Who hides may be one of those that are excluded. */
  return (program == NULL && self->excluded != NULL && *self->excluded != NULL) || is_among (program, self->excluded)
         || (self->only != NULL && *self->only != NULL && !is_among (program, self->only));
}

void
oh_admission_set_pac (OhAdmission *self, char *text)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_free (self->pac);
  self->pac = text;
}

char *
oh_admission_get_pac (OhAdmission *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_strdup (self->pac);
}

gboolean
oh_admission_is_read (OhAdmission *self, gint64 run_id, const char *host)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GPtrArray *patterns = g_hash_table_lookup (self->reads, &run_id);

  for (guint i = 0; patterns != NULL && i < patterns->len; i++)
    if (g_pattern_match_simple (patterns->pdata[i], host))
      return TRUE;
  return FALSE;
}

void
oh_admission_set_chain (OhAdmission *self, gint64 run_id, OhChain *chain)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_hash_table_replace (self->chains, g_memdup2 (&run_id, sizeof run_id), chain);
}

OhHops *
oh_admission_find_hops (OhAdmission *self, gint64 run_id, gboolean tls, const char *host, guint port)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  OhChain *chain = g_hash_table_lookup (self->chains, &run_id);

  return chain != NULL ? oh_chain_find (chain, tls, host, port) : NULL;
}

gboolean
oh_admission_set_trust (OhAdmission *self, gint64 run_id, const char *pem, GError **error)
{
  OhTrust *trust = oh_trust_new (pem, error);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (trust == NULL)
    return FALSE;
  g_hash_table_replace (self->trusts, g_memdup2 (&run_id, sizeof run_id), trust);
  return TRUE;
}

OhTrust *
oh_admission_find_trust (OhAdmission *self, gint64 run_id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  OhTrust *trust = g_hash_table_lookup (self->trusts, &run_id);

  return g_object_ref (trust != NULL ? trust : self->system);
}

void
oh_admission_set_fallback (OhAdmission *self, gint64 run_id, gboolean fallback)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (fallback)
    g_hash_table_remove (self->strict, &run_id);
  else
    g_hash_table_add (self->strict, g_memdup2 (&run_id, sizeof run_id));
}

void
oh_admission_note_accepted (OhAdmission *self, gint64 run_id, const char *host, const char *who)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  oh_refusals_note_accepted (self->refusals, run_id, host, who);
}

OhFallback
oh_admission_note_refused (OhAdmission *self, gint64 run_id, const char *host, const char *who, OhRefusal how)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autofree char *key = make_key (run_id, host);
  const OhDetour *detour = run_id != 0 ? g_hash_table_lookup (self->detours, key) : NULL;

  if (detour == NULL && run_id != 0)
    {
      g_autofree char *of_all = make_key (0, host);

      detour = g_hash_table_lookup (self->detours, of_all);
    }
  /* Elsewhere nobody speaks TLS, and a run that was sent there is not to reach the real host. */
  if (g_hash_table_contains (self->strict, &run_id) || (detour != NULL && !detour->tls))
    return how != OH_REFUSAL_SAID && oh_refusals_has_accepted (self->refusals, run_id, host, who) ? OH_FALLBACK_UNUSED : OH_FALLBACK_NONE;
  return oh_refusals_note_refused (self->refusals, run_id, host, who, how);
}

void
oh_admission_forget_refusals (OhAdmission *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  oh_refusals_forget (self->refusals, 0);
}

OhOffer
oh_admission_take_offer (OhAdmission *self, gint64 run_id, const char *host, const char *who)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return oh_refusals_take (self->refusals, run_id, host, who);
}

gboolean
oh_admission_note_around (OhAdmission *self, gint64 run_id, const char *host)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_hash_table_add (self->around, make_key (run_id, host));
}

void
oh_admission_set_secrets (OhAdmission *self, OhSecrets *secrets)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_clear_pointer (&self->secrets, oh_secrets_unref);
  self->secrets = oh_secrets_ref (secrets);
}

OhSecrets *
oh_admission_get_secrets (OhAdmission *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return oh_secrets_ref (self->secrets);
}
