/* SPDX-License-Identifier: GPL-3.0-or-later */
/* overhear trust: the authority that is kept for programs of the whole desktop, and the stores that trust it. */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli.h"
#include "oh-desktop-stores.h"
#include "oh-desktop-trust.h"

#include <glib/gi18n.h>
#include <string.h>

typedef struct
{
  OhDesktopTrust *trust;
  gboolean json;
  gboolean only_say; /* what would be done */
  gboolean others;
  gboolean removing;
  gboolean all;
  gboolean failed;
  guint reachable;   /* of the stores that are meant, those that can be read */
  GPtrArray *named;  /* stores that are meant by their place */
  GString *steps;    /* "steps" of the JSON */
  const char *news;
} Work;

static const char *
name_news (OhStandingNews news)
{
  static const char *const names[] = { NULL, "made", "renewed", "widened", "replaced" };

  return names[news];
}

/* ---- what is so ---------------------------------------------------------------------------------------------------- */

static void
write_anchor (GString *out, const char *name, const OhAnchor *anchor, gboolean in_store)
{
  oh_json_write_open (out, name, '{');
  oh_json_write_text (out, "name", anchor->name);
  oh_json_write_text (out, "fingerprint", anchor->fingerprint);
  oh_json_write_time (out, "expires", anchor->expires_s * G_GINT64_CONSTANT (1000000000));
  if (in_store)
    {
      oh_json_write_text (out, "nickname", anchor->nickname);
      oh_json_write_flag (out, "trusted", anchor->trusted);
      oh_json_write_flag (out, "ours", anchor->ours);
    }
  oh_json_write_close (out, '}');
}

static void
write_store (GString *out, const OhTruststore *store)
{
  oh_json_write_open (out, NULL, '{');
  oh_json_write_text (out, "store", oh_truststore_kind_to_string (store->kind));
  oh_json_write_text (out, "name", store->name);
  oh_json_write_text (out, "place", store->place);
  oh_json_write_text (out, "state", oh_trusted_to_string (store->state));
  oh_json_write_text (out, "error", store->error != NULL ? store->error->message : NULL);
  oh_json_write_text (out, "remedy", store->remedy);
  oh_json_write_flag (out, "needs_administrator", store->root);
  oh_json_write_flag (out, "follows_system", store->follows);
  oh_json_write_open (out, "certificates", '[');
  for (guint i = 0; i < store->anchors->len; i++)
    write_anchor (out, NULL, g_ptr_array_index (store->anchors, i), TRUE);
  oh_json_write_close (out, ']');
  oh_json_write_close (out, '}');
}

static void
print_json (Work *work)
{
  OhDesktopTrust *trust = work->trust;
  g_autoptr (GString) out = g_string_new (NULL);

  oh_json_write_open (out, NULL, '{');
  if (trust->authority != NULL)
    write_anchor (out, "authority", trust->authority, FALSE);
  else
    oh_json_write_text (out, "authority", NULL);
  oh_json_write_flag (out, "good", trust->good);
  oh_json_write_text (out, "news", work->news);
  oh_json_write_text (out, "certificate", trust->authority != NULL ? trust->subject.path : NULL);
  oh_json_write_open (out, "hosts", '[');
  for (char **host = trust->hosts; *host != NULL; host++)
    oh_json_write_text (out, NULL, *host);
  oh_json_write_close (out, ']');
  oh_json_write_open (out, "names", '[');
  for (char **name = trust->names; *name != NULL; name++)
    oh_json_write_text (out, NULL, *name);
  oh_json_write_close (out, ']');
  oh_json_write_open (out, "stores", '[');
  for (guint i = 0; i < trust->stores->len; i++)
    write_store (out, g_ptr_array_index (trust->stores, i));
  oh_json_write_close (out, ']');
  oh_json_write_open (out, "steps", '[');
  g_string_append (out, work->steps->str);
  oh_json_write_close (out, ']');
  oh_json_write_close (out, '}');
  oh_cli_json_print (out);
}

