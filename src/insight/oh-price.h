/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a call costs. A table of prices is data (data/prices.json, and a file of the user's on top), so a new price
 * never needs a new program. Prices in the file are US dollars per million tokens, fees US dollars per request.
 * Immutable once made; may be shared between threads.
 *
 * The file is an object: "rows", "fees", "retirements", "batch" (the factor of the batch tier), "gov" (that of
 * Amazon's us-gov regions), "as_of". A row:
 *   models     ids, or patterns with * and ?; compared with the id as sent, then without its platform's decoration
 *              (us., eu., global., anthropic., @date, -v1:0), then also without -YYYYMMDD or -latest
 *   from       first day (UTC) of the price; without: always
 *   until      last day of the price; without: until another row begins
 *   speed      "fast"; without: standard
 *   input, cache_write_5m, cache_write_1h, cache_read, output
 *   tiers      list of the same five prices with "above": whole prompts (cache included) of more tokens than that
 *   geo        factors on all tokens by inference_geo
 *   regional   factor on all tokens for a regional id or endpoint of a cloud platform (us.anthropic.…, locations/eu)
 *   source, as_of
 * A retirement has models, retires (a day), platform ("bedrock", "vertex"; without: Anthropic's own), source, as_of.
 * Of the rows of one file that fit, an exact id beats a pattern, then the latest "from" wins; a row of a later file
 * beats those of an earlier one. */
#pragma once
#include "oh-facts.h"

G_BEGIN_DECLS

#define OH_PRICE_ERROR (oh_price_error_quark ())
GQuark oh_price_error_quark (void);

typedef enum
{
  OH_PRICE_ERROR_SYNTAX, /* not JSON */
  OH_PRICE_ERROR_ROW,    /* a row, fee or retirement is wrong: the message says which and why */
} OhPriceError;

typedef enum
{
  OH_COST_KNOWN = 0,
  OH_COST_UNKNOWN_MODEL = 1 << 0, /* no row has this model at this speed: everything but tools is NAN */
  OH_COST_NO_USAGE = 1 << 1,      /* the API did not say how many tokens (yet): NAN */
  OH_COST_APPROXIMATE = 1 << 2,   /* near, not exact: an unknown split, a cut answer */
  OH_COST_FREE = 1 << 3,          /* an operation or a failure that costs nothing: all zero */
} OhCostFlags;

/* US dollars; NAN where unknown. The strings belong to the table, or are NULL. */
typedef struct
{
  double input;          /* fresh: neither read from the cache nor written to it */
  double cache_read;
  double cache_write_5m;
  double cache_write_1h;
  double output;
  double tools;          /* fees of server tools */
  double total;
  OhCostFlags flags;
  const char *as_of;     /* YYYY-MM-DD: when the row was last known to be right */
  const char *source;    /* where its prices are from */
} OhCost;

typedef struct _OhPriceTable OhPriceTable;

/* @texts: NULL-terminated JSON texts, each later one merged on top of those before
 * Returns: NULL with OH_PRICE_ERROR. (transfer full) */
OhPriceTable *oh_price_table_new (const char *const *texts, GError **error);
void oh_price_table_free (OhPriceTable *self);

/* Prices one call.
 * @wall_ns: when it was made, ns since 1970 UTC
 * Returns: whether the total is known */
gboolean oh_price_table_cost (const OhPriceTable *self, const OhFacts *facts, gint64 wall_ns, OhCost *out);

/* Prices it as if there were no cache: all of the prompt is input. */
gboolean oh_price_table_cost_uncached (const OhPriceTable *self, const OhFacts *facts, gint64 wall_ns, OhCost *out);

/* The newest "as of" of the files' own, YYYY-MM-DD, or NULL. (transfer none) */
const char *oh_price_table_get_as_of (const OhPriceTable *self);

/* When a model stops (or stopped) to be served.
 * @platform: (nullable): "bedrock" or "vertex", which set dates of their own; NULL: Anthropic's own platforms, Claude
 *   Platform on AWS and Foundry among them (model deprecations page)
 * @retires_ns: (out): midnight UTC of that day, ns since 1970
 * @as_of: (out) (optional) (transfer none): when that was last known
 * Returns: FALSE if no end is known */
gboolean oh_price_table_get_retirement (const OhPriceTable *self,
                                        const char *model,
                                        const char *platform,
                                        gint64 *retires_ns,
                                        const char **as_of);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhPriceTable, oh_price_table_free)

G_END_DECLS
