/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-questions-private.h"
#include "oh-dns-private.h"
#include "oh-listener-private.h"
#include "oh-source.h"

#include <errno.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GOOD_FOR_S 30
#define KNOWN_US (10 * G_USEC_PER_SEC)
#define KNOWN_MAX 1000
#define MESSAGE_MAX 65535
#define UDP_MAX 1232 /* what every network carries (DNS Flag Day 2020) */
#define FLAG_TRUNCATED 2
#define PATIENCE_S 15

/* What is known of a name. */
typedef struct
{
  OhDnsCode code;
  gboolean has4;
  gboolean has6;
  gint64 until;
} Known;

struct _OhQuestions
{
  gatomicrefcount refs;
  OhCore *core;
  gint64 run_id;
  OhNames *names;
  GHashTable *known; /* name → Known */
  GSocket *udp;
  GSource *udp_source;
  OhListener *tcp;
  GCancellable *cancellable;
  OhQuestionsSendFunc send;
  gpointer data;
  gboolean stopped;
};

/* One question, with the way back. */
typedef struct
{
  OhQuestions *self;
  GByteArray *message;
  OhDnsQuestion read;
  GByteArray *packet;          /* that it came in; or */
  struct sockaddr_storage from; /* who sent it to the socket, */
  socklen_t from_length;
  guint8 control[128];         /* and to which address; or */
  gsize control_length;
  GSocketConnection *connection; /* that it came by */
} Question;

static void take_next (OhQuestions *self, GSocketConnection *connection);

static void
question_free (gpointer data)
{
  Question *question = data;

  g_byte_array_unref (question->message);
  g_clear_pointer (&question->packet, g_byte_array_unref);
  g_clear_object (&question->connection);
  oh_questions_unref (question->self);
  g_free (question);
}

static Question *
question_new (OhQuestions *self, const guint8 *message, gsize length)
{
  Question *question = g_new0 (Question, 1);

  g_atomic_ref_count_inc (&self->refs);
  question->self = self;
  question->message = g_byte_array_new ();
  g_byte_array_append (question->message, message, (guint) length);
  return question;
}

/* ---- answers ---- */

static void
written (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *question = data;

  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL) && !question->self->stopped)
    take_next (question->self, question->connection);
  question_free (question);
}

static void
answer_by_connection (Question *question, GByteArray *answer)
{
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (question->connection));
  const guint8 length[] = { (guint8) (answer->len >> 8), (guint8) answer->len };

  g_byte_array_set_size (question->message, 0);
  g_byte_array_append (question->message, length, sizeof length);
  g_byte_array_append (question->message, answer->data, answer->len);
  g_output_stream_write_all_async (out, question->message->data, question->message->len, G_PRIORITY_DEFAULT,
                                   question->self->cancellable, written, question);
}

static void
answer_by_socket (Question *question, GByteArray *answer)
{
  struct iovec part = { answer->data, answer->len };
  const struct msghdr message = { .msg_name = &question->from, .msg_namelen = question->from_length, .msg_iov = &part,
                                  .msg_iovlen = 1, .msg_control = question->control,
                                  .msg_controllen = question->control_length };

  sendmsg (g_socket_get_fd (question->self->udp), &message, MSG_DONTWAIT);
}

static void
answer_by_packet (Question *question, GByteArray *answer)
{
  g_autofree guint8 *room = g_malloc (OH_PACKET_MAX);
  OhPacket packet;
  gsize length;

  if (!oh_packet_read (&packet, question->packet->data, question->packet->len))
    return;
  length = oh_packet_make_answer (&packet, answer->data, answer->len, room);
  if (length > 0)
    question->self->send (room, length, question->self->data);
}

