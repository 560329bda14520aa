/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nearly all that is said holds no secret. That is seen here without making anything, where it can be. */
#include "config.h"
#include "oh-secret-filter-private.h"

#include "oh-json-scan.h"
#include "oh-redact-skip-private.h"
#include "oh-secret-patterns-private.h"

#include <string.h>

static gboolean
names_secret (const char *text, gsize length)
{
  g_autofree char *name = NULL;

  if (length > NAME_MAX_LENGTH || oh_redact_find_name_end (text, text + length) != text + length ||
      !oh_secret_name_may_be (text, length))
    return FALSE;
  name = g_strndup (text, length);
  return oh_secret_name_in_general (name) || oh_secret_name_in_body (name, FALSE) != OH_SECRET_NO;
}

/* What a redactor makes of it, as a text of JSON. */
static gboolean
is_left_alone (OhSecrets *secrets, const char *text, gsize length)
{
  GString *json = g_string_sized_new (length + 64);
  g_autofree char *quoted = NULL;
  g_autofree char *safe = NULL;

  oh_json_quote (json, text, (gssize) length);
  quoted = g_string_free (json, FALSE);
  safe = oh_redactor_apply (secrets, OH_REDACT_JSON, quoted);
  return g_str_equal (safe, quoted);
}

gboolean
oh_secret_filter_is_plain (OhSecrets *secrets, const char *text, gsize length, gboolean name)
{
  const char *end = text + length, *from = text;

  if (length == 0)
    return TRUE;
  if (memchr (text, '\0', length) != NULL || names_secret (text, length) || oh_secret_patterns_any ())
    return FALSE;
  while (from < end && (guchar) *from <= ' ')
    from++;
  if (from < end && strchr ("{[\"\\", *from) != NULL)
    {
      if (oh_redact_skip_strings (from, end, FALSE, FALSE) != end && !is_left_alone (secrets, text, length))
        return FALSE;
    }
  else if (memmem (text, length, "://", 3) != NULL && !is_left_alone (secrets, text, length))
    return FALSE;
  if (name)
    {
      g_autofree char *whole = g_strndup (text, length);
      g_autofree char *safe = oh_secret_filter_text (secrets, whole);

      return g_str_equal (safe, whole);
    }
  return TRUE;
}
