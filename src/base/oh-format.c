/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-format.h"

#include "oh-clock.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>
#include <time.h>

#define UNKNOWN "–"
#define ABOUT "≈"
/* First strong isolate, and its end: a unit in the user's own letters turns its number, too. */
#define ISOLATED(text) "\u2068" text "\u2069"

static gboolean is_rtl;

void
oh_format_set_rtl (gboolean rtl)
{
  is_rtl = rtl;
}

char *
oh_format_isolate (const char *text)
{
  return is_rtl ? g_strdup_printf (ISOLATED ("%s"), text) : g_strdup (text);
}

char *
oh_format_count (gint64 n)
{
  if (n < 0)
    return g_strdup (UNKNOWN);
  return g_strdup_printf ("%'" G_GINT64_MODIFIER "d", n);
}

char *
oh_format_short (double n)
{
  g_autofree char *text = NULL;

  /* Three digits of 999,999 are those of a million. */
  if (n >= 999.5e6)
    text = g_strdup_printf (_ ("%.3gG"), n / 1e9);
  else if (n >= 999.5e3)
    text = g_strdup_printf (_ ("%.3gM"), n / 1e6);
  else if (n >= 999.5)
    text = g_strdup_printf (_ ("%.3gk"), n / 1e3);
  else
    text = oh_format_count ((gint64) n);
  return oh_format_isolate (text);
}

char *
oh_format_tokens (gint64 n, gboolean estimated)
{
  g_autofree char *count = oh_format_count (n);

  if (!estimated || n < 0)
    return g_steal_pointer (&count);
  return g_strdup_printf (is_rtl ? ISOLATED (ABOUT "%s") : ABOUT "%s", count);
}

char *
oh_format_percent (double percent, int decimals)
{
  g_autofree char *text = g_strdup_printf (decimals > 0 ? _ ("%.1f %%") : _ ("%.0f %%"), percent);

  return oh_format_isolate (text);
}

char *
oh_format_bytes (gint64 n)
{
  if (n < 0)
    return g_strdup (UNKNOWN);
  return g_format_size ((guint64) n);
}

char *
oh_format_duration (gint64 ns)
{
  double s = (double) ns / OH_NS_PER_S;

  if (ns < 0)
    return g_strdup (UNKNOWN);
  if (ns < 10 * OH_NS_PER_MS)
    return g_strdup_printf (_ ("%.1f ms"), s * 1000);
  if (s < 0.9995)
    return g_strdup_printf (_ ("%.0f ms"), s * 1000);
  if (s < 59.95)
    return g_strdup_printf (_ ("%.1f s"), s);
  if (s < 3599.5)
    return g_strdup_printf (_ ("%d min %d s"), (int) (s + 0.5) / 60, (int) (s + 0.5) % 60);
  return g_strdup_printf (_ ("%d h %d min"), (int) (s + 30) / 3600, (int) (s + 30) % 3600 / 60);
}

static GDateTime *
local_time (gint64 wall_ns)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (wall_ns / OH_NS_PER_S);

  return g_date_time_to_local (utc);
}

/* Not by GDateTime: a list shows many of these, and it looks for the time zone's file each time. */
char *
oh_format_time (gint64 wall_ns)
{
  const time_t seconds = (time_t) (wall_ns / OH_NS_PER_S);
  struct tm when;

  if (wall_ns < 0 || localtime_r (&seconds, &when) == NULL)
    return g_strdup (UNKNOWN);
  return g_strdup_printf ("%02d:%02d:%02d.%03d", when.tm_hour, when.tm_min, when.tm_sec,
                          (int) (wall_ns % OH_NS_PER_S / OH_NS_PER_MS));
}

char *
oh_format_moment (gint64 wall_ns, gint64 now_ns, gboolean brief)
{
  const time_t seconds = (time_t) (wall_ns / OH_NS_PER_S), now_seconds = (time_t) (now_ns / OH_NS_PER_S);
  struct tm when, now;

  if (wall_ns < 0 || localtime_r (&seconds, &when) == NULL || localtime_r (&now_seconds, &now) == NULL)
    return g_strdup (UNKNOWN);
  if (when.tm_yday != now.tm_yday || when.tm_year != now.tm_year)
    return g_strdup_printf (brief ? "%02d-%02d" : is_rtl ? ISOLATED ("%02d-%02d %02d:%02d") : "%02d-%02d %02d:%02d",
                            when.tm_mon + 1, when.tm_mday, when.tm_hour, when.tm_min);
  if (brief)
    return g_strdup_printf ("%02d:%02d:%02d", when.tm_hour, when.tm_min, when.tm_sec);
  return oh_format_time (wall_ns);
}

char *
oh_format_date_time (gint64 wall_ns)
{
  g_autoptr (GDateTime) when = NULL;

  if (wall_ns < 0)
    return g_strdup (UNKNOWN);
  when = local_time (wall_ns);
  return g_date_time_format (when, is_rtl ? ISOLATED ("%Y-%m-%d %H:%M:%S") : "%Y-%m-%d %H:%M:%S");
}

char *
oh_format_cost (double dollars, gboolean approximate)
{
  if (isnan (dollars) || dollars < 0)
    return g_strdup (UNKNOWN);
  if (dollars == 0 || dollars >= 0.0995)
    return g_strdup_printf (is_rtl && approximate ? ISOLATED ("%s$%.2f") : "%s$%.2f", approximate ? ABOUT : "", dollars);
  return g_strdup_printf (is_rtl && approximate ? ISOLATED ("%s$%.4f") : "%s$%.4f", approximate ? ABOUT : "", dollars);
}

static gboolean
is_invisible (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
      return TRUE;
    default:
      /* Fillers and joiners without a shape, and the supplements that carry text in variation selectors and tags. */
      return c == 0x034F || c == 0x115F || c == 0x1160 || c == 0x3164 || c == 0xFFA0 || (c >= 0x17B4 && c <= 0x17B5) ||
             (c >= 0x180B && c <= 0x180F) || (c >= 0xFE00 && c <= 0xFE0E) || (c >= 0xE0000 && c <= 0xE0FFF);
    }
}

char *
oh_format_visible (const char *text, gboolean one_line)
{
  GString *out;

  g_return_val_if_fail (text != NULL, NULL);

  out = g_string_new (NULL);
  while (*text != '\0')
    {
      const gunichar c = g_utf8_get_char_validated (text, -1);

      if (c == (gunichar) -1 || c == (gunichar) -2)
        {
          g_string_append_printf (out, "\\x%02x", (guchar) *text++);
          continue;
        }
      if (!one_line && (c == '\n' || c == '\t'))
        g_string_append_unichar (out, c);
      else if (c == '\n' || c == '\r' || c == '\t')
        g_string_append_printf (out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
      else if (!is_invisible (c))
        g_string_append_unichar (out, c);
      else if (c > 0xFFFF)
        g_string_append_printf (out, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF));
      else
        g_string_append_printf (out, "\\u%04x", c);
      text = g_utf8_next_char (text);
    }
  return g_string_free (out, FALSE);
}

char *
oh_format_address (const char *url)
{
  const char *scheme = strstr (url, "://");
  const char *from = scheme != NULL ? scheme + strlen ("://") : url;
  /* Where a password is written as it is, the last "@" ends it. */
  const char *at = strrchr (from, '@');
  const char *host = at != NULL ? at + 1 : from;

  return g_strdup_printf ("%.*s%.*s", (int) (from - url), url, (int) strcspn (host, "?#"), host);
}
