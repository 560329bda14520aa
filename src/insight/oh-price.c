/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-price.h"

#include "oh-clock.h"
#include "oh-providers.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

typedef struct
{
  gint64 above; /* tokens of the whole prompt */
  double input, cache_write_5m, cache_write_1h, cache_read, output;
} Band;

typedef struct
{
  char *name;
  double factor;
} Factor;

typedef struct
{
  char **models;
  gint64 from;   /* ns since 1970, G_MININT64: always */
  gint64 until;  /* ns since 1970, the first moment it no longer holds; G_MAXINT64: for ever */
  char *speed;   /* NULL: standard */
  GArray *bands; /* (element-type Band) by rising above; the first one's is 0 */
  GArray *geo;   /* (element-type Factor) */
  double regional;
  double batch;
  char *source;
  char *as_of;
  guint file;
} Row;

typedef struct
{
  char **models;
  char *platform; /* NULL: Anthropic's own */
  gint64 retires;
  char *as_of;
} Retirement;

struct _OhPriceTable
{
  GPtrArray *rows;        /* (element-type Row) in the files' order */
  GPtrArray *retirements; /* (element-type Retirement) */
  double web_search;
  double web_fetch;
  double gov; /* factor of Amazon's us-gov regions */
  char *as_of;
};

G_DEFINE_QUARK (oh-price-error-quark, oh_price_error)

static void
row_free (gpointer data)
{
  Row *row = data;

  g_strfreev (row->models);
  g_free (row->speed);
  g_array_unref (row->bands);
  g_array_unref (row->geo);
  g_free (row->source);
  g_free (row->as_of);
  g_free (row);
}

static void
retirement_free (gpointer data)
{
  Retirement *retirement = data;

  g_strfreev (retirement->models);
  g_free (retirement->platform);
  g_free (retirement->as_of);
  g_free (retirement);
}

static void
factor_clear (gpointer data)
{
  g_free (((Factor *) data)->name);
}

static gboolean
fail (GError **error, const char *where, const char *why)
{
  g_set_error (error, OH_PRICE_ERROR, OH_PRICE_ERROR_ROW, "%s: %s", where, why);
  return FALSE;
}

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

/* A number that is not negative and not absurd. A missing one is an error unless @needed is FALSE. */
static gboolean
read_number (JsonObject *object, const char *name, gboolean needed, double *out, const char *where, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);
  double value;

  if (node == NULL && !needed)
    return TRUE;
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      (json_node_get_value_type (node) != G_TYPE_INT64 && json_node_get_value_type (node) != G_TYPE_DOUBLE))
    {
      g_autofree char *why = g_strdup_printf (_ ("“%s” must be a number"), name);

      return fail (error, where, why);
    }
  value = json_node_get_double (node);
  if (!isfinite (value) || value < 0 || value > 1e9)
    {
      g_autofree char *why = g_strdup_printf (_ ("“%s” is out of range"), name);

      return fail (error, where, why);
    }
  *out = value;
  return TRUE;
}

/* YYYY-MM-DD to midnight UTC. A missing day leaves *out alone. */
static gboolean
read_day (JsonObject *object, const char *name, gint64 *out, const char *where, GError **error)
{
  const char *text = get_text (object, name);
  g_autofree char *full = NULL;
  g_autoptr (GDateTime) day = NULL;

  if (!json_object_has_member (object, name))
    return TRUE;
  if (text != NULL && strlen (text) == 10)
    {
      full = g_strconcat (text, "T00:00:00Z", NULL);
      day = g_date_time_new_from_iso8601 (full, NULL);
    }
  if (day == NULL)
    {
      g_autofree char *why = g_strdup_printf (_ ("“%s” must be a day such as 2026-11-21"), name);

      return fail (error, where, why);
    }
  *out = oh_clock_from_date_time (day);
  return TRUE;
}

static char **
read_models (JsonObject *object, const char *where, GError **error)
{
  JsonNode *node = json_object_get_member (object, "models");
  g_autoptr (GPtrArray) models = g_ptr_array_new_with_free_func (g_free);
  JsonArray *list = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      JsonNode *item = json_array_get_element (list, i);

      if (!JSON_NODE_HOLDS_VALUE (item) || json_node_get_value_type (item) != G_TYPE_STRING)
        {
          g_ptr_array_set_size (models, 0);
          break;
        }
      g_ptr_array_add (models, g_strdup (json_node_get_string (item)));
    }
  if (models->len == 0)
    {
      fail (error, where, _ ("“models” must be a list of model names"));
      return NULL;
    }
  g_ptr_array_add (models, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&models), FALSE);
}

