/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any other HTTP exchange. A body becomes one message, "request" or "response", with one block:
 *   json, text      text
 *   form            children of type "field": name, and text or data
 *   image, document media_type and data
 *   bytes           media_type and data */
#include "config.h"
#include "oh-provider.h"

#include <string.h>

#define FIELDS_MAX 1000

typedef struct
{
  OhMessage *answer;
} State;

static guint
http_claims (const OhExchange *head)
{
  return 1;
}

static void
http_begin (OhProviderTask *task)
{
  task->state = g_new0 (State, 1);
}

static void
http_finish (OhProviderTask *task)
{
  State *state = task->state;

  g_clear_pointer (&state->answer, oh_message_unref);
  g_free (state);
}

static OhBlock *
add_field (OhBlock *form, char *name)
{
  OhBlock *field = oh_block_new ("field");

  field->name = name;
  field->complete = TRUE;
  g_ptr_array_add (form->children, field);
  return field;
}

static void
set_content (OhBlock *block, const char *bytes, gsize length)
{
  if (g_utf8_validate_len (bytes, length, NULL))
    block->text = g_strndup (bytes, length);
  else
    block->data = g_bytes_new (bytes, length);
}

/* One name or value of application/x-www-form-urlencoded. (transfer full) */
static char *
decode_word (const char *at, gsize length)
{
  g_autofree char *word = g_strndup (at, length);
  g_autofree char *plain = NULL;

  g_strdelimit (word, "+", ' ');
  plain = g_uri_unescape_string (word, NULL);
  return g_utf8_make_valid (plain != NULL ? plain : word, -1);
}

static void
read_pairs (const char *body, gsize length, GFunc func, gpointer data)
{
  const char *end = body + length;

  for (guint n = 0; body < end && n < FIELDS_MAX; n++)
    {
      const char *stop = memchr (body, '&', (gsize) (end - body));
      const char *equals;
      char *pair[2];

      stop = stop != NULL ? stop : end;
      equals = memchr (body, '=', (gsize) (stop - body));
      pair[0] = decode_word (body, (gsize) ((equals != NULL ? equals : stop) - body));
      pair[1] = equals != NULL ? decode_word (equals + 1, (gsize) (stop - equals - 1)) : g_strdup ("");
      func (pair, data);
      g_free (pair[0]);
      g_free (pair[1]);
      body = stop + 1;
    }
}

static void
pair_to_field (gpointer data, gpointer form)
{
  char **pair = data;

  add_field (form, g_strdup (pair[0]))->text = g_strdup (pair[1]);
}

static void
pair_to_parameter (gpointer data, gpointer reading)
{
  g_autoptr (GString) value = g_string_new (NULL);
  char **pair = data;

  oh_json_quote (value, pair[1], -1);
  g_ptr_array_add (((OhReading *) reading)->parameters, oh_parameter_new (pair[0], value->str));
}

/* The value of name="…" in a field of a multipart's head, or NULL. (transfer full) */
static char *
find_attribute (const char *head, const char *name)
{
  g_autofree char *marker = g_strdup_printf ("; %s=\"", name);
  const char *at = strstr (head, marker);

  if (at == NULL)
    return NULL;
  at += strlen (marker);
  return g_utf8_make_valid (at, (gssize) strcspn (at, "\"\r\n"));
}

/* RFC 7578 */
static gboolean
read_multipart (OhBlock *form, const char *type, const char *body, gsize length)
{
  const char *at = strstr (type, "boundary=");
  const char *end = body + length;
  g_autofree char *boundary = NULL;
  const char *part;

  if (at == NULL)
    return FALSE;
  at += strlen ("boundary=");
  at += *at == '"' ? 1 : 0;
  boundary = g_strdup_printf ("--%.*s", (int) strcspn (at, "\"; "), at);
  part = memmem (body, length, boundary, strlen (boundary));
  while (part != NULL && form->children->len < FIELDS_MAX)
    {
      const char *start = part + strlen (boundary);
      const char *next = memmem (start, (gsize) (end - start), boundary, strlen (boundary));
      const char *stop = next != NULL ? next : end;
      const char *content = memmem (start, (gsize) (stop - start), "\r\n\r\n", 4);

      if (content != NULL)
        {
          g_autofree char *head = g_strndup (start, (gsize) (content - start));
          OhBlock *field = add_field (form, find_attribute (head, "name"));

          content += 4;
          if (next != NULL && stop - content >= 2 && stop[-2] == '\r')
            stop -= 2;
          field->source = find_attribute (head, "filename");
          set_content (field, content, (gsize) (stop - content));
        }
      part = next;
    }
  return TRUE;
}

