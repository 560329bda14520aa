/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-indexer.h"

#include "oh-decoder.h"
#include "oh-providers.h"
#include "oh-saying.h"

#include <string.h>

#define REQUEST 0
#define RESPONSE 1
/* Blocks in blocks deeper than this are nobody's texts. */
#define DEPTH_MAX 8

/* Fields that say how bytes are carried, or count: nobody looks for them, and all exchanges have them. Beginnings. */
static const char *const boring_fields[] = {
  "accept",          "access-control-", "age",          "alt-svc",         "cache-control",
  "cf-",             "connection",      "content-enco", "content-length",  "date",                 "etag",
  "expires",         "keep-alive",      "last-modif",   "pragma",          "priority",             "proxy-connection",
  "strict-transport-", "te",            "transfer-",    "vary",            "via",
  "x-robots-tag",    "x-stainless-",    NULL,
};

static gboolean
is_boring (const char *name)
{
  for (guint i = 0; boring_fields[i] != NULL; i++)
    if (g_ascii_strncasecmp (name, boring_fields[i], strlen (boring_fields[i])) == 0)
      return TRUE;
  return oh_providers_find_start (OH_PROVIDER_BORING_HEADERS, name) != NULL;
}

static void
add_headers (OhSearchable *out, guint side, const OhHeaders *headers)
{
  for (guint i = 0; headers != NULL && i < oh_headers_get_length (headers); i++)
    {
      g_autofree char *valid = NULL;
      const char *name, *value;

      oh_headers_get_nth (headers, i, &name, &value);
      if (is_boring (name))
        continue;
      valid = g_utf8_make_valid (value, -1);
      oh_searchable_add (out, side, valid);
    }
}

/* What the row and the headers say. */
static OhSearchable *
begin (const OhExchange *exchange, const OhFacts *facts)
{
  OhSearchable *out = oh_searchable_new (exchange->id);
  g_autofree char *url = oh_exchange_get_url (exchange);
  g_autofree char *valid = g_utf8_make_valid (url, -1);
  g_autofree char *said = oh_saying_tell (exchange->error);

  oh_searchable_add (out, REQUEST, valid);
  if (facts != NULL)
    {
      oh_searchable_add (out, REQUEST, facts->requested_model);
      if (g_strcmp0 (facts->model, facts->requested_model) != 0)
        oh_searchable_add (out, RESPONSE, facts->model);
      oh_searchable_add (out, RESPONSE, facts->message_id);
      oh_searchable_add (out, RESPONSE, facts->request_id);
      oh_searchable_add (out, RESPONSE, facts->error_type);
      oh_searchable_add (out, RESPONSE, facts->error_message);
      if (facts->stop_category != NULL || facts->stop_explanation != NULL)
        {
          g_autofree char *stop = oh_facts_describe_stop (facts);

          oh_searchable_add (out, RESPONSE, stop);
        }
    }
  oh_searchable_add (out, RESPONSE, exchange->error_code);
  oh_searchable_add (out, RESPONSE, said);
  add_headers (out, REQUEST, exchange->request_headers);
  add_headers (out, RESPONSE, exchange->response_headers);
  return out;
}

static void
add_block (OhSearchable *out, guint side, const OhBlock *block, guint depth)
{
  oh_searchable_add (out, side, block->name);
  oh_searchable_add (out, side, block->id);
  oh_searchable_add (out, side, block->text);
  oh_searchable_add (out, side, block->input);
  oh_searchable_add (out, side, block->source);
  if (g_str_has_suffix (block->type, "tool_use"))
    oh_searchable_add_tool (out, block->name);
  for (guint i = 0; depth < DEPTH_MAX && block->children != NULL && i < block->children->len; i++)
    add_block (out, side, block->children->pdata[i], depth + 1);
}

static void
add_message (OhSearchable *out, guint side, const OhMessage *message)
{
  for (guint i = 0; i < message->blocks->len; i++)
    add_block (out, side, message->blocks->pdata[i], 0);
}

static gboolean
same_system (const GPtrArray *a, const GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (g_strcmp0 (((OhBlock *) a->pdata[i])->text, ((OhBlock *) b->pdata[i])->text) != 0)
      return FALSE;
  return TRUE;
}

static gboolean
has_tool (const GPtrArray *tools, const char *name)
{
  for (guint i = 0; i < tools->len; i++)
    if (g_strcmp0 (((OhTool *) tools->pdata[i])->name, name) == 0)
      return TRUE;
  return FALSE;
}

gboolean
oh_indexer_has_texts (const OhReading *reading)
{
  return reading->messages->len > 0 || (reading->answer != NULL && reading->answer->blocks->len > 0);
}

OhSearchable *
oh_indexer_read (const OhExchange *exchange, const OhReading *reading, const OhPlace *place, const OhReading *parent)
{
  OhSearchable *out = begin (exchange, reading->facts);
  guint from = place != NULL && place->parent_id != 0 ? place->new_from : 0;

  if (parent == NULL || !same_system (reading->system, parent->system))
    for (guint i = 0; i < reading->system->len; i++)
      add_block (out, REQUEST, reading->system->pdata[i], 0);
  for (guint i = 0; i < reading->tools->len; i++)
    {
      const OhTool *tool = reading->tools->pdata[i];

      if (parent != NULL && has_tool (parent->tools, tool->name))
        continue;
      oh_searchable_add (out, REQUEST, tool->name);
      oh_searchable_add (out, REQUEST, tool->description);
      oh_searchable_add_tool (out, tool->name);
    }
  for (guint i = from; i < reading->messages->len; i++)
    add_message (out, REQUEST, reading->messages->pdata[i]);
  if (reading->answer != NULL)
    add_message (out, RESPONSE, reading->answer);
  return out;
}

/* The beginning of a body, decoded, if it is text. */
static void
add_body (OhSearchable *out, guint side, const OhHeaders *headers, GBytes *body)
{
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  g_autofree char *encoding = oh_headers_dup_list (headers, "content-encoding");
  g_autoptr (OhDecoder) decoder = NULL;
  const char *end;

  if (body == NULL || g_bytes_get_size (body) == 0)
    return;
  decoder = oh_decoder_new (encoding, OH_INDEXER_BODY_MAX, NULL);
  if (decoder == NULL)
    return;
  /* It is cut off: an error at the end says nothing. */
  oh_decoder_feed (decoder, g_bytes_get_data (body, NULL), g_bytes_get_size (body), plain, NULL);
  oh_decoder_end (decoder, plain, NULL);
  g_byte_array_set_size (plain, MIN (plain->len, OH_INDEXER_BODY_MAX));
  g_byte_array_append (plain, (const guint8 *) "", 1);
  /* A character may be cut in two at the end; anything else that is no UTF-8, or a zero byte, is no text. */
  if (!g_utf8_validate ((const char *) plain->data, (gssize) plain->len - 1, &end) &&
      plain->len - 1 - (gsize) (end - (const char *) plain->data) > 3)
    return;
  plain->data[end - (const char *) plain->data] = '\0';
  oh_searchable_add (out, side, (const char *) plain->data);
}

OhSearchable *
oh_indexer_read_plain (const OhExchange *exchange, const OhFacts *facts, GBytes *request, GBytes *response)
{
  OhSearchable *out = begin (exchange, facts);

  add_body (out, REQUEST, exchange->request_headers, request);
  add_body (out, RESPONSE, exchange->response_headers, response);
  return out;
}