static gboolean
read_band (JsonObject *object, Band *band, const char *where, GError **error)
{
  return read_number (object, "input", TRUE, &band->input, where, error) &&
         read_number (object, "output", TRUE, &band->output, where, error) &&
         read_number (object, "cache_read", TRUE, &band->cache_read, where, error) &&
         read_number (object, "cache_write_5m", TRUE, &band->cache_write_5m, where, error) &&
         read_number (object, "cache_write_1h", TRUE, &band->cache_write_1h, where, error);
}

static gint
compare_bands (gconstpointer a, gconstpointer b)
{
  const Band *one = a, *two = b;

  return one->above < two->above ? -1 : one->above > two->above;
}

static gboolean
read_tiers (Row *row, JsonNode *node, const char *where, GError **error)
{
  JsonArray *tiers;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return fail (error, where, _ ("“tiers” must be a list"));
  tiers = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (tiers); i++)
    {
      JsonNode *item = json_array_get_element (tiers, i);
      double above = 0;
      Band band = { 0 };

      if (!JSON_NODE_HOLDS_OBJECT (item))
        return fail (error, where, _ ("“tiers” must be a list of objects"));
      if (!read_number (json_node_get_object (item), "above", TRUE, &above, where, error) ||
          !read_band (json_node_get_object (item), &band, where, error))
        return FALSE;
      band.above = (gint64) above;
      g_array_append_val (row->bands, band);
    }
  g_array_sort (row->bands, compare_bands);
  return TRUE;
}

static gboolean
read_geo (Row *row, JsonNode *node, const char *where, GError **error)
{
  g_autoptr (GList) names = NULL;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, where, _ ("“geo” must be an object"));
  names = json_object_get_members (json_node_get_object (node));
  for (GList *l = names; l != NULL; l = l->next)
    {
      Factor factor = { NULL, 1 };

      if (!read_number (json_node_get_object (node), l->data, TRUE, &factor.factor, where, error))
        return FALSE;
      factor.name = g_strdup (l->data);
      g_array_append_val (row->geo, factor);
    }
  return TRUE;
}

static gboolean
read_row (OhPriceTable *self, JsonObject *object, guint file, double batch, const char *as_of, const char *where,
          GError **error)
{
  Row *row = g_new0 (Row, 1);
  Band base = { 0 };
  const char *speed = get_text (object, "speed");

  g_ptr_array_add (self->rows, row);
  row->bands = g_array_new (FALSE, FALSE, sizeof (Band));
  row->geo = g_array_new (FALSE, FALSE, sizeof (Factor));
  g_array_set_clear_func (row->geo, factor_clear);
  row->from = G_MININT64;
  row->until = G_MAXINT64;
  row->regional = 1;
  row->batch = batch;
  row->file = file;
  row->speed = g_strcmp0 (speed, "standard") == 0 ? NULL : g_strdup (speed);
  row->source = g_strdup (get_text (object, "source"));
  row->as_of = g_strdup (get_text (object, "as_of") != NULL ? get_text (object, "as_of") : as_of);
  row->models = read_models (object, where, error);
  if (row->models == NULL || !read_day (object, "from", &row->from, where, error) ||
      !read_day (object, "until", &row->until, where, error) ||
      !read_number (object, "regional", FALSE, &row->regional, where, error) ||
      !read_number (object, "batch", FALSE, &row->batch, where, error) || !read_band (object, &base, where, error))
    return FALSE;
  if (row->until != G_MAXINT64)
    row->until += 24 * 3600 * OH_NS_PER_S;
  g_array_append_val (row->bands, base);
  return read_tiers (row, json_object_get_member (object, "tiers"), where, error) &&
         read_geo (row, json_object_get_member (object, "geo"), where, error);
}

static gboolean
read_retirement (OhPriceTable *self, JsonObject *object, const char *where, GError **error)
{
  Retirement *retirement = g_new0 (Retirement, 1);

  g_ptr_array_add (self->retirements, retirement);
  retirement->platform = g_strdup (get_text (object, "platform"));
  retirement->as_of = g_strdup (get_text (object, "as_of"));
  retirement->retires = G_MININT64;
  retirement->models = read_models (object, where, error);
  if (retirement->models == NULL || !read_day (object, "retires", &retirement->retires, where, error))
    return FALSE;
  return retirement->retires != G_MININT64 || fail (error, where, _ ("“retires” must be a day such as 2026-11-21"));
}

