/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What went wrong, in the shapes of the API, of the clouds and of what stands in between. */
#include "config.h"
#include "oh-anthropic-private.h"

#include <string.h>

#define TEXT_MAX 500
/* Errors inside errors: a gateway tells what it was told. */
#define DEPTH_MAX 4

static gboolean read_error (OhJson json, OhFacts *facts, guint depth);

/* A string that says something, or NULL. (transfer full) */
static char *
dup_words (OhJson value)
{
  g_autofree char *text = oh_json_dup_string (value);

  if (text == NULL || *text == '\0' || strcmp (text, "None") == 0 || strcmp (text, "null") == 0)
    return NULL;
  return g_steal_pointer (&text);
}

/* The first of these members that says something. (transfer full) (nullable) */
static char *
find_words (OhJson object, const char *const *names)
{
  char *words = NULL;

  for (; *names != NULL && words == NULL; names++)
    words = dup_words (oh_json_get (object, *names));
  return words;
}

/* The same for a type: LiteLLM says "429", RFC 9457 "about:blank", where there is none. (transfer full) (nullable) */
static char *
find_type (OhJson object, const char *const *names)
{
  char *words = NULL;

  for (; *names != NULL && words == NULL; names++)
    {
      words = dup_words (oh_json_get (object, *names));
      if (words != NULL && (strspn (words, "0123456789") == strlen (words) || strcmp (words, "about:blank") == 0))
        g_clear_pointer (&words, g_free);
    }
  return words;
}

/* FastAPI: [{"loc": ["body", "messages"], "msg": "Field required"}]. (transfer full) (nullable) */
static char *
join_details (OhJson list)
{
  static const char *const says[] = { "msg", "message", "detail", NULL };
  GString *out = g_string_new (NULL);
  OhJsonIter iter, places;
  OhJson entry, place;

  oh_json_iter_init (&iter, list);
  while (oh_json_iter_next (&iter, NULL, &entry) && out->len < TEXT_MAX)
    {
      g_autofree char *words = find_words (entry, says);
      g_autoptr (GString) where = g_string_new (NULL);

      if (words == NULL)
        continue;
      oh_json_iter_init (&places, oh_json_get (entry, "loc"));
      while (oh_json_iter_next (&places, NULL, &place))
        {
          g_autofree char *step = oh_json_get_kind (place) == OH_JSON_STRING ? oh_json_dup_string (place) : oh_json_dup (place);

          g_string_append_printf (where, "%s%s", where->len > 0 ? "." : "", step);
        }
      g_string_append_printf (out, "%s%s%s%s", out->len > 0 ? "; " : "", where->str, where->len > 0 ? ": " : "", words);
    }
  return g_string_free (out, out->len == 0);
}

/* Where the object that begins at @text ends, or 0. */
static gsize
measure_object (const char *text)
{
  gboolean quoted = FALSE;
  guint depth = 0;

  for (const char *at = text; *at != '\0'; at++)
    {
      if (quoted && *at == '\\' && at[1] != '\0')
        at++;
      else if (*at == '"')
        quoted = !quoted;
      else if (!quoted && *at == '{')
        depth++;
      else if (!quoted && *at == '}' && --depth == 0)
        return (gsize) (at + 1 - text);
    }
  return 0;
}

/* Keeps what was found. A message that is, or ends with, an error of the API is what was told to whoever tells it: LiteLLM
 * says "litellm.RateLimitError: AnthropicException - {…}". */
static gboolean
keep (OhFacts *facts, char *type, char *message, guint depth)
{
  g_autofree char *owned = message;
  const char *object = message != NULL ? strchr (message, '{') : NULL;
  const gsize length = object != NULL ? measure_object (object) : 0;
  OhJson inner;

  if (length > 0 && oh_json_parse (object, length, &inner, NULL) &&
      (object == message || oh_json_get_kind (oh_json_get (inner, "error")) == OH_JSON_OBJECT) &&
      read_error (inner, facts, depth + 1))
    {
      if (facts->error_type == NULL)
        oh_facts_take (&facts->error_type, type);
      else
        g_free (type);
      return TRUE;
    }
  if (type == NULL && message == NULL)
    return FALSE;
  /* Amazon: "com.amazon.coral.service#UnrecognizedClientException" */
  if (type != NULL && strchr (type, '#') != NULL)
    memmove (type, strrchr (type, '#') + 1, strlen (strrchr (type, '#')));
  oh_facts_take (&facts->error_type, type);
  oh_facts_take (&facts->error_message, g_steal_pointer (&owned));
  return TRUE;
}

