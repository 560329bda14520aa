/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-http-head-private.h"

#include <string.h>

static gboolean
is_token_char (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-.^_`|~", c) != NULL);
}

static gboolean
is_token (const char *text)
{
  if (*text == '\0')
    return FALSE;
  for (; *text != '\0'; text++)
    if (!is_token_char (*text))
      return FALSE;
  return TRUE;
}

gsize
oh_http_head_find_end (const char *data, gsize length)
{
  const char *end = data + length;
  const char *line = data;

  while (line < end)
    {
      const char *newline = memchr (line, '\n', end - line);

      if (newline == NULL)
        return 0;
      if (line != data && (newline == line || (newline == line + 1 && *line == '\r')))
        return newline + 1 - data;
      line = newline + 1;
    }
  return 0;
}

/* Ends the line at @line with a NUL and returns the start of the next one, or NULL at the end of the text. */
static char *
end_line (char *line, char *end)
{
  char *newline = memchr (line, '\n', end - line);

  if (newline == NULL)
    return NULL;
  *newline = '\0';
  if (newline > line && newline[-1] == '\r')
    newline[-1] = '\0';
  return newline + 1;
}

/* Joins a folded line (RFC 9112, section 5.2) to the value before it; every byte between becomes a space. */
static void
unfold (OhHttpHead *self, char *line)
{
  OhHttpField *field = &g_array_index (self->fields, OhHttpField, self->fields->len - 1);
  char *start = self->text + (field->value - self->text);
  gsize length;

  for (char *at = start + strlen (start); at < line; at++)
    *at = ' ';
  length = strlen (start);
  while (length > 0 && (start[length - 1] == ' ' || start[length - 1] == '\t'))
    start[--length] = '\0';
}

/* @lenient: read what clients read in answers: folded lines, spaces before a colon */
static gboolean
parse_fields (OhHttpHead *self, char *line, char *end, gboolean lenient, const char **problem)
{
  while (line != NULL && line < end)
    {
      char *next = end_line (line, end);
      char *colon;
      char *value;
      gsize length;
      OhHttpField field;

      if (next == NULL || *line == '\0')
        break;
      if (lenient && (*line == ' ' || *line == '\t') && self->fields->len > 0)
        {
          unfold (self, line);
          self->oddities |= OH_ODDITY_FOLDED;
          line = next;
          continue;
        }
      colon = strchr (line, ':');
      if (*line == ' ' || *line == '\t' || colon == NULL)
        {
          *problem = "header-without-name";
          return FALSE;
        }
      *colon = '\0';
      if (lenient && colon > line && g_ascii_isspace (colon[-1]))
        {
          g_strchomp (line);
          self->oddities |= OH_ODDITY_SPACE;
        }
      if (!is_token (line))
        {
          *problem = "header-name";
          return FALSE;
        }
      value = colon + 1;
      while (*value == ' ' || *value == '\t')
        value++;
      length = strlen (value);
      while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        value[--length] = '\0';
      if (strchr (value, '\r') != NULL)
        {
          *problem = "header-control";
          return FALSE;
        }
      field.name = line;
      field.value = value;
      g_array_append_val (self->fields, field);
      line = next;
    }
  return TRUE;
}

static OhHttpHead *
head_new (const char *data, gsize length, const char **problem)
{
  OhHttpHead *self;

  if (memchr (data, '\0', length) != NULL)
    {
      *problem = "head-nul";
      return NULL;
    }
  self = g_new0 (OhHttpHead, 1);
  self->text = g_strndup (data, length);
  self->fields = g_array_sized_new (FALSE, FALSE, sizeof (OhHttpField), 24);
  return self;
}

static gboolean
parse_version (OhHttpHead *self, const char *text, const char **problem)
{
  if (!g_str_has_prefix (text, "HTTP/1.") || !g_ascii_isdigit (text[7]) || (text[8] != '\0' && text[8] != ' '))
    {
      *problem = "http-version";
      return FALSE;
    }
  self->minor = text[7] - '0';
  return TRUE;
}

OhHttpHead *
oh_http_head_parse_request (const char *data, gsize length, const char **problem)
{
  g_autoptr (OhHttpHead) self = head_new (data, length, problem);
  char *end;
  char *fields;
  char *space;
  char *version;

  if (self == NULL)
    return NULL;
  end = self->text + length;
  fields = end_line (self->text, end);
  space = strchr (self->text, ' ');
  version = strrchr (self->text, ' ');
  if (fields == NULL || space == NULL || version == space)
    {
      *problem = "request-line";
      return NULL;
    }
  *space = '\0';
  *version = '\0';
  self->method = self->text;
  self->target = space + 1;
  if (!is_token (self->method) || *self->target == '\0' || strpbrk (self->target, " \t\r") != NULL)
    {
      *problem = "request-line";
      return NULL;
    }
  if (!parse_version (self, version + 1, problem) || !parse_fields (self, fields, end, FALSE, problem))
    return NULL;
  return g_steal_pointer (&self);
}

/* What of an answer's framing only lenient clients read. */
static void
note_framing (OhHttpHead *self)
{
  const char *length = oh_http_head_get (self, "Content-Length");
  const char *encoding = oh_http_head_get (self, "Transfer-Encoding");

  if (length != NULL && (strchr (length, ',') != NULL || oh_http_head_count (self, "Content-Length") > 1))
    self->oddities |= OH_ODDITY_LENGTHS;
  if (encoding != NULL
      && (g_ascii_strcasecmp (encoding, "chunked") != 0 || oh_http_head_count (self, "Transfer-Encoding") > 1))
    self->oddities |= OH_ODDITY_CODINGS;
}

OhHttpHead *
oh_http_head_parse_response (const char *data, gsize length, const char **problem)
{
  g_autoptr (OhHttpHead) self = head_new (data, length, problem);
  char *end;
  char *fields;
  char *status;

  if (self == NULL)
    return NULL;
  end = self->text + length;
  fields = end_line (self->text, end);
  status = strchr (self->text, ' ');
  if (fields == NULL || status == NULL || !parse_version (self, self->text, problem))
    {
      *problem = "status-line";
      return NULL;
    }
  status++;
  if (strspn (status, "0123456789") != 3 || (status[3] != ' ' && status[3] != '\0') || *status == '0')
    {
      *problem = "status-line";
      return NULL;
    }
  self->status = (status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0');
  self->reason = status[3] == ' ' ? status + 4 : status + 3;
  if (!parse_fields (self, fields, end, TRUE, problem))
    return NULL;
  note_framing (self);
  return g_steal_pointer (&self);
}

OhHttpHead *
oh_http_head_parse_trailers (const char *data, gsize length)
{
  static const char *const refused[] = { "Content-Length", "Content-Encoding", "Content-Type", "Host", "Trailer" };
  const char *problem = NULL;
  g_autoptr (OhHttpHead) self = head_new (data, length, &problem);

  if (self == NULL || !parse_fields (self, self->text, self->text + length, FALSE, &problem))
    return NULL;
  for (guint i = self->fields->len; i-- > 0;)
    {
      const char *name = g_array_index (self->fields, OhHttpField, i).name;
      gboolean refuse = oh_http_head_is_hop_by_hop (self, name);

      for (guint j = 0; j < G_N_ELEMENTS (refused); j++)
        refuse = refuse || g_ascii_strcasecmp (name, refused[j]) == 0;
      if (refuse)
        g_array_remove_index (self->fields, i);
    }
  return g_steal_pointer (&self);
}

void
oh_http_head_free (OhHttpHead *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->fields);
  g_free (self->text);
  g_free (self);
}

const char *
oh_http_head_get (const OhHttpHead *self, const char *name)
{
  for (guint i = 0; i < self->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (self->fields, OhHttpField, i);

      if (g_ascii_strcasecmp (field->name, name) == 0)
        return field->value;
    }
  return NULL;
}

guint
oh_http_head_count (const OhHttpHead *self, const char *name)
{
  guint count = 0;

  for (guint i = 0; i < self->fields->len; i++)
    if (g_ascii_strcasecmp (g_array_index (self->fields, OhHttpField, i).name, name) == 0)
      count++;
  return count;
}

static gboolean
list_has_token (const char *list, const char *token)
{
  gsize token_length = strlen (token);

  while (*list != '\0')
    {
      gsize length;

      list += strspn (list, " \t,");
      length = strcspn (list, " \t,;");
      if (length == token_length && g_ascii_strncasecmp (list, token, length) == 0)
        return TRUE;
      list += strcspn (list, ",");
    }
  return FALSE;
}

gboolean
oh_http_head_has_token (const OhHttpHead *self, const char *name, const char *token)
{
  for (guint i = 0; i < self->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (self->fields, OhHttpField, i);

      if (g_ascii_strcasecmp (field->name, name) == 0 && list_has_token (field->value, token))
        return TRUE;
    }
  return FALSE;
}

gboolean
oh_http_head_is_hop_by_hop (const OhHttpHead *self, const char *name)
{
  static const char *const names[] = {
    "Connection",          "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate",
    "Proxy-Authentication-Info", "TE",   "Transfer-Encoding", "Upgrade",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (name, names[i]) == 0)
      return TRUE;
  /* What delimits or addresses the message is never the sender's to hide. */
  if (g_ascii_strcasecmp (name, "Content-Length") == 0 || g_ascii_strcasecmp (name, "Host") == 0)
    return FALSE;
  return oh_http_head_has_token (self, "Connection", name);
}

gboolean
oh_http_head_keeps_alive (const OhHttpHead *self)
{
  if (oh_http_head_has_token (self, "Connection", "close")
      || oh_http_head_has_token (self, "Proxy-Connection", "close"))
    return FALSE;
  return self->minor >= 1 || oh_http_head_has_token (self, "Connection", "keep-alive")
         || oh_http_head_has_token (self, "Proxy-Connection", "keep-alive");
}

/* @lenient: take a list of the same number (RFC 9110, section 8.6); @length: set if there is a Content-Length. Returns: -1 if malformed or contradictory, 0 if absent, 1 if there. */
static int
get_length (const OhHttpHead *self, gboolean lenient, guint64 *length)
{
  int found = 0;

  for (guint i = 0; i < self->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (self->fields, OhHttpField, i);
      g_auto (GStrv) values = NULL;

      if (g_ascii_strcasecmp (field->name, "Content-Length") != 0)
        continue;
      values = g_strsplit (field->value, ",", -1);
      if (values[0] == NULL || (!lenient && values[1] != NULL))
        return -1;
      for (char **item = values; *item != NULL; item++)
        {
          guint64 value;

          g_strstrip (*item);
          if (!g_ascii_string_to_unsigned (*item, 10, 0, G_MAXINT64, &value, NULL) || **item == '+'
              || (found != 0 && value != *length))
            return -1;
          *length = value;
          found = 1;
        }
    }
  return found;
}

gboolean
oh_http_head_get_request_framing (const OhHttpHead *self, OhFraming *framing, guint64 *length, const char **problem)
{
  const char *encoding = oh_http_head_get (self, "Transfer-Encoding");
  int has_length = get_length (self, FALSE, length);

  if (has_length < 0)
    {
      *problem = "content-length";
      return FALSE;
    }
  if (encoding != NULL && has_length > 0)
    {
      *problem = "length-and-coding";
      return FALSE;
    }
  if (encoding != NULL)
    {
      if (g_ascii_strcasecmp (encoding, "chunked") != 0 || oh_http_head_count (self, "Transfer-Encoding") != 1
          || self->minor == 0)
        {
          *problem = "transfer-encoding";
          return FALSE;
        }
      *framing = OH_FRAMING_CHUNKED;
      return TRUE;
    }
  *framing = has_length > 0 && *length > 0 ? OH_FRAMING_LENGTH : OH_FRAMING_NONE;
  return TRUE;
}

/* What clients read of an answer's transfer encodings: "identity" is none, and "chunked" is spoken once however often it
 * is named. Returns: FALSE if there is another one. */
static gboolean
get_response_encoding (const OhHttpHead *self, gboolean *chunked)
{
  *chunked = FALSE;
  for (guint i = 0; i < self->fields->len; i++)
    {
      const OhHttpField *field = &g_array_index (self->fields, OhHttpField, i);
      g_auto (GStrv) codings = NULL;

      if (g_ascii_strcasecmp (field->name, "Transfer-Encoding") != 0)
        continue;
      codings = g_strsplit (field->value, ",", -1);
      for (char **coding = codings; *coding != NULL; coding++)
        {
          g_strstrip (*coding);
          if (g_ascii_strcasecmp (*coding, "chunked") == 0)
            *chunked = TRUE;
          else if (**coding != '\0' && g_ascii_strcasecmp (*coding, "identity") != 0)
            return FALSE;
        }
    }
  return TRUE;
}

gboolean
oh_http_head_get_response_framing (const OhHttpHead *self,
                                   const char *method,
                                   OhFraming *framing,
                                   guint64 *length,
                                   const char **problem)
{
  gboolean chunked;
  int has_length;

  *framing = OH_FRAMING_NONE;
  if (strcmp (method, "HEAD") == 0 || self->status / 100 == 1 || self->status == 204 || self->status == 304)
    return TRUE;
  if (!get_response_encoding (self, &chunked))
    {
      *problem = "transfer-encoding";
      return FALSE;
    }
  if (chunked)
    {
      *framing = OH_FRAMING_CHUNKED;
      return TRUE;
    }
  has_length = get_length (self, TRUE, length);
  if (has_length < 0)
    {
      *problem = "content-length";
      return FALSE;
    }
  if (has_length == 0)
    *framing = OH_FRAMING_CLOSE;
  else if (*length > 0)
    *framing = OH_FRAMING_LENGTH;
  return TRUE;
}