/* The list of objects called @name, or NULL with or without an error. */
static JsonArray *
get_list (JsonObject *object, const char *name, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *list = json_node_get_array (node);
      gboolean objects = TRUE;

      for (guint i = 0; i < json_array_get_length (list); i++)
        objects = objects && JSON_NODE_HOLDS_OBJECT (json_array_get_element (list, i));
      if (objects)
        return list;
    }
  fail (error, name, _ ("must be a list of objects"));
  return NULL;
}

static gboolean
read_file (OhPriceTable *self, const char *text, guint file, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) syntax = NULL;
  GError *wrong = NULL;
  JsonObject *root;
  JsonNode *fees;
  JsonArray *list;
  const char *as_of;
  double batch = 0.5; /* what a file without a factor of its own gets: the API's today */

  if (!json_parser_load_from_data (parser, text, -1, &syntax) || json_parser_get_root (parser) == NULL ||
      !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    {
      g_set_error (error, OH_PRICE_ERROR, OH_PRICE_ERROR_SYNTAX, _ ("The price table is not a JSON object: %s"),
                   syntax != NULL ? syntax->message : _ ("something else was found"));
      return FALSE;
    }
  root = json_node_get_object (json_parser_get_root (parser));
  as_of = get_text (root, "as_of");
  if (as_of != NULL && g_strcmp0 (as_of, self->as_of) > 0)
    {
      g_free (self->as_of);
      self->as_of = g_strdup (as_of);
    }
  if (!read_number (root, "batch", FALSE, &batch, "batch", error) ||
      !read_number (root, "gov", FALSE, &self->gov, "gov", error))
    return FALSE;
  fees = json_object_get_member (root, "fees");
  if (fees != NULL && !JSON_NODE_HOLDS_OBJECT (fees))
    return fail (error, "fees", _ ("must be an object"));
  if (fees != NULL &&
      (!read_number (json_node_get_object (fees), "web_search", FALSE, &self->web_search, "fees", error) ||
       !read_number (json_node_get_object (fees), "web_fetch", FALSE, &self->web_fetch, "fees", error)))
    return FALSE;
  list = get_list (root, "rows", &wrong);
  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      g_autofree char *where = g_strdup_printf ("rows[%u]", i);

      if (!read_row (self, json_array_get_object_element (list, i), file, batch, as_of, where, error))
        return FALSE;
    }
  if (wrong == NULL)
    list = get_list (root, "retirements", &wrong);
  for (guint i = 0; wrong == NULL && list != NULL && i < json_array_get_length (list); i++)
    {
      g_autofree char *where = g_strdup_printf ("retirements[%u]", i);

      if (!read_retirement (self, json_array_get_object_element (list, i), where, error))
        return FALSE;
    }
  if (wrong != NULL)
    {
      g_propagate_error (error, wrong);
      return FALSE;
    }
  return TRUE;
}

OhPriceTable *
oh_price_table_new (const char *const *texts, GError **error)
{
  g_autoptr (OhPriceTable) self = g_new0 (OhPriceTable, 1);

  g_return_val_if_fail (texts != NULL, NULL);
  self->gov = 1;
  self->rows = g_ptr_array_new_with_free_func (row_free);
  self->retirements = g_ptr_array_new_with_free_func (retirement_free);
  for (guint i = 0; texts[i] != NULL; i++)
    if (!read_file (self, texts[i], i, error))
      return NULL;
  return g_steal_pointer (&self);
}

void
oh_price_table_free (OhPriceTable *self)
{
  g_return_if_fail (self != NULL);
  g_ptr_array_unref (self->rows);
  g_ptr_array_unref (self->retirements);
  g_free (self->as_of);
  g_free (self);
}

const char *
oh_price_table_get_as_of (const OhPriceTable *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->as_of;
}

/* Without -YYYYMMDD or -latest; NULL if there is neither. (transfer full) */
static char *
drop_date (const char *id)
{
  const char *dash = strrchr (id, '-');

  if (dash == NULL)
    return NULL;
  if (strcmp (dash, "-latest") == 0 || (strlen (dash) == 9 && strspn (dash + 1, "0123456789") == 8))
    return g_strndup (id, (gsize) (dash - id));
  return NULL;
}