static gboolean
read_error (OhJson json, OhFacts *facts, guint depth)
{
  /* "status" and "code": Google, Azure. */
  static const char *const types[] = { "type", "status", "code", "__type", NULL };
  static const char *const messages[] = { "message", "Message", "msg", "detail", NULL };
  /* Amazon; Text Generation Inference; Databricks; Azure. */
  static const char *const outer_types[] = { "__type", "error_type", "error_code", "code", NULL };
  static const char *const object_types[] = { "type", "code", NULL };
  static const char *const outer_messages[] = { "message", "Message", "error_description", "msg", "errorMessage", "detail",
                                                "title", NULL };
  OhJson error, detail, first;
  OhJsonIter iter;
  char *type, *message;

  /* Google answers some errors as a list of one. */
  if (oh_json_get_kind (json) == OH_JSON_ARRAY)
    {
      oh_json_iter_init (&iter, json);
      if (!oh_json_iter_next (&iter, NULL, &json))
        return FALSE;
    }
  if (depth > DEPTH_MAX || oh_json_get_kind (json) != OH_JSON_OBJECT)
    return FALSE;
  if (facts->request_id == NULL)
    facts->request_id = oh_json_dup_string (oh_json_get (json, "request_id"));
  error = oh_json_get (json, "error");
  /* Cloudflare's gateway has a list here. */
  if (oh_json_get_kind (error) == OH_JSON_ARRAY)
    {
      oh_json_iter_init (&iter, error);
      oh_json_iter_next (&iter, NULL, &error);
    }
  if (oh_json_get_kind (error) == OH_JSON_OBJECT)
    {
      /* OpenRouter: what the provider had said. */
      char *told = dup_words (oh_json_get_path (error, "metadata", "raw", NULL));

      return keep (facts, find_type (error, types), told != NULL ? told : find_words (error, messages), depth);
    }
  oh_json_iter_init (&iter, oh_json_get (json, "errors"));
  if (oh_json_iter_next (&iter, NULL, &first) && oh_json_get_kind (first) == OH_JSON_OBJECT)
    return keep (facts, find_type (first, types), find_words (first, messages), depth);
  detail = oh_json_get (json, "detail");
  if (oh_json_get_kind (detail) == OH_JSON_OBJECT && read_error (detail, facts, depth + 1))
    return TRUE;
  if (oh_json_get_kind (oh_json_get (json, "Output")) == OH_JSON_OBJECT)
    return keep (facts, find_type (oh_json_get (json, "Output"), types), find_words (oh_json_get (json, "Output"), messages), depth);
  type = find_type (json, oh_json_is (oh_json_get (json, "object"), "error") ? object_types : outer_types);
  message = oh_json_get_kind (detail) == OH_JSON_ARRAY ? join_details (detail) : find_words (json, outer_messages);
  if (oh_json_get_kind (error) == OH_JSON_STRING)
    {
      /* A name as in OAuth (RFC 6749 §5.2), or words. */
      g_autofree char *said = dup_words (error);

      if (said != NULL && message == NULL && strchr (said, ' ') != NULL)
        message = g_steal_pointer (&said);
      else if (said != NULL && type == NULL)
        type = g_steal_pointer (&said);
    }
  return keep (facts, type, message, depth);
}

gboolean
oh_anthropic_read_error (OhJson json, OhFacts *facts)
{
  const OhJsonKind kind = oh_json_get_kind (json);
  OhJsonIter iter;
  OhJson key, value;

  /* A string is a message; null and what is empty say nothing. */
  if (kind == OH_JSON_STRING)
    return keep (facts, NULL, dup_words (json), 0);
  oh_json_iter_init (&iter, json);
  if (kind == OH_JSON_NULL || ((kind == OH_JSON_OBJECT || kind == OH_JSON_ARRAY) && !oh_json_iter_next (&iter, &key, &value)))
    return TRUE;
  return read_error (json, facts, 0);
}

/* What a person reads of HTML: its title, or the text between its tags. (transfer full) */
static char *
strip_tags (const char *html)
{
  static const char *const entities[][2] = { { "&nbsp;", " " },  { "&lt;", "<" },  { "&gt;", ">" },
                                             { "&quot;", "\"" }, { "&#39;", "'" }, { "&amp;", "&" } };
  const char *title = strcasestr (html, "<title>");
  GString *out = g_string_new (NULL);

  if (title != NULL)
    {
      title += strlen ("<title>");
      g_string_append_len (out, title, (gssize) strcspn (title, "<"));
    }
  while (title == NULL && *html != '\0')
    {
      const gsize length = strcspn (html, "<");
      const char *end;

      g_string_append_len (out, html, (gssize) length);
      html += length;
      /* What stands in them is for no reader. */
      if (g_ascii_strncasecmp (html, "<style", 6) == 0 || g_ascii_strncasecmp (html, "<script", 7) == 0)
        html += 1 + strcspn (html + 1, "<");
      end = strchr (html, '>');
      html = end != NULL ? end + 1 : html + strlen (html);
      g_string_append_c (out, ' ');
    }
  for (guint i = 0; i < G_N_ELEMENTS (entities); i++)
    g_string_replace (out, entities[i][0], entities[i][1], 0);
  return g_string_free (out, FALSE);
}

void
oh_anthropic_read_error_text (const char *body, gsize length, OhFacts *facts)
{
  g_autofree char *text = g_utf8_make_valid (body != NULL ? body : "", (gssize) MIN (length, 65536));
  g_autofree char *plain = NULL;
  g_autofree char *words = NULL;
  const char *start = text;

  while (g_ascii_isspace (*start))
    start++;
  plain = *start == '<' ? strip_tags (start) : g_strdup (start);
  words = oh_excerpt (plain, TEXT_MAX);
  if (*words != '\0')
    oh_facts_take (&facts->error_message, g_steal_pointer (&words));
}
