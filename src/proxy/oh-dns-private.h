/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions and answers of the Domain Name System (RFC 1035). Sans-I/O. */
#pragma once
#include <glib.h>

G_BEGIN_DECLS

#define OH_DNS_HEAD 12
#define OH_DNS_NAME_MAX 254

typedef enum
{
  OH_DNS_A = 1,
  OH_DNS_PTR = 12,
  OH_DNS_AAAA = 28,
  OH_DNS_SVCB = 64,
  OH_DNS_HTTPS = 65,
  OH_DNS_ANY = 255,
} OhDnsType;

typedef enum
{
  OH_DNS_FINE = 0,
  OH_DNS_BAD_FORMAT = 1,
  OH_DNS_FAILED = 2,
  OH_DNS_NO_SUCH_NAME = 3,
  OH_DNS_NOT_IMPLEMENTED = 4,
} OhDnsCode;

typedef struct
{
  guint type;                  /* OhDnsType, or another one */
  gboolean internet;           /* its class */
  char name[OH_DNS_NAME_MAX + 1]; /* in lower case, without a dot at its end; odd characters escaped as \DDD */
  gsize end;                   /* of the question in the message */
} OhDnsQuestion;

/* Returns: FALSE if this is not one plain question. */
gboolean oh_dns_read_question (OhDnsQuestion *self, const guint8 *message, gsize length);

/* An answer to that question. (transfer full)
 * @data, @size: of one record of the type that was asked for; NULL: there is none
 * @seconds: for which it is good */
GByteArray *oh_dns_make_answer (
    const OhDnsQuestion *question, const guint8 *message, OhDnsCode code, const guint8 *data, gsize size, guint seconds);
/* An answer to what is no plain question (RFC 1035, 4.1.1): several of them, none, a broken one, another operation.
 * Returns: (transfer full) (nullable): it is an answer itself, or has not even a header */
GByteArray *oh_dns_make_complaint (const guint8 *message, gsize length);
/* A name as records have it. (transfer full), or NULL if it is none */
GByteArray *oh_dns_write_name (const char *name);

G_END_DECLS