/* @question, @answer: (transfer full) */
static void
answer (Question *question, GByteArray *taken)
{
  g_autoptr (GByteArray) message = taken;

  if (question->self->stopped)
    {
      question_free (question);
      return;
    }
  if (question->connection != NULL)
    {
      answer_by_connection (question, message);
      return;
    }
  /* It comes again over TCP. */
  if (message->len > UDP_MAX)
    {
      g_autoptr (GByteArray) whole = g_steal_pointer (&message);

      message = oh_dns_make_answer (&question->read, question->message->data, OH_DNS_FINE, NULL, 0, 0);
      message->data[2] |= FLAG_TRUNCATED;
    }
  if (question->packet != NULL)
    answer_by_packet (question, message);
  else
    answer_by_socket (question, message);
  question_free (question);
}

static void
answer_with (Question *question, OhDnsCode code, const guint8 *data, gsize size)
{
  answer (question, oh_dns_make_answer (&question->read, question->message->data, code, data, size, GOOD_FOR_S));
}

static void
answer_address (Question *question, const Known *known)
{
  const gboolean is6 = question->read.type == OH_DNS_AAAA;
  OhEnd end;

  if (known->code != OH_DNS_FINE || !(is6 ? known->has6 : known->has4))
    {
      answer_with (question, known->code, NULL, 0);
      return;
    }
  end = oh_names_get_address (question->self->names, question->read.name, is6 ? 6 : 4);
  answer_with (question, OH_DNS_FINE, end.address, is6 ? 16 : 4);
}

/* ---- finding out ---- */

static void
looked_up (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *question = data;
  OhQuestions *self = question->self;
  g_autoptr (GError) error = NULL;
  GList *addresses = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);
  Known known = { .code = OH_DNS_FINE, .until = g_get_monotonic_time () + KNOWN_US };

  for (GList *link = addresses; link != NULL; link = link->next)
    if (g_inet_address_get_family (link->data) == G_SOCKET_FAMILY_IPV6)
      known.has6 = TRUE;
    else
      known.has4 = TRUE;
  g_resolver_free_addresses (addresses);
  if (g_error_matches (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND))
    known.code = OH_DNS_NO_SUCH_NAME;
  else if (error != NULL)
    known.code = OH_DNS_FAILED;
  if (known.code != OH_DNS_FAILED)
    {
      if (g_hash_table_size (self->known) >= KNOWN_MAX)
        g_hash_table_remove_all (self->known);
      g_hash_table_replace (self->known, g_strdup (question->read.name), g_memdup2 (&known, sizeof known));
    }
  answer_address (question, &known);
}

static gboolean
is_local (const char *name)
{
  return g_str_equal (name, "localhost") || g_str_has_suffix (name, ".localhost");
}

static void
find_address (Question *question)
{
  OhQuestions *self = question->self;
  const char *name = question->read.name;
  g_autoptr (OhDetour) detour = oh_admission_find_detour (self->core->admission, self->run_id, name);
  const Known *known = g_hash_table_lookup (self->known, name);
  const Known always = { .has4 = TRUE, .has6 = TRUE };
  const Known never = { .code = OH_DNS_NO_SUCH_NAME };
  /* It is whole: nothing of this computer's search list goes behind it. */
  g_autofree char *whole = g_strconcat (name, is_local (name) ? "" : ".", NULL);

  if (detour != NULL)
    answer_address (question, &always);
  /* RFC 6761, 6.4 */
  else if (g_str_has_suffix (name, ".invalid"))
    answer_address (question, &never);
  else if (known != NULL && known->until > g_get_monotonic_time ())
    answer_address (question, known);
  else
    g_resolver_lookup_by_name_async (g_resolver_get_default (), whole, self->cancellable, looked_up, question);
}

/* Asks this computer's nameserver the question as it is. */
static void
pass_on_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Question *question = data;
  g_autofree guint8 *room = g_malloc (MESSAGE_MAX);
  struct __res_state state;
  int n = -1;

  memset (&state, 0, sizeof state);
  if (res_ninit (&state) == 0)
    {
      n = res_nsend (&state, question->message->data, (int) question->message->len, room, MESSAGE_MAX);
      res_nclose (&state);
    }
  g_task_return_pointer (task, n >= OH_DNS_HEAD ? g_byte_array_new_take (g_steal_pointer (&room), (gsize) n) : NULL,
                         (GDestroyNotify) g_byte_array_unref);
}

