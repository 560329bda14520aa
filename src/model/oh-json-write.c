/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-json-write.h"

#include "oh-clock.h"
#include "oh-json-scan.h"

#include <inttypes.h>
#include <math.h>

void
oh_json_write_name (GString *out, const char *name)
{
  const char last = out->len > 0 ? out->str[out->len - 1] : '{';

  if (last != '{' && last != '[' && last != ' ')
    g_string_append (out, ", ");
  if (name != NULL)
    {
      g_string_append_c (out, '"');
      g_string_append (out, name);
      g_string_append (out, "\": ");
    }
}

void
oh_json_write_open (GString *out, const char *name, char bracket)
{
  oh_json_write_name (out, name);
  g_string_append_c (out, bracket);
}

void
oh_json_write_close (GString *out, char bracket)
{
  g_string_append_c (out, bracket);
}

void
oh_json_write_text (GString *out, const char *name, const char *text)
{
  oh_json_write_name (out, name);
  if (text != NULL)
    oh_json_quote (out, text, -1);
  else
    g_string_append (out, "null");
}

void
oh_json_write_int (GString *out, const char *name, gint64 value)
{
  char digits[24];

  oh_json_write_name (out, name);
  g_string_append_len (out, digits, g_snprintf (digits, sizeof digits, "%" PRId64, value));
}

void
oh_json_write_known (GString *out, const char *name, gint64 value, gboolean known)
{
  if (known)
    oh_json_write_int (out, name, value);
  else
    oh_json_write_text (out, name, NULL);
}

void
oh_json_write_real (GString *out, const char *name, double value)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  oh_json_write_name (out, name);
  g_string_append (out, isfinite (value) ? g_ascii_formatd (digits, sizeof digits, "%.15g", value) : "null");
}

void
oh_json_write_flag (GString *out, const char *name, gboolean value)
{
  oh_json_write_name (out, name);
  g_string_append (out, value ? "true" : "false");
}

void
oh_json_write_time (GString *out, const char *name, gint64 wall_ns)
{
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_utc (wall_ns / OH_NS_PER_S);
  g_autofree char *seconds = g_date_time_format (when, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *text = g_strdup_printf ("%s.%06dZ", seconds, (int) (wall_ns % OH_NS_PER_S / OH_NS_PER_US));

  oh_json_write_text (out, name, wall_ns > 0 ? text : NULL);
}

void
oh_json_write_ms (GString *out, const char *name, gint64 ns)
{
  oh_json_write_name (out, name);
  if (ns >= 0)
    g_string_append_printf (out, "%" PRId64 ".%03d", ns / OH_NS_PER_MS, (int) (ns % OH_NS_PER_MS / OH_NS_PER_US));
  else
    g_string_append (out, "null");
}