static void
print_authority (const OhDesktopTrust *trust)
{
  g_autofree char *names = oh_desktop_trust_show_names (trust);
  g_autoptr (GDateTime) expires = NULL;
  g_autofree char *day = NULL;
  g_autofree char *missing = NULL;

  if (trust->authority == NULL)
    {
      g_print (_ ("There is no certificate authority for the whole desktop yet; programs that Overhear runs have one of their "
                  "own.\nIt could vouch for these hosts, and those below them: %s\n"),
               names);
      return;
    }
  expires = g_date_time_new_from_unix_local (trust->authority->expires_s);
  day = g_date_time_format (expires, "%x");
  g_print (_ ("%s, until %s\nIt can vouch for these hosts, and those below them: %s\nSHA-256 %s\n"), trust->authority->name, day,
           names, trust->authority->fingerprint);
  missing = oh_desktop_trust_foretell (trust);
  if (missing != NULL)
    g_print ("%s\n", missing);
  else if (!trust->good)
    g_print ("%s\n", _ ("It is about to expire: the next switch-on renews it."));
}

static void
print_store (const OhTruststore *store)
{
  g_autofree char *says = oh_desktop_trust_describe (store);
  g_autofree char *line = oh_cli_one_line (says);

  g_print ("  %-9s %s\n            %s\n            %s\n", oh_truststore_kind_to_string (store->kind), store->name, store->place,
           line);
  if (store->remedy != NULL)
    g_print ("            %s\n", store->remedy);
}

static void
print_all (Work *work)
{
  oh_desktop_trust_look (work->trust);
  if (work->json)
    {
      print_json (work);
      return;
    }
  print_authority (work->trust);
  g_print ("\n");
  for (guint i = 0; i < work->trust->stores->len; i++)
    print_store (g_ptr_array_index (work->trust->stores, i));
}

/* ---- what is done -------------------------------------------------------------------------------------------------- */

/* Who names a kind of store means those that there are: one that its program has not made, or with “all” that cannot be read,
 * is told of, and the rest is done. From a store that is not there all has been removed. */
static gboolean
is_spared (const Work *work, const OhTruststore *store, const GError *error)
{
  const gboolean unmade = g_error_matches (error, OH_TRUSTSTORE_ERROR, OH_TRUSTSTORE_ERROR_UNMADE);

  if (unmade && work->removing)
    return TRUE;
  return store->state == OH_TRUSTED_UNKNOWN && (work->all || (unmade && work->reachable > 0))
         && !g_ptr_array_find (work->named, store, NULL);
}

static void
tell_failure (Work *work, const OhTruststore *store, const GError *error)
{
  g_autofree char *message = g_strdup_printf ("%s: %s", store->place, error->message);

  if (!is_spared (work, store, error))
    {
      oh_cli_complain (message);
      work->failed = TRUE;
    }
  else if (!work->json)
    g_print (_ ("Left as it is: %s\n"), message);
}

static void
note_step (Work *work, const OhTruststore *store, const OhTrustStep *step, gboolean done)
{
  g_autofree char *command = oh_trust_step_get_command (step);

  oh_json_write_open (work->steps, NULL, '{');
  oh_json_write_text (work->steps, "place", store->place);
  oh_json_write_text (work->steps, "sentence", step->sentence);
  oh_json_write_text (work->steps, "command", command);
  oh_json_write_flag (work->steps, "done", done);
  oh_json_write_close (work->steps, '}');
}

/* Says each step, then does it. @steps: (transfer full) (nullable): with @error */
static void
carry_out (Work *work, const OhTruststore *store, GPtrArray *steps, GError *problem)
{
  g_autoptr (GPtrArray) owned = steps;
  g_autoptr (GError) error = problem;

  if (error != NULL)
    {
      tell_failure (work, store, error);
      return;
    }
  for (guint i = 0; i < steps->len && error == NULL; i++)
    {
      OhTrustStep *step = g_ptr_array_index (steps, i);
      g_autofree char *command = oh_trust_step_get_command (step);
      g_autoptr (GPtrArray) one = g_ptr_array_new ();

      if (!work->json)
        g_print ("%s\n  %s\n", step->sentence, command);
      g_ptr_array_add (one, step);
      note_step (work, store, step, !work->only_say && oh_trust_steps_carry_out (one, &error));
    }
  if (error != NULL)
    tell_failure (work, store, error);
}

