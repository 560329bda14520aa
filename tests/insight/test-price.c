/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Golden costs: the dollars are literal, worked out by hand from the published prices as the comments show. */
#include "config.h"
#include "oh-clock.h"
#include "oh-price.h"
#include "oh-providers.h"
#include "readings.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const char *model;
  const char *day;
  double dollars;
  OhUsage usage; /* what is not named is 0 */
  const char *tier;
  const char *speed;
  const char *geo;
  OhCostFlags flags;
} Case;

static const Case cases[] = {
  /* (1000*8 + 2000*40)/1e6 */
  { "claude-fable-5-2", "2026-11-21", 0.088, { .input = 1000, .output = 2000 } },
  /* (1000*8 + 2000*40)/1e6 */
  { "claude-mythos-5-2", "2026-11-21", 0.088, { .input = 1000, .output = 2000 } },
  /* (1000*10 + 2000*50)/1e6 */
  { "claude-fable-5-1", "2026-11-21", 0.11, { .input = 1000, .output = 2000 } },
  /* (1234*10 + 567*50)/1e6 */
  { "claude-mythos-5-1", "2026-11-21", 0.04069, { .input = 1234, .output = 567 } },
  /* (1000*10 + 2000*50)/1e6 */
  { "claude-fable-5", "2026-11-21", 0.11, { .input = 1000, .output = 2000 } },
  /* (1*10 + 1*50)/1e6 */
  { "claude-mythos-5", "2026-11-21", 0.0000600000, { .input = 1, .output = 1 } },
  /* (1000*4 + 2000*20)/1e6 */
  { "claude-opus-5-5", "2026-11-21", 0.044, { .input = 1000, .output = 2000 } },
  /* (1000*5 + 2000*25)/1e6 */
  { "claude-opus-5", "2026-11-21", 0.055, { .input = 1000, .output = 2000 } },
  /* (1000*5 + 2000*25)/1e6 */
  { "claude-opus-4-8", "2026-11-21", 0.055, { .input = 1000, .output = 2000 } },
  /* (31*5 + 7*25)/1e6 */
  { "claude-opus-4-7", "2026-11-21", 0.00033, { .input = 31, .output = 7 } },
  /* (1000*5 + 2000*25)/1e6 */
  { "claude-opus-4-6", "2026-11-21", 0.055, { .input = 1000, .output = 2000 } },
  /* (1000*5 + 2000*25)/1e6 */
  { "claude-opus-4-5-20251101", "2026-11-21", 0.055, { .input = 1000, .output = 2000 } },
  /* (1000*2 + 2000*10)/1e6 */
  { "claude-sonnet-5-5", "2026-11-21", 0.022, { .input = 1000, .output = 2000 } },
  /* (1000*2 + 2000*10)/1e6 */
  { "claude-sonnet-5", "2026-11-21", 0.022, { .input = 1000, .output = 2000 } },
  /* (1000*3 + 2000*15)/1e6 */
  { "claude-sonnet-4-6", "2026-11-21", 0.033, { .input = 1000, .output = 2000 } },
  /* (1000*3 + 2000*15)/1e6 */
  { "claude-sonnet-4-5-20250929", "2026-11-21", 0.033, { .input = 1000, .output = 2000 } },
  /* (1000*3 + 2000*15)/1e6 */
  { "claude-sonnet-4-20250514", "2026-11-21", 0.033, { .input = 1000, .output = 2000 } },
  /* (1000*0.10 + 2000*0.50)/1e6 */
  { "claude-haiku-5-5", "2026-11-21", 0.0011, { .input = 1000, .output = 2000 } },
  /* (1000*1 + 2000*5)/1e6 */
  { "claude-haiku-4-5-20251001", "2026-11-21", 0.011, { .input = 1000, .output = 2000 } },
  /* (1000*15 + 2000*75)/1e6 */
  { "claude-opus-4-1-20250805", "2026-11-21", 0.165, { .input = 1000, .output = 2000 } },
  /* (1000*15 + 2000*75)/1e6 */
  { "claude-opus-4-20250514", "2026-11-21", 0.165, { .input = 1000, .output = 2000 } },
  /* (1000*0.80 + 2000*4)/1e6 */
  { "claude-3-5-haiku-20241022", "2026-11-21", 0.0088, { .input = 1000, .output = 2000 } },
  /* (1000*0.80 + 2000*4)/1e6 */
  { "claude-3-5-haiku-latest", "2026-11-21", 0.0088, { .input = 1000, .output = 2000 } },
  /* (1000*0.25 + 2000*1.25)/1e6 */
  { "claude-3-opus-20240229", "2026-11-21", 0.165, { .input = 1000, .output = 2000 } },
  { "claude-3-sonnet-20240229", "2026-11-21", 0.033, { .input = 1000, .output = 2000 } },
  { "claude-3-5-sonnet-20241022", "2026-11-21", 0.033, { .input = 1000, .output = 2000 } },
  { "claude-3-7-sonnet-latest", "2026-11-21", 0.033, { .input = 1000, .output = 2000 } },
  { "claude-sonnet-4-6", "2026-03-01", 3.00225, { .input = 500000, .output = 100 } },
  { "claude-sonnet-4-6", "2026-03-13", 1.5015, { .input = 500000, .output = 100 } },
  { "claude-opus-4-6", "2026-03-12", 3.00375, { .input = 300000, .output = 100 } },
  { "claude-3-haiku-20240307", "2026-11-21", 0.00275, { .input = 1000, .output = 2000 } },
  /* (100*8 + 50000*0.20 + 300*10 + 70*16 + 900*40)/1e6 */
  { "claude-fable-5-2", "2026-11-21", 0.05092, { .input = 100, .output = 900, .cache_read = 50000, .cache_write_5m = 300, .cache_write_1h = 70 } },
  /* (100*10 + 50000*0.25 + 300*12.50 + 70*20 + 900*50)/1e6 */
  { "claude-fable-5-1", "2026-11-21", 0.06365, { .input = 100, .output = 900, .cache_read = 50000, .cache_write_5m = 300, .cache_write_1h = 70 } },
  /* (100*10 + 50000*1 + 300*12.50 + 70*20 + 900*50)/1e6 */
  { "claude-fable-5", "2026-11-21", 0.10115, { .input = 100, .output = 900, .cache_read = 50000, .cache_write_5m = 300, .cache_write_1h = 70 } },
  /* (3*4 + 181204*0.20 + 1911*5 + 0*8 + 402*20)/1e6 */
  { "claude-opus-5-5", "2026-11-21", 0.0538478, { .input = 3, .output = 402, .cache_read = 181204, .cache_write_5m = 1911, .cache_write_1h = 0 } },
  /* (3*5 + 181204*0.50 + 0*6.25 + 1911*10 + 402*25)/1e6 */
  { "claude-opus-5", "2026-11-21", 0.119777, { .input = 3, .output = 402, .cache_read = 181204, .cache_write_5m = 0, .cache_write_1h = 1911 } },
  /* (10*2 + 80000*0.10 + 2000*2.50 + 1000*4 + 500*10)/1e6 */
  { "claude-sonnet-5-5", "2026-11-21", 0.02202, { .input = 10, .output = 500, .cache_read = 80000, .cache_write_5m = 2000, .cache_write_1h = 1000 } },
  /* (10*2 + 80000*0.20 + 2000*2.50 + 1000*4 + 500*10)/1e6 */
  { "claude-sonnet-5", "2026-11-21", 0.03002, { .input = 10, .output = 500, .cache_read = 80000, .cache_write_5m = 2000, .cache_write_1h = 1000 } },
  /* (10*3 + 80000*0.30 + 2000*3.75 + 1000*6 + 500*15)/1e6 */
  { "claude-sonnet-4-6", "2026-11-21", 0.04503, { .input = 10, .output = 500, .cache_read = 80000, .cache_write_5m = 2000, .cache_write_1h = 1000 } },
  /* (10*1 + 80000*0.10 + 2000*1.25 + 1000*2 + 500*5)/1e6 */
  { "claude-haiku-4-5", "2026-11-21", 0.01501, { .input = 10, .output = 500, .cache_read = 80000, .cache_write_5m = 2000, .cache_write_1h = 1000 } },
  /* (10*0.25 + 8000*0.03 + 2000*0.30 + 1000*0.50 + 500*1.25)/1e6 */
  { "claude-3-haiku-20240307", "2026-11-21", 0.0019675, { .input = 10, .output = 500, .cache_read = 8000, .cache_write_5m = 2000, .cache_write_1h = 1000 } },
  /* (10*15 + 8000*1.50 + 2000*18.75 + 1000*30 + 500*75)/1e6 */
  { "claude-opus-4-1", "2026-11-21", 0.11715, { .input = 10, .output = 500, .cache_read = 8000, .cache_write_5m = 2000, .cache_write_1h = 1000 } },
  /* (10*0.80 + 8000*0.08 + 2000*1 + 1000*1.6 + 500*4)/1e6 */
  { "claude-3-5-haiku-20241022", "2026-11-21", 0.006248, { .input = 10, .output = 500, .cache_read = 8000, .cache_write_5m = 2000, .cache_write_1h = 1000 } },
  /* (10*2 + 80000*0.20 + 500*10)/1e6 */
  { "claude-sonnet-5-5", "2026-09-28", 0.02102, { .input = 10, .output = 500, .cache_read = 80000 } },
  /* (10*2 + 80000*0.20 + 500*10)/1e6 */
  { "claude-sonnet-5-5", "2026-10-06", 0.02102, { .input = 10, .output = 500, .cache_read = 80000 } },
  /* (10*2 + 80000*0.10 + 500*10)/1e6 */
  { "claude-sonnet-5-5", "2026-10-07", 0.01302, { .input = 10, .output = 500, .cache_read = 80000 } },
  /* (10*8 + 500*40)/1e6 */
  { "claude-fable-5-2", "2026-11-01", 0.02008, { .input = 10, .output = 500 }, .flags = OH_COST_APPROXIMATE },
  /* (100000*0.10 + 1000*0.50)/1e6 */
  { "claude-haiku-5-5", "2026-11-21", 0.0105, { .input = 100000, .output = 1000 } },
  /* (100001*0.50 + 1000*2.50)/1e6 */
  { "claude-haiku-5-5", "2026-11-21", 0.0525005, { .input = 100001, .output = 1000 } },
  /* (1*0.50 + 100000*0.05 + 1000*2.50)/1e6 */
  { "claude-haiku-5-5", "2026-11-21", 0.0075005, { .input = 1, .output = 1000, .cache_read = 100000 } },
  /* (0*0.50 + 60000*0.05 + 40000*0.625 + 1*1 + 1000*2.50)/1e6 */
  { "claude-haiku-5-5", "2026-11-21", 0.030501, { .input = 0, .output = 1000, .cache_read = 60000, .cache_write_5m = 40000, .cache_write_1h = 1 } },
  /* (0*0.10 + 60000*0.01 + 39999*0.125 + 1*0.20 + 1000*0.50)/1e6 */
  { "claude-haiku-5-5", "2026-11-21", 0.006100075, { .input = 0, .output = 1000, .cache_read = 60000, .cache_write_5m = 39999, .cache_write_1h = 1 } },
  /* (99*0.10 + 5*0.50)/1e6 */
  { "claude-haiku-5-5", "2026-11-21", 0.0000124000, { .input = 99, .output = 5 } },
  /* (200000*3 + 1000*15)/1e6 */
  { "claude-sonnet-4-5", "2026-11-21", 0.615, { .input = 200000, .output = 1000 } },
  /* (200001*6 + 1000*22.50)/1e6 */
  { "claude-sonnet-4-5", "2026-11-21", 1.222506, { .input = 200001, .output = 1000 } },
  /* (5*6 + 199000*0.60 + 1000*7.50 + 100*12 + 1000*22.50)/1e6 */
  { "claude-sonnet-4-5", "2026-11-21", 0.15063, { .input = 5, .output = 1000, .cache_read = 199000, .cache_write_5m = 1000, .cache_write_1h = 100 } },
  /* (500000*6 + 8000*22.50)/1e6 */
  { "claude-sonnet-4-20250514", "2026-11-21", 3.18, { .input = 500000, .output = 8000 } },
  /* (500000*3 + 8000*15)/1e6 */
  { "claude-sonnet-4-6", "2026-11-21", 1.62, { .input = 500000, .output = 8000 } },
  /* (900000*5 + 8000*25)/1e6 */
  { "claude-opus-4-6", "2026-11-21", 4.7, { .input = 900000, .output = 8000 } },
  /* 0.5*(1000*4 + 2000*20)/1e6 */
  { "claude-opus-5-5", "2026-11-21", 0.022, { .input = 1000, .output = 2000 }, .tier = "batch" },
  /* 0.5*(10*3 + 80000*0.30 + 2000*3.75 + 1000*6 + 500*15)/1e6 */
  { "claude-sonnet-4-6", "2026-11-21", 0.022515, { .input = 10, .output = 500, .cache_read = 80000, .cache_write_5m = 2000, .cache_write_1h = 1000 }, .tier = "batch" },
  /* 0.5*(150000*0.50 + 1000*2.50)/1e6 */
  { "claude-haiku-5-5", "2026-11-21", 0.03875, { .input = 150000, .output = 1000 }, .tier = "batch" },
  /* 0.5*(1000*2 + 100*10)/1e6 + 3*0.01 */
  { "claude-sonnet-5", "2026-11-21", 0.0315, { .input = 1000, .output = 100, .web_search = 3 }, .tier = "batch" },
  /* (1000*8 + 2000*40)/1e6 */
  { "claude-opus-5-5", "2026-11-21", 0.088, { .input = 1000, .output = 2000 }, .speed = "fast" },
  /* (1000*10 + 2000*50)/1e6 */
  { "claude-opus-5", "2026-11-21", 0.11, { .input = 1000, .output = 2000 }, .speed = "fast" },
  /* (1000*10 + 2000*50)/1e6 */
  { "claude-opus-4-8", "2026-11-30", 0.11, { .input = 1000, .output = 2000 }, .speed = "fast" },
  /* (1000*30 + 2000*150)/1e6 */
  { "claude-opus-4-6", "2026-11-21", 0.33, { .input = 1000, .output = 2000 }, .speed = "fast" },
  /* (1000*5 + 2000*25)/1e6 */
  { "claude-opus-5", "2026-11-21", 0.055, { .input = 1000, .output = 2000 }, .speed = "standard" },
  /* (10*10 + 80000*1 + 2000*12.50 + 1000*20 + 500*50)/1e6 */
  { "claude-opus-5", "2026-11-21", 0.1501, { .input = 10, .output = 500, .cache_read = 80000, .cache_write_5m = 2000, .cache_write_1h = 1000 }, .speed = "fast" },
  /* 1.1*(1000*5 + 2000*25)/1e6 */
  { "claude-opus-4-6", "2026-11-21", 0.0605, { .input = 1000, .output = 2000 }, .geo = "us" },
  /* (1000*5 + 2000*25)/1e6 */
  { "claude-opus-4-6", "2026-11-21", 0.055, { .input = 1000, .output = 2000 }, .geo = "global" },
  /* 1.1*(100*8 + 50000*0.20 + 300*10 + 70*16 + 900*40)/1e6 */
  { "claude-fable-5-2", "2026-11-21", 0.056012, { .input = 100, .output = 900, .cache_read = 50000, .cache_write_5m = 300, .cache_write_1h = 70 }, .geo = "us" },
  /* 1.1*0.5*(1000*4 + 2000*20)/1e6 */
  { "claude-opus-5-5", "2026-11-21", 0.0242, { .input = 1000, .output = 2000 }, .tier = "batch", .geo = "us" },
  /* 1.1*(1000*10 + 2000*50)/1e6 */
  { "claude-opus-5", "2026-11-21", 0.121, { .input = 1000, .output = 2000 }, .speed = "fast", .geo = "us" },
  /* 1.1*(1000*5 + 2000*25)/1e6 + 2*0.01 */
  { "claude-opus-5", "2026-11-21", 0.0805, { .input = 1000, .output = 2000, .web_search = 2 }, .geo = "us" },
  /* (1000*5 + 2000*25)/1e6 */
  { "claude-opus-4-5", "2026-11-21", 0.055, { .input = 1000, .output = 2000 }, .geo = "us", .flags = OH_COST_APPROXIMATE },
  /* 1.1*(1000*3 + 2000*15)/1e6 */
  { "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "2026-11-21", 0.0363, { .input = 1000, .output = 2000 } },
  /* 1.1*(1000*1 + 2000*5)/1e6 */
  { "eu.anthropic.claude-haiku-4-5-20251001-v1:0", "2026-11-21", 0.0121, { .input = 1000, .output = 2000 } },
  /* (1000*5 + 2000*25)/1e6 */
  { "global.anthropic.claude-opus-4-6-v1", "2026-11-21", 0.055, { .input = 1000, .output = 2000 } },
  /* (1000*4 + 2000*20)/1e6 */
  { "anthropic.claude-opus-5-5", "2026-11-21", 0.044, { .input = 1000, .output = 2000 } },
  /* (1000*0.25 + 2000*1.25)/1e6 */
  { "anthropic.claude-3-haiku-20240307-v1:0", "2026-11-21", 0.00275, { .input = 1000, .output = 2000 } },
  /* (1000*0.25 + 2000*1.25)/1e6 */
  { "us.anthropic.claude-3-haiku-20240307-v1:0", "2026-11-21", 0.00275, { .input = 1000, .output = 2000 } },
  /* 1.1*(1000*5 + 2000*25)/1e6 */
  { "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-6-v1:0", "2026-11-21", 0.0605, { .input = 1000, .output = 2000 } },
  /* (1000*1 + 2000*5)/1e6 */
  { "claude-haiku-4-5@20251001", "2026-11-21", 0.011, { .input = 1000, .output = 2000 } },
  /* (1000*3 + 2000*15)/1e6 */
  { "claude-sonnet-4-6@default", "2026-11-21", 0.033, { .input = 1000, .output = 2000 } },
  /* (1000*2 + 2000*10)/1e6 + 1*0.01 */
  { "claude-sonnet-5-5", "2026-11-21", 0.032, { .input = 1000, .output = 2000, .web_search = 1 } },
  /* (12000*5 + 800*25)/1e6 + 7*0.01 */
  { "claude-opus-5", "2026-11-21", 0.15, { .input = 12000, .output = 800, .web_search = 7 } },
  /* (12000*5 + 800*25)/1e6 + 4*0 */
  { "claude-opus-5", "2026-11-21", 0.08, { .input = 12000, .output = 800, .web_fetch = 4 } },
  /* (0*1 + 0*5)/1e6 + 1000*0.01 */
  { "claude-haiku-4-5", "2026-11-21", 10.0, { .input = 0, .output = 0, .web_search = 1000 } },
  /* (10*3 + 2000*3.75 + 500*15)/1e6 */
  { "claude-sonnet-4-6", "2026-11-21", 0.01503, { .input = 10, .output = 500, .cache_write = 2000 }, .flags = OH_COST_APPROXIMATE },
  /* (10*3 + 1000*3.75 + 1000*6 + 500*15)/1e6 */
  { "claude-sonnet-4-6", "2026-11-21", 0.01728, { .input = 10, .output = 500, .cache_write = 2000, .cache_write_1h = 1000 }, .flags = OH_COST_APPROXIMATE },
  /* (1000*5 + 2000*25)/1e6 */
  { "claude-opus-5", "2026-11-21", 0.055, { .input = 1000, .output = 2000 }, .tier = "priority", .flags = OH_COST_APPROXIMATE },
  /* (1000*5 + 0*25)/1e6 */
  { "claude-opus-5", "2026-11-21", 0.005, { .input = 1000, .output = -1 }, .flags = OH_COST_APPROXIMATE },
};

static gint64
noon (const char *day)
{
  g_autofree char *text = g_strconcat (day, "T12:00:00Z", NULL);
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, NULL);

  g_assert_nonnull (time);
  return g_date_time_to_unix (time) * OH_NS_PER_S;
}