/* One block for a whole body, or NULL where there is none. (transfer full) */
static OhBlock *
read_body (const char *type, const char *body, gsize length)
{
  OhBlock *block;
  OhJson json;

  if (length == 0)
    return NULL;
  if (oh_media_type_is (type, "application/x-www-form-urlencoded", "multipart/form-data", NULL))
    {
      block = oh_block_new ("form");
      block->children = g_ptr_array_new_with_free_func ((GDestroyNotify) oh_block_unref);
      if (!oh_media_type_is (type, "multipart/form-data", NULL))
        read_pairs (body, length, pair_to_field, block);
      else
        read_multipart (block, type, body, length);
      if (block->children->len == 0)
        set_content (block, body, length);
    }
  else if (oh_media_type_is (type, "image/", "application/pdf", NULL) && !oh_media_type_is (type, "+xml", NULL))
    {
      block = oh_block_new (oh_media_type_is (type, "application/pdf", NULL) ? "document" : "image");
      block->data = g_bytes_new (body, length);
    }
  else if (g_utf8_validate_len (body, length, NULL))
    {
      gboolean claims_json = oh_media_type_is (type, "application/json", "+json", NULL);
      gboolean is_json = (claims_json || type == NULL) && oh_json_parse (body, length, &json, NULL);

      block = oh_block_new (is_json ? "json" : "text");
      block->text = g_strndup (body, length);
      block->json = is_json ? oh_json_dup (json) : NULL;
    }
  else
    {
      block = oh_block_new ("bytes");
      block->data = g_bytes_new (body, length);
    }
  if (type != NULL)
    block->media_type = g_utf8_make_valid (type, (gssize) strcspn (type, "; "));
  block->complete = TRUE;
  return block;
}

static OhMessage *
read_message (const char *role, const OhHeaders *headers, const char *body, gsize length)
{
  OhBlock *block = read_body (oh_headers_get_one (headers, "content-type"), body, length);
  OhMessage *message;

  if (block == NULL)
    return NULL;
  message = oh_message_new (role);
  g_ptr_array_add (message->blocks, block);
  return message;
}

static void
http_describe_request (OhProviderTask *task, const char *body, gsize length, OhReading *reading)
{
  const char *query = task->exchange->target != NULL ? strchr (task->exchange->target, '?') : NULL;
  OhMessage *message = read_message ("request", task->exchange->request_headers, body, length);

  if (query != NULL)
    read_pairs (query + 1, strlen (query + 1), pair_to_parameter, reading);
  if (message != NULL)
    g_ptr_array_add (reading->messages, message);
}

static void
http_read_response (OhProviderTask *task, const char *body, gsize length)
{
  State *state = task->state;

  if (!task->facts_only)
    state->answer = read_message ("response", task->exchange->response_headers, body, length);
}

static OhMessage *
http_get_answer (OhProviderTask *task)
{
  State *state = task->state;

  return state->answer != NULL ? oh_message_ref (state->answer) : NULL;
}

/* Of APIs that nobody reads yet; most are written after OpenAI's. */
static const OhProviderKey keys[] = {
  { "authorization", "Bearer ", "OPENAI_API_KEY" },
  { "x-goog-api-key", "", "GEMINI_API_KEY" },
  { NULL },
};

const OhProvider oh_provider_http = {
  .id = OH_PROVIDER_ID_HTTP,
  .keys = keys,
  .claims = http_claims,
  .begin = http_begin,
  .finish = http_finish,
  .describe_request = http_describe_request,
  .read_response = http_read_response,
  .get_answer = http_get_answer,
};