/* "system", "chromium", "firefox", "java", "all", or a place. */
static gboolean
is_meant (const OhTruststore *store, const char *word)
{
  return g_str_equal (word, "all") || g_str_equal (word, oh_truststore_kind_to_string (store->kind))
         || g_str_equal (word, store->place);
}

/* Returns: (transfer full) (element-type OhTruststore), or NULL after complaining. */
static GPtrArray *
choose (Work *work, char **words)
{
  g_autoptr (GPtrArray) chosen = g_ptr_array_new ();

  if (*words == NULL)
    {
      oh_cli_complain (_ ("Which stores? system, chromium, firefox, java, all, or the place of one as “overhear trust” shows it."));
      return NULL;
    }
  oh_desktop_trust_look (work->trust);
  for (; *words != NULL; words++)
    {
      const guint before = chosen->len;
      gboolean found = FALSE;

      for (guint i = 0; i < work->trust->stores->len; i++)
        {
          OhTruststore *store = g_ptr_array_index (work->trust->stores, i);

          found = found || is_meant (store, *words);
          if (is_meant (store, *words) && !g_ptr_array_find (chosen, store, NULL))
            {
              g_ptr_array_add (chosen, store);
              work->reachable += store->state != OH_TRUSTED_UNKNOWN;
            }
          if (g_str_equal (*words, store->place))
            g_ptr_array_add (work->named, store);
        }
      work->all = work->all || g_str_equal (*words, "all");
      if (!found && chosen->len == before)
        {
          g_autofree char *message = g_strdup_printf (_ ("There is no store “%s” here. “overhear trust” lists those there are."),
                                                      *words);

          oh_cli_complain (message);
          return NULL;
        }
    }
  return g_steal_pointer (&chosen);
}

static gboolean
ensure (Work *work, gboolean anew)
{
  g_autoptr (GError) error = NULL;
  OhStandingNews news;
  g_autofree char *said = NULL;

  if (!oh_desktop_trust_ensure (work->trust, anew, &news, &error))
    {
      oh_cli_complain (error->message);
      work->failed = TRUE;
      return FALSE;
    }
  work->news = name_news (news);
  said = oh_desktop_trust_tell (news, NULL);
  if (said != NULL && !work->json)
    g_print ("%s\n", said);
  return TRUE;
}

/* What `ensure` would do, for those who only ask. */
static gboolean
foresee (Work *work)
{
  g_autoptr (GError) error = NULL;
  OhStandingNews news;

  if (!oh_desktop_trust_preview (work->trust, &news, &error))
    {
      oh_cli_complain (error->message);
      work->failed = TRUE;
      return FALSE;
    }
  if (news == OH_STANDING_MADE && !work->json)
    g_print (_ ("Make the certificate, %s (another number will be in its name).\n"), work->trust->subject.path);
  else if (news != OH_STANDING_KEPT && !work->json)
    g_print (_ ("Make the certificate anew, %s.\n"), work->trust->subject.path);
  return TRUE;
}

static void
add (Work *work, GPtrArray *stores)
{
  if (!(work->only_say ? foresee (work) : ensure (work, FALSE)))
    return;
  for (guint i = 0; i < stores->len; i++)
    {
      OhTruststore *store = g_ptr_array_index (stores, i);
      GError *error = NULL;
      GPtrArray *steps = oh_truststore_plan_add (store, &work->trust->subject, &error);

      carry_out (work, store, steps, error);
    }
}

static void
remove_from (Work *work, GPtrArray *stores)
{
  work->removing = TRUE;
  for (guint i = 0; i < stores->len; i++)
    {
      OhTruststore *store = g_ptr_array_index (stores, i);
      GError *error = NULL;
      GPtrArray *steps = oh_truststore_plan_remove (store, work->others, &error);

      carry_out (work, store, steps, error);
    }
}