static void
passed_on (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *question = data;
  GByteArray *found = g_task_propagate_pointer (G_TASK (result), NULL);

  if (found != NULL)
    answer (question, found);
  else
    answer_with (question, OH_DNS_FAILED, NULL, 0);
}

static void
pass_on (Question *question)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, passed_on, question);

  g_task_set_source_tag (task, pass_on);
  g_task_set_task_data (task, question, NULL);
  g_task_run_in_thread (task, pass_on_in_thread);
}

/* The address that a name in in-addr.arpa or ip6.arpa is about. */
static gboolean
read_reverse (const char *name, OhEnd *end)
{
  guint bytes[4];
  int used = 0;

  memset (end, 0, sizeof *end);
  if (sscanf (name, "%3u.%3u.%3u.%3u.in-addr.arpa%n", &bytes[3], &bytes[2], &bytes[1], &bytes[0], &used) == 4 && used > 0
      && name[used] == '\0')
    {
      for (guint i = 0; i < 4; i++)
        end->address[i] = (guint8) bytes[i];
      end->version = 4;
      return TRUE;
    }
  if (strlen (name) != 64 + strlen ("ip6.arpa") || !g_str_has_suffix (name, ".ip6.arpa"))
    return FALSE;
  for (guint i = 0; i < 32; i++)
    {
      const int digit = g_ascii_xdigit_value (name[62 - 2 * i]);

      if (digit < 0 || name[63 - 2 * i] != '.')
        return FALSE;
      end->address[i / 2] |= (guint8) (i % 2 == 0 ? digit << 4 : digit);
    }
  end->version = 6;
  return TRUE;
}

static void
find_name (Question *question)
{
  g_autofree char *name = NULL;
  g_autoptr (GByteArray) wire = NULL;
  OhEnd end;

  if (!read_reverse (question->read.name, &end) || !oh_names_find (question->self->names, &end, &name))
    {
      pass_on (question);
      return;
    }
  wire = name != NULL ? oh_dns_write_name (name) : NULL;
  answer_with (question, wire != NULL ? OH_DNS_FINE : OH_DNS_NO_SUCH_NAME, wire != NULL ? wire->data : NULL,
               wire != NULL ? wire->len : 0);
}

static void
find_out (Question *question)
{
  OhDnsQuestion *read = &question->read;
  const gboolean plain = oh_dns_read_question (read, question->message->data, question->message->len);
  GByteArray *complaint = plain ? NULL : oh_dns_make_complaint (question->message->data, question->message->len);

  if (complaint != NULL)
    answer (question, complaint);
  else if (question->self->stopped || !plain)
    question_free (question);
  else if (!read->internet || *read->name == '\0' || strchr (read->name, '\\') != NULL)
    pass_on (question);
  else if (read->type == OH_DNS_A || read->type == OH_DNS_AAAA)
    find_address (question);
  else if (read->type == OH_DNS_PTR)
    find_name (question);
  /* They would name other addresses, and keys for a hello that nobody can read. */
  else if (read->type == OH_DNS_HTTPS || read->type == OH_DNS_SVCB || read->type == OH_DNS_ANY)
    answer_with (question, OH_DNS_FINE, NULL, 0);
  else
    pass_on (question);
}

/* ---- how questions come ---- */

static gboolean
take_in_context (gpointer data)
{
  find_out (data);
  return G_SOURCE_REMOVE;
}

void
oh_questions_take_packet (OhQuestions *self, const OhPacket *packet)
{
  Question *question = question_new (self, packet->data + packet->payload, packet->length - packet->payload);

  question->packet = g_byte_array_new ();
  g_byte_array_append (question->packet, packet->data, (guint) packet->length);
  g_main_context_invoke (self->core->context, take_in_context, question);
}