/* The three ways a model can be written in a row, best first; NULL where there is none. */
typedef struct
{
  const char *sent;
  char *plain;
  char *undated;
} Names;

static Names
names_new (const char *model)
{
  Names names = { .sent = model };

  names.plain = oh_providers_read_model (model, NULL);
  names.undated = drop_date (names.plain);
  return names;
}

static void
names_clear (Names *names)
{
  g_free (names->plain);
  g_free (names->undated);
}

/* 6: the id as sent is written out … 1: its undated form fits a pattern; 0: does not fit. */
static guint
match_models (char **models, const Names *names)
{
  const char *forms[] = { names->sent, names->plain, names->undated };
  guint best = 0;

  for (guint i = 0; models[i] != NULL; i++)
    {
      const gsize literal = strcspn (models[i], "*?");

      for (guint form = 0; form < G_N_ELEMENTS (forms); form++)
        {
          guint rank;

          /* A pattern costs much, and its beginning tells mostly. */
          if (forms[form] == NULL || strncmp (models[i], forms[form], literal) != 0)
            continue;
          if (strcmp (models[i], forms[form]) == 0)
            rank = 6 - form;
          else if (models[i][literal] != '\0' && g_pattern_match_simple (models[i], forms[form]))
            rank = 3 - form;
          else
            continue;
          best = MAX (best, rank);
        }
    }
  return best;
}

/* Whether @row is a better answer than @best for a call at @wall_ns. A price that had not begun yet is still the
 * nearest known one where nothing else fits. */
static gboolean
is_better (const Row *row, guint rank, const Row *best, guint best_rank, gint64 wall_ns)
{
  gboolean begun = row->from <= wall_ns;
  gboolean best_begun;

  if (best == NULL)
    return TRUE;
  best_begun = best->from <= wall_ns;
  if (row->file != best->file)
    return begun >= best_begun;
  if (begun != best_begun)
    return begun;
  if (rank != best_rank)
    return rank > best_rank;
  return begun ? row->from >= best->from : row->from < best->from;
}

static const Row *
find_row (const OhPriceTable *self, const Names *names, const char *speed, gint64 wall_ns)
{
  const Row *best = NULL;
  guint best_rank = 0;

  for (guint i = 0; i < self->rows->len; i++)
    {
      const Row *row = g_ptr_array_index (self->rows, i);
      guint rank;

      if (g_strcmp0 (row->speed, speed) != 0 || wall_ns >= row->until)
        continue;
      rank = match_models (row->models, names);
      if (rank > 0 && is_better (row, rank, best, best_rank, wall_ns))
        {
          best = row;
          best_rank = rank;
        }
    }
  return best;
}

static double
geo_factor (const Row *row, const char *geo, OhCostFlags *flags)
{
  if (geo == NULL || strcmp (geo, "global") == 0 || strcmp (geo, "not_available") == 0)
    return 1;
  for (guint i = 0; i < row->geo->len; i++)
    if (strcmp (g_array_index (row->geo, Factor, i).name, geo) == 0)
      return g_array_index (row->geo, Factor, i).factor;
  *flags |= OH_COST_APPROXIMATE;
  return 1;
}

/* How much more than the API itself the endpoint costs that the request names: Amazon's profile, or a region of Amazon's
 * or Google's. An answer names the bare model. */
static double
region_factor (const OhPriceTable *self, const Row *row, const OhFacts *facts, OhCostFlags *flags)
{
  OhModelSigns signs = 0;
  const char *sent = facts->requested_model != NULL ? facts->requested_model : facts->model;
  g_autofree char *plain = sent != NULL ? oh_providers_read_model (sent, &signs) : NULL;
  gboolean regional = (signs & OH_MODEL_REGIONAL) != 0;

  if ((signs & OH_MODEL_GOVERNMENT) || (facts->region != NULL && g_str_has_prefix (facts->region, "us-gov")))
    return self->gov;
  /* On Amazon the profile decides, on Google the location. */
  if (facts->region != NULL && sent != NULL && !(signs & OH_MODEL_PLATFORM))
    regional = strcmp (facts->region, "global") != 0;
  /* One of the user's own does not say whether it is regional. */
  if (row->regional != 1 && sent != NULL && strstr (sent, ":application-inference-profile/") != NULL)
    *flags |= OH_COST_APPROXIMATE;
  return regional ? row->regional : 1;
}

