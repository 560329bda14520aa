/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-dns-private.h"

#include <string.h>

#define LABEL_MAX 63
#define WIRE_MAX 255
#define CLASS_INTERNET 1
#define FLAG_ANSWER 0x80
#define FLAG_RECURSION_DESIRED 1
#define FLAG_RECURSION_AVAILABLE 0x80
#define OPCODE 0x78
/* Points to the question's name. */
#define SAME_NAME (0xc000 | OH_DNS_HEAD)

static guint
get16 (const guint8 *at)
{
  return (guint) at[0] << 8 | at[1];
}

static void
append16 (GByteArray *out, guint value)
{
  const guint8 bytes[] = { (guint8) (value >> 8), (guint8) value };

  g_byte_array_append (out, bytes, sizeof bytes);
}

gboolean
oh_dns_read_question (OhDnsQuestion *self, const guint8 *message, gsize length)
{
  gsize at = OH_DNS_HEAD;
  gsize written = 0;

  if (length < OH_DNS_HEAD || (message[2] & (FLAG_ANSWER | OPCODE)) != 0 || get16 (message + 4) != 1)
    return FALSE;
  for (;;)
    {
      guint label;

      if (at >= length)
        return FALSE;
      label = message[at++];
      if (label == 0)
        break;
      if (label > LABEL_MAX || at + label > length || at + label - OH_DNS_HEAD > WIRE_MAX)
        return FALSE;
      if (written > 0)
        self->name[written++] = '.';
      for (guint i = 0; i < label; i++)
        {
          const guint8 byte = message[at + i];
          const gboolean plain = g_ascii_isalnum (byte) || byte == '-' || byte == '_';

          if (written + (plain ? 1 : 4) >= OH_DNS_NAME_MAX)
            return FALSE;
          if (plain)
            self->name[written++] = g_ascii_tolower ((char) byte);
          else
            written += (gsize) g_snprintf (self->name + written, 5, "\\%03u", byte);
        }
      at += label;
    }
  if (at + 4 > length)
    return FALSE;
  self->name[written] = '\0';
  self->type = get16 (message + at);
  self->internet = get16 (message + at + 2) == CLASS_INTERNET;
  self->end = at + 4;
  return TRUE;
}

GByteArray *
oh_dns_make_answer (
    const OhDnsQuestion *question, const guint8 *message, OhDnsCode code, const guint8 *data, gsize size, guint seconds)
{
  GByteArray *out = g_byte_array_new ();

  g_byte_array_append (out, message, 2);
  append16 (out, (guint) (FLAG_ANSWER | (message[2] & FLAG_RECURSION_DESIRED)) << 8 | FLAG_RECURSION_AVAILABLE | code);
  append16 (out, 1);
  append16 (out, data != NULL ? 1 : 0);
  append16 (out, 0);
  append16 (out, 0);
  g_byte_array_append (out, message + OH_DNS_HEAD, (guint) (question->end - OH_DNS_HEAD));
  if (data == NULL)
    return out;
  append16 (out, SAME_NAME);
  append16 (out, question->type);
  append16 (out, CLASS_INTERNET);
  append16 (out, seconds >> 16);
  append16 (out, seconds & 0xffff);
  append16 (out, (guint) size);
  g_byte_array_append (out, data, (guint) size);
  return out;
}

GByteArray *
oh_dns_make_complaint (const guint8 *message, gsize length)
{
  static const guint8 nothing[8] = { 0 };
  GByteArray *out;
  OhDnsCode code;

  if (length < OH_DNS_HEAD || (message[2] & FLAG_ANSWER) != 0)
    return NULL;
  code = (message[2] & OPCODE) != 0 ? OH_DNS_NOT_IMPLEMENTED : OH_DNS_BAD_FORMAT;
  out = g_byte_array_new ();
  g_byte_array_append (out, message, 2);
  append16 (out, (guint) (FLAG_ANSWER | (message[2] & (OPCODE | FLAG_RECURSION_DESIRED))) << 8 | FLAG_RECURSION_AVAILABLE | code);
  g_byte_array_append (out, nothing, sizeof nothing);
  return out;
}

GByteArray *
oh_dns_write_name (const char *name)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_auto (GStrv) labels = g_strsplit (name, ".", -1);
  const guint8 end = 0;

  for (char **label = labels; *label != NULL; label++)
    {
      const gsize length = strlen (*label);
      const guint8 count = (guint8) length;

      if (length == 0 || length > LABEL_MAX || strchr (*label, '\\') != NULL)
        return NULL;
      g_byte_array_append (out, &count, 1);
      g_byte_array_append (out, (const guint8 *) *label, (guint) length);
    }
  g_byte_array_append (out, &end, 1);
  return out->len <= WIRE_MAX ? g_steal_pointer (&out) : NULL;
}
