/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log record of OTLP becomes an event as Smello's records are: kind "log", with what it says in "data". */
#include "config.h"
#include "oh-otlp-private.h"

#include "oh-json-scan.h"
#include "oh-json-write.h"

#include <string.h>

/* What is said of a place in the source, and of an exception, before and after semantic conventions 1.33. */
static const struct
{
  const char *attribute;
  const char *member; /* of "data" */
} members[] = {
  { "code.file.path", "pathname" },     { "code.filepath", "pathname" },  { "code.line.number", "lineno" },
  { "code.lineno", "lineno" },          { "code.function.name", "func_name" }, { "code.function", "func_name" },
  { "exception.stacktrace", "exc_text" },
};

void
oh_otlp_log_clear (OhOtlpLog *self)
{
  g_free (self->severity);
  g_free (self->name);
  g_free (self->scope);
  g_free (self->service);
  g_free (self->trace_id);
  g_free (self->span_id);
  if (self->attributes != NULL)
    g_string_free (self->attributes, TRUE);
  if (self->body != NULL)
    g_string_free (self->body, TRUE);
}

/* TRACE, DEBUG, INFO, WARN, ERROR, FATAL: four numbers each, from 1 on. (transfer full) */
static char *
find_level (const OhOtlpLog *self)
{
  static const char *const levels[] = { "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL" };

  if (self->severity != NULL && *self->severity != '\0')
    return g_ascii_strup (self->severity, -1);
  return g_strdup (self->number >= 1 && self->number <= 24 ? levels[(self->number - 1) / 4] : "INFO");
}

/* What it says in words: its body where that is a text; else its name, and what is said in it. (transfer full) */
static char *
find_message (OhJson attributes, OhJson body, const char *name)
{
  char *text = oh_json_dup_string (body);
  g_autofree char *own_name = oh_json_dup_string (oh_json_get (attributes, "event.name"));
  g_autofree char *what = NULL;
  g_autofree char *said = NULL;
  const char *event = name != NULL && *name != '\0' ? name : own_name;

  if (text != NULL)
    {
      /* Claude Code's: which model, or which tool. */
      what = oh_json_dup_string (oh_json_get (attributes, "tool_name"));
      if (what == NULL)
        what = oh_json_dup_string (oh_json_get (attributes, "model"));
      if (what == NULL || !g_str_has_prefix (text, "claude_code."))
        return text;
      said = text;
      return g_strdup_printf ("%s %s", said, what);
    }
  said = oh_json_dup_string (oh_json_get (body, "content"));
  if (said == NULL)
    said = oh_json_dup_string (oh_json_get_path (body, "message", "content", NULL));
  if (said == NULL && oh_json_get_kind (body) != OH_JSON_NULL && body.length > 0)
    said = oh_json_dup (body);
  if (said != NULL && event != NULL)
    return g_strdup_printf ("%s: %s", event, said);
  return g_strdup (said != NULL ? said : event != NULL ? event : "");
}

/* Which member of "data" says it; NULL: it is one of the extras. */
static const char *
find_member (const char *attribute)
{
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    if (g_strcmp0 (attribute, members[i].attribute) == 0)
      return members[i].member;
  return NULL;
}

static void
write_raw (GString *out, const char *name, OhJson value)
{
  oh_json_write_name (out, name);
  g_string_append_len (out, value.text, (gssize) value.length);
}

static void
write_attributes (GString *out, OhJson attributes, gboolean extras)
{
  OhJsonIter iter;
  OhJson key, value;

  oh_json_iter_init (&iter, attributes);
  while (oh_json_iter_next (&iter, &key, &value))
    {
      g_autofree char *name = oh_json_dup_string (key);
      const char *member = find_member (name);

      if (name != NULL && extras == (member == NULL))
        write_raw (out, member != NULL ? member : name, value);
    }
}

void
oh_otlp_log_tell (const OhOtlpLog *self, const char *resource, OhToldFunc func, gpointer func_data)
{
  g_auto (OhTold) told = { 0 };
  OhJson attributes = { 0 }, body = { 0 };
  g_autofree char *session = NULL, *event = NULL;
  GString *out;

  oh_json_parse (self->attributes->str, self->attributes->len, &attributes, NULL);
  oh_json_parse (self->body->str, self->body->len, &body, NULL);
  told.method = find_level (self);
  told.name = find_message (attributes, body, self->name);
  told.service = g_strdup (self->service != NULL ? self->service : self->scope);
  told.started_ns = told.ended_ns = self->time_ns;
  session = oh_json_dup_string (oh_json_get (attributes, "session.id"));
  if (session == NULL)
    session = oh_json_dup_string (oh_json_get (attributes, "gen_ai.conversation.id"));
  told.json = out = g_string_sized_new (self->attributes->len + self->body->len + 512);
  oh_json_write_open (out, NULL, '{');
  oh_json_write_text (out, "kind", "log");
  event = oh_json_dup_string (oh_json_get (attributes, "event.name"));
  if (self->name != NULL && *self->name != '\0')
    oh_json_write_text (out, "event", self->name);
  else if (event != NULL)
    oh_json_write_text (out, "event", event);
  if (session != NULL)
    oh_json_write_text (out, "session", session);
  if (self->trace_id != NULL)
    oh_json_write_text (out, "traceId", self->trace_id);
  if (self->trace_id != NULL && self->span_id != NULL)
    oh_json_write_text (out, "spanId", self->span_id);
  oh_json_write_open (out, "data", '{');
  oh_json_write_text (out, "level", told.method);
  oh_json_write_text (out, "logger_name", self->scope);
  oh_json_write_text (out, "message", told.name);
  write_attributes (out, attributes, FALSE);
  oh_json_write_open (out, "extra", '{');
  write_attributes (out, attributes, TRUE);
  /* What its words leave out. */
  if (oh_json_get_kind (body) == OH_JSON_OBJECT || oh_json_get_kind (body) == OH_JSON_ARRAY)
    write_raw (out, "body", body);
  oh_json_write_close (out, '}');
  oh_json_write_close (out, '}');
  oh_json_write_name (out, "resource");
  g_string_append (out, resource);
  oh_json_write_close (out, '}');
  func (&told, func_data);
}