static char *
read_shipped (void)
{
  char *text = NULL;
  g_autofree char *path = g_build_filename (OH_SOURCE_DATADIR, "prices.json", NULL);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static OhPriceTable *
make_table (const char *overrides)
{
  g_autofree char *shipped = read_shipped ();
  const char *texts[] = { shipped, overrides, NULL };
  g_autoptr (GError) error = NULL;
  OhPriceTable *table = oh_price_table_new (texts, &error);

  g_assert_no_error (error);
  return table;
}

static OhFacts *
make_facts (const char *model, gint64 input, gint64 output)
{
  OhFacts *facts = oh_facts_new ("anthropic");

  facts->operation = g_strdup ("messages");
  facts->model = g_strdup (model);
  facts->complete = TRUE;
  facts->usage.input = input;
  facts->usage.output = output;
  return facts;
}

static void
test_case (gconstpointer data)
{
  const Case *one = data;
  g_autoptr (OhPriceTable) table = make_table (NULL);
  g_autoptr (OhFacts) facts = make_facts (one->model, 0, 0);
  OhCost cost;

  facts->usage = one->usage;
  facts->service_tier = g_strdup (one->tier);
  facts->speed = g_strdup (one->speed);
  facts->inference_geo = g_strdup (one->geo);
  g_assert_true (oh_price_table_cost (table, facts, noon (one->day), &cost));
  g_assert_cmpfloat (fabs (cost.total - one->dollars), <=, one->dollars * 0.001);
  g_assert_cmpfloat_with_epsilon (cost.total,
                                  cost.input + cost.cache_read + cost.cache_write_5m + cost.cache_write_1h +
                                    cost.output + cost.tools,
                                  1e-12);
  g_assert_cmpint (cost.flags, ==, one->flags);
  g_assert_nonnull (cost.as_of);
  g_assert_nonnull (cost.source);
}

static void
test_split (void)
{
  g_autoptr (OhPriceTable) table = make_table (NULL);
  g_autoptr (OhFacts) facts = make_facts ("claude-opus-5", 100, 1000);
  OhCost cost;

  facts->usage.cache_read = 10000;
  facts->usage.cache_write = 3000;
  facts->usage.cache_write_5m = 2000;
  facts->usage.cache_write_1h = 1000;
  facts->usage.web_search = 2;
  g_assert_true (oh_price_table_cost (table, facts, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.input, 0.0005, 1e-12);
  g_assert_cmpfloat_with_epsilon (cost.cache_read, 0.005, 1e-12);
  g_assert_cmpfloat_with_epsilon (cost.cache_write_5m, 0.0125, 1e-12);
  g_assert_cmpfloat_with_epsilon (cost.cache_write_1h, 0.01, 1e-12);
  g_assert_cmpfloat_with_epsilon (cost.output, 0.025, 1e-12);
  g_assert_cmpfloat_with_epsilon (cost.tools, 0.02, 1e-12);
  g_assert_cmpint (cost.flags, ==, OH_COST_KNOWN);
}

static void
clear_iteration (gpointer data)
{
  g_free (((OhIteration *) data)->type);
  g_free (((OhIteration *) data)->model);
}

static void
add_iteration (OhFacts *facts, const char *type, const char *model, gint64 input, gint64 output)
{
  OhIteration one = { g_strdup (type), g_strdup (model), OH_USAGE_UNKNOWN };

  one.usage.input = input;
  one.usage.output = output;
  if (facts->iterations == NULL)
    {
      facts->iterations = g_array_new (FALSE, FALSE, sizeof (OhIteration));
      g_array_set_clear_func (facts->iterations, clear_iteration);
    }
  g_array_append_val (facts->iterations, one);
}

/* usage.iterations: the bill is the sum of the turns, each at its model's price. */
static void
test_iterations (void)
{
  g_autoptr (OhPriceTable) table = make_table (NULL);
  g_autoptr (OhFacts) same = make_facts ("claude-sonnet-4-6", 10, 500);
  g_autoptr (OhFacts) compacted = make_facts ("claude-opus-4-8", 20000, 800);
  g_autoptr (OhFacts) advised = make_facts ("claude-sonnet-4-6", 10, 500);
  g_autoptr (OhFacts) declined = make_facts ("claude-opus-4-8", 400, 200);
  const OhFacts *calls[] = { same, compacted, advised, declined };
  /* (10*3 + 500*15), (170000*5 + 2800*25), (10*3 + 500*15 + 100000*5 + 4000*25), (400*5 + 200*25), all /1e6 */
  const double dollars[] = { 0.00753, 0.92, 0.60753, 0.007 };

  add_iteration (same, "message", NULL, 10, 500);
  add_iteration (compacted, "compaction", NULL, 150000, 2000);
  add_iteration (compacted, "message", NULL, 20000, 800);
  add_iteration (advised, "message", NULL, 5, 200);
  add_iteration (advised, "advisor_message", "claude-opus-4-8", 100000, 4000);
  add_iteration (advised, "message", NULL, 5, 300);
  add_iteration (declined, "message", "claude-fable-5", 400, 0);
  add_iteration (declined, "fallback_message", "claude-opus-4-8", 400, 200);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      OhCost cost;

      g_assert_true (oh_price_table_cost (table, calls[i], noon ("2026-11-21"), &cost));
      g_assert_cmpfloat_with_epsilon (cost.total, dollars[i], 1e-9);
      g_assert_cmpint (cost.flags, ==, OH_COST_KNOWN);
    }
}

/* The request names the endpoint, and so the price; the answer has the bare id. */
static void
test_regions (void)
{
  static const struct
  {
    const char *sent;
    const char *region;
    const char *answered;
    double dollars;
  } calls[] = {
    /* 1234*3 + 567*15 = 12207 */
    { "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us-east-1", "claude-sonnet-4-5-20250929", 0.0134277 },
    { "arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "us-east-1",
      "claude-sonnet-4-5-20250929", 0.0134277 },
    { "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "us-gov-west-1", "claude-sonnet-4-5-20250929", 0.0146484 },
    { "anthropic.claude-3-5-sonnet-20240620-v1:0", "us-gov-east-1", "claude-3-5-sonnet-20240620", 0.0146484 },
    { "global.anthropic.claude-sonnet-4-5-20250929-v1:0", "us-east-1", "claude-sonnet-4-5-20250929", 0.012207 },
    { "us.anthropic.claude-sonnet-4-20250514-v1:0", "us-east-1", "claude-sonnet-4-20250514", 0.012207 },
    { "claude-sonnet-4-6@default", "eu", "claude-sonnet-4-6", 0.0134277 },
    { "claude-sonnet-4-6", "us-east5", "claude-sonnet-4-6", 0.0134277 },
    { "claude-sonnet-4-6", "global", "claude-sonnet-4-6", 0.012207 },
    { "claude-3-7-sonnet@20250219", "us-east5", "claude-3-7-sonnet-20250219", 0.012207 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autoptr (OhPriceTable) table = make_table (NULL);
      g_autoptr (OhFacts) facts = make_facts (calls[i].answered, 1234, 567);
      OhCost cost;

      facts->requested_model = g_strdup (calls[i].sent);
      facts->region = g_strdup (calls[i].region);
      g_assert_true (oh_price_table_cost (table, facts, noon ("2026-11-21"), &cost));
      g_assert_cmpfloat_with_epsilon (cost.total, calls[i].dollars, 1e-9);
    }
}

static void
test_unknown (void)
{
  g_autoptr (OhPriceTable) table = make_table (NULL);
  static const char *const models[] = { "gpt-5", "claude-opus-9", "claude", "claude-opus-5-5-5", "", "claude-fable-5-3" };
  OhCost cost;

  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_autoptr (OhFacts) facts = make_facts (models[i], 10, 10);

      facts->usage.web_search = 1;
      g_assert_false (oh_price_table_cost (table, facts, noon ("2026-11-21"), &cost));
      g_assert_true (isnan (cost.total) && isnan (cost.input) && isnan (cost.output));
      g_assert_cmpfloat_with_epsilon (cost.tools, 0.01, 1e-12);
      g_assert_cmpint (cost.flags, ==, OH_COST_UNKNOWN_MODEL);
      g_assert_null (cost.as_of);
    }
  /* A speed whose price nobody published is not priced as standard; nor one that is no longer offered. */
  {
    g_autoptr (OhFacts) fast = make_facts ("claude-fable-5-2", 10, 10);
    g_autoptr (OhFacts) ended = make_facts ("claude-opus-4-8", 10, 10);

    fast->speed = g_strdup ("fast");
    ended->speed = g_strdup ("fast");
    g_assert_false (oh_price_table_cost (table, fast, noon ("2026-11-21"), &cost));
    g_assert_cmpint (cost.flags, ==, OH_COST_UNKNOWN_MODEL);
    g_assert_true (oh_price_table_cost (table, ended, noon ("2026-11-30"), &cost));
    g_assert_false (oh_price_table_cost (table, ended, noon ("2026-12-01"), &cost));
  }
}

static void
test_free (void)
{
  g_autoptr (OhPriceTable) table = make_table (NULL);
  g_autoptr (OhFacts) count = make_facts ("claude-opus-5", 1000, -1);
  g_autoptr (OhFacts) refused = make_facts ("claude-opus-5", 1200, 0);
  g_autoptr (OhFacts) overloaded = make_facts ("claude-opus-5", -1, -1);
  g_autoptr (OhFacts) broken = make_facts ("claude-opus-5", 1000, 10);
  g_autoptr (OhFacts) pending = make_facts ("claude-opus-5", -1, -1);
  OhCost cost;

  g_free (count->operation);
  count->operation = g_strdup ("count_tokens");
  g_assert_true (oh_price_table_cost (table, count, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat (cost.total, ==, 0);
  g_assert_cmpint (cost.flags, ==, OH_COST_FREE);
  refused->stop_reason = g_strdup ("refusal");
  g_assert_true (oh_price_table_cost (table, refused, noon ("2026-11-21"), &cost));
  g_assert_cmpint (cost.flags, ==, OH_COST_FREE);
  refused->usage.output = 4;
  g_assert_true (oh_price_table_cost (table, refused, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.total, 0.0061, 1e-12);
  overloaded->error_type = g_strdup ("overloaded_error");
  g_assert_true (oh_price_table_cost (table, overloaded, noon ("2026-11-21"), &cost));
  g_assert_cmpint (cost.flags, ==, OH_COST_FREE);
  /* An error inside a stream came after tokens that are charged. */
  broken->error_type = g_strdup ("overloaded_error");
  broken->complete = FALSE;
  g_assert_true (oh_price_table_cost (table, broken, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.total, 0.00525, 1e-12);
  g_assert_cmpint (cost.flags, ==, OH_COST_APPROXIMATE);
  g_assert_false (oh_price_table_cost (table, pending, noon ("2026-11-21"), &cost));
  g_assert_true (isnan (cost.total));
  g_assert_cmpint (cost.flags, ==, OH_COST_NO_USAGE);
}

static void
test_streaming (void)
{
  g_autoptr (OhPriceTable) table = make_table (NULL);
  g_autoptr (OhFacts) facts = make_facts ("claude-opus-5", 1000, 1);
  OhCost cost;

  facts->complete = FALSE;
  facts->output_estimate = 400;
  g_assert_true (oh_price_table_cost (table, facts, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.total, 0.005 + 0.01, 1e-12);
  g_assert_cmpint (cost.flags, ==, OH_COST_APPROXIMATE);
  /* A whole stream that did not say how many it wrote. */
  facts->complete = TRUE;
  g_assert_true (oh_price_table_cost (table, facts, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.total, 0.005 + 0.01, 1e-12);
  g_assert_cmpint (cost.flags, ==, OH_COST_APPROXIMATE);
  /* One that did, and was cut behind it. */
  facts->complete = FALSE;
  facts->output_estimate = -1;
  facts->usage.output = 410;
  facts->stop_reason = g_strdup ("end_turn");
  g_assert_true (oh_price_table_cost (table, facts, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.total, 0.005 + 0.01025, 1e-12);
  g_assert_cmpint (cost.flags, ==, 0);
}

static void
test_overrides (void)
{
  g_autoptr (OhPriceTable) table = make_table (
    "{\"as_of\": \"2026-12-01\", \"batch\": 0.25, \"fees\": {\"web_search\": 0.02}, \"rows\": ["
    "{\"models\": [\"claude-opus-5\"], \"input\": 1, \"output\": 2, \"cache_read\": 0, \"cache_write_5m\": 0,"
    " \"cache_write_1h\": 0, \"source\": \"our contract\"},"
    "{\"models\": [\"our-*\"], \"input\": 7, \"output\": 9, \"cache_read\": 0, \"cache_write_5m\": 0,"
    " \"cache_write_1h\": 0}]}");
  g_autoptr (OhFacts) contract = make_facts ("claude-opus-5", 1000000, 1000000);
  g_autoptr (OhFacts) pattern = make_facts ("our-model", 1000000, 0);
  g_autoptr (OhFacts) shipped = make_facts ("claude-opus-5-5", 1000000, 0);
  OhCost cost;

  g_assert_cmpstr (oh_price_table_get_as_of (table), ==, "2026-12-01");
  contract->usage.web_search = 1;
  g_assert_true (oh_price_table_cost (table, contract, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.total, 3.02, 1e-9);
  g_assert_cmpstr (cost.source, ==, "our contract");
  g_assert_cmpstr (cost.as_of, ==, "2026-12-01");
  contract->service_tier = g_strdup ("batch");
  g_assert_true (oh_price_table_cost (table, contract, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.total, 0.75 + 0.02, 1e-9);
  g_assert_true (oh_price_table_cost (table, pattern, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.total, 7, 1e-9);
  g_assert_true (oh_price_table_cost (table, shipped, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.total, 4, 1e-9);
}

/* The latest price that has begun counts, in whatever order the rows stand; before the first of them, the first. */
static void
test_days (void)
{
#define ROW(from, input)                                                                                              \
  "{\"models\":[\"m\"],\"from\":\"" from "\",\"input\":" input ",\"output\":0,\"cache_read\":0,"                        \
  "\"cache_write_5m\":0,\"cache_write_1h\":0}"
  g_autoptr (OhPriceTable) table =
    make_table ("{\"rows\":[" ROW ("2026-03-01", "3") "," ROW ("2026-01-01", "1") "," ROW ("2026-02-01", "2") "]}");
  static const struct
  {
    const char *day;
    double dollars;
  } days[] = { { "2025-12-31", 1 }, { "2026-01-01", 1 }, { "2026-02-28", 2 }, { "2026-03-01", 3 }, { "2027-01-01", 3 } };

  for (guint i = 0; i < G_N_ELEMENTS (days); i++)
    {
      g_autoptr (OhFacts) facts = make_facts ("m", 1000000, 0);
      OhCost cost;

      g_assert_true (oh_price_table_cost (table, facts, noon (days[i].day), &cost));
      g_assert_cmpfloat_with_epsilon (cost.total, days[i].dollars, 1e-9);
      g_assert_cmpint (cost.flags, ==, i == 0 ? OH_COST_APPROXIMATE : OH_COST_KNOWN);
    }
#undef ROW
}

static void
test_bad_files (void)
{
  static const struct
  {
    const char *text;
    const char *says;
    OhPriceError code;
  } bad[] = {
    { "", "not a JSON object", OH_PRICE_ERROR_SYNTAX },
    { "[1]", "not a JSON object", OH_PRICE_ERROR_SYNTAX },
    { "{\"rows\":", "not a JSON object", OH_PRICE_ERROR_SYNTAX },
    { "{\"rows\": 3}", "rows", OH_PRICE_ERROR_ROW },
    { "{\"rows\": [3]}", "rows", OH_PRICE_ERROR_ROW },
    { "{\"rows\": [{}]}", "rows[0]", OH_PRICE_ERROR_ROW },
    { "{\"rows\": [{\"models\": [\"a\"], \"input\": \"5\"}]}", "“input”", OH_PRICE_ERROR_ROW },
    { "{\"rows\": [{\"models\": [\"a\"], \"input\": -5}]}", "“input”", OH_PRICE_ERROR_ROW },
    { "{\"rows\": [{\"models\": [\"a\"], \"from\": \"soon\"}]}", "“from”", OH_PRICE_ERROR_ROW },
    { "{\"rows\": [{\"models\": \"a\"}]}", "“models”", OH_PRICE_ERROR_ROW },
    { "{\"rows\": [{\"models\": [\"a\", 3]}]}", "“models”", OH_PRICE_ERROR_ROW },
    { "{\"fees\": {\"web_search\": null}}", "“web_search”", OH_PRICE_ERROR_ROW },
    { "{\"retirements\": [{\"models\": [\"a\"]}]}", "“retires”", OH_PRICE_ERROR_ROW },
    { "{\"retirements\": {}}", "retirements", OH_PRICE_ERROR_ROW },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *texts[] = { bad[i].text, NULL };
      g_autoptr (GError) error = NULL;

      g_assert_null (oh_price_table_new (texts, &error));
      g_assert_error (error, OH_PRICE_ERROR, (int) bad[i].code);
      g_assert_nonnull (strstr (error->message, bad[i].says));
    }
}

static void
test_normalize (void)
{
  static const struct
  {
    const char *sent;
    const char *plain;
    gboolean regional;
  } ids[] = {
    { "claude-opus-5", "claude-opus-5", FALSE },
    { "us.anthropic.claude-opus-4-6-v1:0", "claude-opus-4-6", TRUE },
    { "us-gov.anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku-20240307", TRUE },
    { "apac.anthropic.claude-sonnet-4-20250514-v1:0", "claude-sonnet-4-20250514", TRUE },
    { "global.anthropic.claude-opus-4-5-20251101-v1:0", "claude-opus-4-5-20251101", FALSE },
    { "anthropic.claude-3-haiku-20240307-v1:0:200k", "claude-3-haiku-20240307", FALSE },
    { "anthropic/claude-opus-5", "claude-opus-5", FALSE },
    { "claude-haiku-4-5@20251001", "claude-haiku-4-5-20251001", FALSE },
    { "claude-very-new", "claude-very-new", FALSE },
    { "claude-4.5-sonnet-20250929", "claude-sonnet-4-5-20250929", FALSE },
    { "anthropic/claude-3.7-sonnet:thinking", "claude-3-7-sonnet", FALSE },
    { "openai.gpt-oss-120b-1:0", "gpt-oss-120b-1", FALSE },
    { "openrouter/anthropic.claude-opus-5", "claude-opus-5", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      OhModelSigns signs;
      g_autofree char *plain = oh_providers_read_model (ids[i].sent, &signs);

      g_assert_cmpstr (plain, ==, ids[i].plain);
      g_assert_cmpint ((signs & OH_MODEL_REGIONAL) != 0, ==, ids[i].regional);
      g_assert_cmpint ((signs & OH_MODEL_GOVERNMENT) != 0, ==, g_str_has_prefix (ids[i].sent, "us-gov."));
      g_assert_cmpint ((signs & OH_MODEL_PLATFORM) != 0, ==, strstr (ids[i].sent, "anthropic.") != NULL || strstr (ids[i].sent, "openai.") != NULL);
    }
}

static void
test_retirement (void)
{
  g_autoptr (OhPriceTable) table = make_table (NULL);
  gint64 retires = 0;
  const char *as_of = NULL;

  g_assert_true (oh_price_table_get_retirement (table, "claude-sonnet-4-5-20250929", NULL, &retires, &as_of));
  g_assert_cmpint (retires, ==, noon ("2026-11-30") - 12 * 3600 * OH_NS_PER_S);
  g_assert_cmpstr (as_of, ==, "2026-11-20");
  g_assert_false (oh_price_table_get_retirement (table, "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock", &retires,
                                                 NULL));
  g_assert_true (oh_price_table_get_retirement (table, "us.anthropic.claude-3-7-sonnet-20250219-v1:0", "bedrock", &retires,
                                                NULL));
  g_assert_cmpint (retires, ==, noon ("2026-04-28") - 12 * 3600 * OH_NS_PER_S);
  g_assert_false (oh_price_table_get_retirement (table, "claude-opus-5", NULL, &retires, NULL));
}

/* From the bytes of an answer to its dollars. */
static void
test_wire (void)
{
  static const char request[] =
    "{\"model\":\"claude-opus-5\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  static const char plain[] =
    "{\"type\":\"message\",\"id\":\"msg_1\",\"model\":\"claude-opus-5\",\"content\":[],\"stop_reason\":\"end_turn\","
    "\"usage\":{\"input_tokens\":100,\"output_tokens\":1000,\"cache_read_input_tokens\":10000,"
    "\"cache_creation_input_tokens\":3000,\"cache_creation\":{\"ephemeral_5m_input_tokens\":2000,"
    "\"ephemeral_1h_input_tokens\":1000},\"server_tool_use\":{\"web_search_requests\":2},\"inference_geo\":\"us\","
    "\"service_tier\":\"standard\",\"speed\":\"fast\"}}";
  static const char compacted[] =
    "{\"type\":\"message\",\"id\":\"msg_1\",\"model\":\"claude-opus-5\",\"content\":[],\"stop_reason\":\"end_turn\","
    "\"usage\":{\"input_tokens\":100,\"output_tokens\":0,\"iterations\":[{\"type\":\"compaction\"},{\"type\":"
    "\"message\"}]}}";
  g_autoptr (OhPriceTable) table = make_table (NULL);
  g_autoptr (OhReading) first = read_exchange (request, plain);
  g_autoptr (OhReading) second = read_exchange (request, compacted);
  g_autoptr (OhReading) going = read_exchange (request, NULL);
  OhCost cost;

  /* 1.1*(100*10 + 10000*1 + 2000*12.50 + 1000*20 + 1000*50)/1e6 + 2*0.01 */
  g_assert_true (oh_price_table_cost (table, first->facts, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.total, 0.1366, 1e-9);
  g_assert_cmpint (cost.flags, ==, OH_COST_KNOWN);
  /* 100*5/1e6, and something for the compaction that the totals leave out */
  g_assert_true (oh_price_table_cost (table, second->facts, noon ("2026-11-21"), &cost));
  g_assert_cmpfloat_with_epsilon (cost.total, 0.0005, 1e-9);
  g_assert_cmpint (cost.flags, ==, OH_COST_APPROXIMATE);
  g_assert_false (oh_price_table_cost (table, going->facts, noon ("2026-11-21"), &cost));
  g_assert_cmpint (cost.flags, ==, OH_COST_NO_USAGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  G_STATIC_ASSERT (G_N_ELEMENTS (cases) >= 60);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/price/golden/%02u %s", i + 1, strrchr (cases[i].model, '/') != NULL
                                                                                  ? strrchr (cases[i].model, '/') + 1
                                                                                  : cases[i].model);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/price/split", test_split);
  g_test_add_func ("/price/unknown", test_unknown);
  g_test_add_func ("/price/free", test_free);
  g_test_add_func ("/price/streaming", test_streaming);
  g_test_add_func ("/price/overrides", test_overrides);
  g_test_add_func ("/price/days", test_days);
  g_test_add_func ("/price/bad-files", test_bad_files);
  g_test_add_func ("/price/normalize", test_normalize);
  g_test_add_func ("/price/retirement", test_retirement);
  g_test_add_func ("/price/iterations", test_iterations);
  g_test_add_func ("/price/regions", test_regions);
  g_test_add_func ("/price/wire", test_wire);
  return g_test_run ();
}