/* Adds what @usage costs by @row. */
static void
price_usage (const Row *row, const OhUsage *usage, double factor, OhCost *out)
{
  gint64 input = MAX (usage->input, 0), read = MAX (usage->cache_read, 0), output = MAX (usage->output, 0);
  gint64 write_5m = MAX (usage->cache_write_5m, 0), write_1h = MAX (usage->cache_write_1h, 0);
  gint64 write = MAX (MAX (usage->cache_write, 0), write_5m + write_1h);
  const Band *band = &g_array_index (row->bands, Band, 0);

  if (usage->input < 0 || usage->output < 0)
    out->flags |= OH_COST_APPROXIMATE;
  /* Where the API did not say which of the two, the 5 min price is the usual one. */
  if (write > write_5m + write_1h)
    {
      out->flags |= OH_COST_APPROXIMATE;
      write_5m = write - write_1h;
    }
  for (guint i = 1; i < row->bands->len; i++)
    if (input + read + write > g_array_index (row->bands, Band, i).above)
      band = &g_array_index (row->bands, Band, i);
  out->input += (double) input * band->input * factor;
  out->cache_read += (double) read * band->cache_read * factor;
  out->cache_write_5m += (double) write_5m * band->cache_write_5m * factor;
  out->cache_write_1h += (double) write_1h * band->cache_write_1h * factor;
  out->output += (double) output * band->output * factor;
}

static void
price_turn (const OhPriceTable *self, const OhFacts *facts, const OhIteration *turn, gint64 wall_ns, OhCost *out)
{
  const char *model = turn->model;
  const char *geo = turn->inference_geo != NULL ? turn->inference_geo : facts->inference_geo;
  const char *speed = g_strcmp0 (facts->speed, "standard") == 0 ? NULL : facts->speed;
  const Row *row = NULL;
  double factor;

  if (model == NULL)
    model = facts->model != NULL ? facts->model : facts->requested_model;
  if (model != NULL)
    {
      Names names = names_new (model);

      row = find_row (self, &names, speed, wall_ns);
      names_clear (&names);
    }
  if (row == NULL)
    {
      out->flags |= OH_COST_UNKNOWN_MODEL;
      return;
    }
  if (out->as_of == NULL || strcmp (row->as_of, out->as_of) < 0)
    {
      out->as_of = row->as_of;
      out->source = row->source;
    }
  if (out->flags & OH_COST_NO_USAGE)
    return;
  if (row->from > wall_ns || g_strcmp0 (facts->service_tier, "priority") == 0)
    out->flags |= OH_COST_APPROXIMATE;
  factor = geo_factor (row, geo, &out->flags) * region_factor (self, row, facts, &out->flags) / 1e6;
  if (g_strcmp0 (facts->service_tier, "batch") == 0)
    factor *= row->batch;
  price_usage (row, &turn->usage, factor, out);
}

/* Whether the API counted to the end. A stream does so with the reason why it stops, whatever becomes of it then; each
 * result of a batch does. */
static gboolean
is_counted (const OhFacts *facts)
{
  return facts->complete || facts->stop_reason != NULL || oh_facts_get_operation (facts) == OH_OPERATION_BATCH;
}

/* Whether the bill is the sum of the turns: one that only repeats the totals says nothing new, and turns without counts
 * leave us the totals, to which something may be missing. */
static gboolean
is_divided (const OhFacts *facts, OhCost *out)
{
  guint n = facts->iterations != NULL ? facts->iterations->len : 0;

  if (n == 0 || !is_counted (facts) ||
      (n == 1 && g_strcmp0 (g_array_index (facts->iterations, OhIteration, 0).type, "message") == 0))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (g_array_index (facts->iterations, OhIteration, i).usage.input < 0)
      {
        out->flags |= OH_COST_APPROXIMATE;
        return FALSE;
      }
  return TRUE;
}

static void
price_turns (const OhPriceTable *self, const OhFacts *facts, gint64 wall_ns, OhCost *out)
{
  gboolean fell_back = FALSE;

  for (guint i = 0; i < facts->iterations->len; i++)
    fell_back = fell_back ||
                g_strcmp0 (g_array_index (facts->iterations, OhIteration, i).type, "fallback_message") == 0;
  for (guint i = 0; i < facts->iterations->len; i++)
    {
      const OhIteration *turn = &g_array_index (facts->iterations, OhIteration, i);

      /* What a model declined before it said anything is not charged, and the next one answers. */
      if (!(fell_back && turn->usage.output == 0))
        price_turn (self, facts, turn, wall_ns, out);
    }
  /* Results of a batch are billed one by one: what is known of them is the least. */
  if ((out->flags & OH_COST_UNKNOWN_MODEL) && out->as_of != NULL && oh_facts_get_operation (facts) == OH_OPERATION_BATCH)
    out->flags = (out->flags & ~OH_COST_UNKNOWN_MODEL) | OH_COST_APPROXIMATE;
}