/* The stores in which there is something of ours. (transfer container) */
static GPtrArray *
find_trusting (Work *work)
{
  GPtrArray *found = g_ptr_array_new ();

  oh_desktop_trust_look (work->trust);
  for (guint i = 0; i < work->trust->stores->len; i++)
    {
      OhTruststore *store = g_ptr_array_index (work->trust->stores, i);
      gboolean ours = FALSE;

      for (guint j = 0; j < store->anchors->len && !ours; j++)
        ours = ((OhAnchor *) g_ptr_array_index (store->anchors, j))->ours || work->others;
      if (ours)
        g_ptr_array_add (found, store);
    }
  return found;
}

/* The key goes first: what a store goes on trusting is worth nothing then. */
static void
forget (Work *work)
{
  g_autoptr (GPtrArray) stores = find_trusting (work);
  g_autoptr (GError) error = NULL;

  if (!work->only_say && !oh_desktop_trust_forget (work->trust, &error))
    {
      oh_cli_complain (error->message);
      work->failed = TRUE;
      return;
    }
  if (!work->only_say && !work->json)
    g_print ("%s\n", _ ("The authority’s key and certificate are removed from the disk."));
  remove_from (work, stores);
}

static void
renew (Work *work)
{
  g_autoptr (GPtrArray) stores = find_trusting (work);

  if (ensure (work, TRUE))
    add (work, stores);
}

int
oh_cli_trust (int argc, char **argv)
{
  Work work = { 0 };
  const GOptionEntry entries[] = {
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &work.only_say, N_ ("Only say what would be done"), NULL },
    { "others", 0, 0, G_OPTION_ARG_NONE, &work.others, N_ ("Remove certificates of every Overhear, not of this data folder’s only"),
      NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &work.json, N_ ("Print one JSON object"), NULL },
    { NULL },
  };
  g_autoptr (OhDesktopTrust) trust = NULL;
  g_autoptr (GPtrArray) stores = NULL;
  g_autoptr (GPtrArray) place_names = g_ptr_array_new ();
  g_autoptr (GString) steps = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  const char *step;
  gboolean named;
  int status;

  if (!oh_cli_parse_mixed (_ ("trust [status|add STORE…|remove STORE…|new|forget] [OPTION…]"),
                           _ ("Shows which programs of this computer trust Overhear’s certificate when Overhear listens to the whole "
                              "desktop, and adds it or removes it. Programs that Overhear runs need nothing of this.\n\nSTORE: system, "
                              "chromium, firefox, java, all, or the place of one. “new” makes another authority, for the hosts that are read now, and puts it "
                              "where the old one was; “forget” removes it from all stores and from the disk. Stores of a kind that their program "
                              "has not made yet, and with “all” those that cannot be read, are left and told of."),
                           entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  step = argc > 1 ? argv[1] : "status";
  named = g_str_equal (step, "add") || g_str_equal (step, "remove");
  if ((!named && !g_str_equal (step, "status") && !g_str_equal (step, "new") && !g_str_equal (step, "forget"))
      || (!named && argc > 2))
    {
      oh_cli_complain (_ ("Try “overhear trust”, with status, add STORE, remove STORE, new or forget."));
      return OH_CLI_USAGE;
    }
  if (work.only_say && (g_str_equal (step, "status") || g_str_equal (step, "new")))
    {
      oh_cli_complain (_ ("--dry-run is for add, remove and forget."));
      return OH_CLI_USAGE;
    }
  trust = oh_desktop_trust_new (NULL, NULL, &error);
  if (trust == NULL)
    {
      oh_cli_complain (error->message);
      return OH_CLI_TROUBLE;
    }
  work.trust = trust;
  work.steps = steps;
  work.named = place_names;
  if (named && (stores = choose (&work, argv + 2)) == NULL)
    return OH_CLI_USAGE;
  if (g_str_equal (step, "add"))
    add (&work, stores);
  else if (g_str_equal (step, "remove"))
    remove_from (&work, stores);
  else if (g_str_equal (step, "new"))
    renew (&work);
  else if (g_str_equal (step, "forget"))
    forget (&work);
  if (work.json || g_str_equal (step, "status"))
    print_all (&work);
  if (named && !work.only_say)
    oh_desktop_stores_touch (work.trust->data_dir);
  return work.failed ? OH_CLI_TROUBLE : 0;
}
