/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a row of the Timeline says, and what of it there is room for. */
#include "config.h"
#include "oh-exchange-columns.h"
#include "oh-saying.h"
#include "oh-words.h"

static OhExchange *
make (const char *operation, const char *target)
{
  OhExchange *exchange = oh_exchange_new ();

  exchange->method = g_strdup ("POST");
  exchange->scheme = g_strdup ("https");
  exchange->host = g_strdup ("api.example.com");
  exchange->port = 443;
  exchange->target = g_strdup (target);
  exchange->status = 200;
  exchange->outcome = OH_OUTCOME_FINISHED;
  if (operation != NULL)
    {
      exchange->facts = oh_facts_new ("anthropic");
      exchange->facts->operation = g_strdup (operation);
    }
  return exchange;
}

static void
assert_news (OhExchange *exchange, gboolean brief, const char *expected)
{
  g_autofree char *news = oh_words_news (exchange, brief);

  g_assert_cmpstr (news, ==, expected);
}

static void
test_news (void)
{
  g_autoptr (OhExchange) turn = make (OH_OPERATION_NAME_TURN, "/v1/messages");
  g_autoptr (OhExchange) count = make (OH_OPERATION_NAME_COUNT, "/v1/messages/count_tokens");
  g_autoptr (OhExchange) other = make (NULL, "/things");

  assert_news (turn, TRUE, "POST /v1/messages");
  turn->facts->title = g_strdup ("How is the weather?");
  assert_news (turn, TRUE, "How is the weather?");
  turn->facts->tool_result = g_strdup ("get_weather: Sunny, 22 °C");
  assert_news (turn, FALSE, "↩ get_weather: Sunny, 22 °C");
  turn->facts->error_message = g_strdup ("Overloaded,\ncome back later");
  assert_news (turn, TRUE, "Overloaded, come back later");
  count->facts->title = g_strdup ("How is the weather?");
  assert_news (count, TRUE, "POST /v1/messages/count_tokens · How is the weather?");
  assert_news (count, FALSE, "POST api.example.com/v1/messages/count_tokens · How is the weather?");
  /* The host tells what it is, where the API is not known. */
  assert_news (other, TRUE, "POST api.example.com/things");
  other->outcome = OH_OUTCOME_FAILED;
  other->error = oh_saying_recognize ("It is gone");
  assert_news (other, TRUE, "POST api.example.com/things · It is gone");
}

/* A span has no answer whose bytes could be counted. */
static void
test_ended (void)
{
  g_autoptr (OhExchange) span = make (OH_OPERATION_NAME_TURN, "/chat");
  g_autofree char *told = NULL, *stopped = NULL, *bytes = NULL;

  bytes = oh_words_ended (span);
  g_assert_cmpstr (bytes, ==, "0 bytes");
  span->route = OH_ROUTE_TOLD;
  g_free (span->scheme);
  span->scheme = g_strdup ("otlp");
  told = oh_words_ended (span);
  g_assert_cmpstr (told, ==, "told");
  span->facts->stop_reason = g_strdup ("end_turn");
  stopped = oh_words_ended (span);
  g_assert_cmpstr (stopped, ==, "end_turn");
}

static void
compute (OhExchangeColumns *columns, int digits, gboolean programs)
{
  oh_exchange_columns_compute (columns, digits * 10, 10, oh_exchange_columns_order,
                               programs ? OH_COLUMNS_ALL : OH_COLUMNS_ALL & ~(1u << OH_COLUMN_PROGRAM));
}

static gboolean
has (int digits, gboolean programs, OhColumn column)
{
  OhExchangeColumns columns;

  compute (&columns, digits, programs);
  return columns.width[column] > 0;
}

static void
test_columns (void)
{
  OhExchangeColumns columns;

  for (int digits = 20; digits < 200; digits++)
    for (int programs = 0; programs < 2; programs++)
      {
        int right = 0;

        compute (&columns, digits, programs != 0);
        for (guint i = 0; i < OH_N_COLUMNS; i++)
          right = MAX (right, columns.width[i] > 0 ? columns.x[i] + columns.width[i] : 0);
        g_assert_cmpint (columns.width[OH_COLUMN_REQUEST], >, 0);
        g_assert_cmpint (right, <=, digits * 10 + 1);
        g_assert_true (programs != 0 || columns.width[OH_COLUMN_PROGRAM] == 0);
      }
  /* A window 1280 pixels wide, with the detail open. */
  g_assert_true (has (59, FALSE, OH_COLUMN_STARTED) && has (59, FALSE, OH_COLUMN_MODEL) &&
                 has (59, FALSE, OH_COLUMN_TOKENS) && has (59, FALSE, OH_COLUMN_COST));
  g_assert_true (has (59, TRUE, OH_COLUMN_PROGRAM) && has (59, TRUE, OH_COLUMN_MODEL) && !has (59, TRUE, OH_COLUMN_ENDED));
  compute (&columns, 150, TRUE);
  g_assert_cmpint (columns.x[OH_COLUMN_REQUEST], <, columns.x[OH_COLUMN_PROGRAM]);
  g_assert_cmpint (columns.x[OH_COLUMN_PROGRAM], <, columns.x[OH_COLUMN_MODEL]);
}

static void
test_chosen_columns (void)
{
  guint order[OH_N_COLUMNS];
  OhExchangeColumns columns;

  for (guint i = 0; i < OH_N_COLUMNS; i++)
    order[i] = oh_exchange_columns_order[OH_N_COLUMNS - 1 - i];
  oh_exchange_columns_compute (&columns, 2000, 10, order, OH_COLUMNS_ALL & ~(1u << OH_COLUMN_COST));
  g_assert_cmpint (columns.width[OH_COLUMN_COST], ==, 0);
  g_assert_cmpint (columns.x[OH_COLUMN_ENDED], ==, 0);
  g_assert_cmpint (columns.x[OH_COLUMN_REQUEST], >, columns.x[OH_COLUMN_MODEL]);
  g_assert_cmpint (columns.x[OH_COLUMN_STARTED], >, columns.x[OH_COLUMN_REQUEST]);
  /* What is left out leaves its room to what is new, which always stands there. */
  oh_exchange_columns_compute (&columns, 2000, 10, order, 0);
  g_assert_cmpint (columns.width[OH_COLUMN_REQUEST], >=, 1999);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rows/news", test_news);
  g_test_add_func ("/rows/ended", test_ended);
  g_test_add_func ("/rows/columns", test_columns);
  g_test_add_func ("/rows/chosen-columns", test_chosen_columns);
  return g_test_run ();
}