/* Counting, listing and failing cost nothing; a failure inside a stream has usage and is charged. */
static gboolean
is_free (const OhFacts *facts)
{
  gboolean usage = facts->usage.input >= 0 || facts->usage.output >= 0 || facts->usage.cache_read >= 0 ||
                   facts->usage.cache_write >= 0;

  if (!usage && (facts->error_type != NULL || facts->error_message != NULL))
    return TRUE;
  /* A refusal before any output is not billed, though its tokens are counted. */
  if (g_strcmp0 (facts->stop_reason, "refusal") == 0 && facts->usage.output == 0)
    return TRUE;
  if (facts->operation == NULL || oh_facts_is_billed (facts))
    return FALSE;
  return oh_facts_get_operation (facts) == OH_OPERATION_COUNT || !usage;
}

gboolean
oh_price_table_cost (const OhPriceTable *self, const OhFacts *facts, gint64 wall_ns, OhCost *out)
{
  OhUsage usage;
  gboolean estimated;

  g_return_val_if_fail (self != NULL && facts != NULL && out != NULL, FALSE);
  memset (out, 0, sizeof *out);
  if (is_free (facts))
    {
      out->flags = OH_COST_FREE;
      return TRUE;
    }
  usage = facts->usage;
  out->tools =
      (double) MAX (usage.web_search, 0) * self->web_search + (double) MAX (usage.web_fetch, 0) * self->web_fetch;
  if (usage.input < 0 && usage.output < 0 && usage.cache_read < 0 && usage.cache_write < 0)
    out->flags |= OH_COST_NO_USAGE;
  usage.output = oh_facts_get_output (facts, &estimated);
  if ((out->flags & OH_COST_NO_USAGE) == 0 && (estimated || !is_counted (facts)))
    out->flags |= OH_COST_APPROXIMATE;
  if ((out->flags & OH_COST_NO_USAGE) == 0 && is_divided (facts, out))
    price_turns (self, facts, wall_ns, out);
  else
    price_turn (self, facts, &(OhIteration) { .usage = usage }, wall_ns, out);
  if (out->flags & (OH_COST_UNKNOWN_MODEL | OH_COST_NO_USAGE))
    out->input = out->cache_read = out->cache_write_5m = out->cache_write_1h = out->output = out->total = NAN;
  else
    out->total = out->input + out->cache_read + out->cache_write_5m + out->cache_write_1h + out->output + out->tools;
  return !isnan (out->total);
}

gboolean
oh_price_table_get_retirement (const OhPriceTable *self, const char *model, const char *platform, gint64 *retires_ns,
                               const char **as_of)
{
  Names names;
  const Retirement *best = NULL;
  guint best_rank = 0;

  g_return_val_if_fail (self != NULL && model != NULL && retires_ns != NULL, FALSE);
  names = names_new (model);
  for (guint i = 0; i < self->retirements->len; i++)
    {
      const Retirement *retirement = g_ptr_array_index (self->retirements, i);
      guint rank =
        g_strcmp0 (retirement->platform, platform) == 0 ? match_models (retirement->models, &names) : 0;

      if (rank > 0 && rank >= best_rank)
        {
          best = retirement;
          best_rank = rank;
        }
    }
  names_clear (&names);
  if (best == NULL)
    return FALSE;
  *retires_ns = best->retires;
  if (as_of != NULL)
    *as_of = best->as_of;
  return TRUE;
}

gboolean
oh_price_table_cost_uncached (const OhPriceTable *self, const OhFacts *facts, gint64 wall_ns, OhCost *out)
{
  g_autoptr (OhFacts) uncached = oh_facts_copy (facts);
  OhUsage *usage = &uncached->usage;

  usage->input = MAX (usage->input, 0) + MAX (usage->cache_read, 0) + MAX (usage->cache_write, 0);
  usage->cache_read = usage->cache_write = usage->cache_write_5m = usage->cache_write_1h = 0;
  g_clear_pointer (&uncached->iterations, g_array_unref);
  return oh_price_table_cost (self, uncached, wall_ns, out);
}