static gboolean
udp_ready (GSocket *socket, GIOCondition condition, gpointer data)
{
  OhQuestions *self = data;
  guint8 bytes[4096];
  Question *question = question_new (self, bytes, 0);
  struct iovec part = { bytes, sizeof bytes };
  struct msghdr message = { .msg_name = &question->from, .msg_namelen = sizeof question->from, .msg_iov = &part,
                            .msg_iovlen = 1, .msg_control = question->control,
                            .msg_controllen = sizeof question->control };
  const ssize_t n = recvmsg (g_socket_get_fd (socket), &message, MSG_DONTWAIT);

  if (n <= 0)
    {
      question_free (question);
      return G_SOURCE_CONTINUE;
    }
  g_byte_array_append (question->message, bytes, (guint) n);
  question->from_length = message.msg_namelen;
  question->control_length = message.msg_controllen;
  find_out (question);
  return G_SOURCE_CONTINUE;
}

static void
message_came (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *question = data;
  gsize n = 0;

  if (g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &n, NULL) && n == question->message->len && n > 0)
    find_out (question);
  else
    question_free (question);
}

static void
length_came (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *question = data;
  gsize n = 0;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &n, NULL) || n != 2)
    {
      question_free (question);
      return;
    }
  g_byte_array_set_size (question->message, (guint) question->message->data[0] << 8 | question->message->data[1]);
  g_input_stream_read_all_async (G_INPUT_STREAM (source), question->message->data, question->message->len,
                                 G_PRIORITY_DEFAULT, question->self->cancellable, message_came, question);
}

static void
take_next (OhQuestions *self, GSocketConnection *connection)
{
  static const guint8 room[2] = { 0 };
  Question *question = question_new (self, room, sizeof room);

  question->connection = g_object_ref (connection);
  g_input_stream_read_all_async (g_io_stream_get_input_stream (G_IO_STREAM (connection)), question->message->data, 2,
                                 G_PRIORITY_DEFAULT, self->cancellable, length_came, question);
}

void
oh_questions_take_connection (OhQuestions *self, GSocketConnection *connection)
{
  if (self->stopped)
    return;
  g_socket_set_timeout (g_socket_connection_get_socket (connection), PATIENCE_S);
  take_next (self, connection);
}

static void
connection_came (GSocketConnection *connection, gpointer data)
{
  oh_questions_take_connection (data, connection);
}

OhQuestions *
oh_questions_new (OhCore *core, gint64 run_id, OhNames *names, int udp, int tcp, OhQuestionsSendFunc send, gpointer data)
{
  OhQuestions *self = g_new0 (OhQuestions, 1);
  const int yes = 1;

  g_atomic_ref_count_init (&self->refs);
  self->core = core;
  self->run_id = run_id;
  self->names = names;
  self->send = send;
  self->data = data;
  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->cancellable = g_cancellable_new ();
  /* An answer comes from the address that was asked; of either family, this does not matter where it is not known. */
  setsockopt (udp, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof yes);
  setsockopt (udp, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes);
  self->udp = g_socket_new_from_fd (udp, NULL);
  if (self->udp != NULL)
    {
      self->udp_source = g_socket_create_source (self->udp, G_IO_IN, NULL);
      g_source_set_callback (self->udp_source, G_SOURCE_FUNC (udp_ready), self, NULL);
      g_source_attach (self->udp_source, core->context);
    }
  self->tcp = oh_listener_new_from_fd (tcp);
  if (self->tcp != NULL)
    oh_listener_start (self->tcp, core->context, connection_came, self);
  return self;
}

void
oh_questions_stop (OhQuestions *self)
{
  if (self->stopped)
    return;
  self->stopped = TRUE;
  g_cancellable_cancel (self->cancellable);
  oh_source_drop (&self->udp_source);
  g_clear_pointer (&self->tcp, oh_listener_free);
}

void
oh_questions_unref (OhQuestions *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  if (self->udp != NULL)
    g_socket_close (self->udp, NULL);
  g_clear_object (&self->udp);
  g_object_unref (self->cancellable);
  g_hash_table_unref (self->known);
  g_free (self);
}
