/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-intake-private.h"

#include "oh-http-body-private.h"
#include "oh-telling-private.h"

#include <glib/gi18n.h>
#include <libsoup/soup.h>
#include <string.h>

#define PREFIX "/in/"
#define PROJECT_PREFIX "/otel/"

struct _OhIntake
{
  OhGate *gate;
  OhHttpHead *head;
  char *target;        /* as it came, behind the token */
  char *path;
  OhHttpBody framing;
  GByteArray *bytes;
  gsize held;          /* of the room */
  OhTelling *telling;  /* all of the body is there, and a worker has it */
};

static void
intake_free (OhIntake *self)
{
  oh_telling_cancel (self->telling);
  oh_telling_give_room_back (&self->held);
  oh_http_head_free (self->head);
  oh_http_body_clear (&self->framing);
  g_byte_array_unref (self->bytes);
  g_free (self->target);
  g_free (self->path);
  g_free (self);
}

static void
told (const OhIngestReply *reply, gpointer data)
{
  OhIntake *self = data;
  OhGate *gate = self->gate;
  g_autoptr (GString) head = g_string_new (NULL);
  const gboolean keep = oh_http_head_keeps_alive (self->head);
  gsize length;
  const char *body = g_bytes_get_data (reply->body, &length);

  g_string_append_printf (head, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n%s\r\n",
                          reply->status, soup_status_get_phrase (reply->status), reply->type, length,
                          keep ? "" : "Connection: close\r\n");
  g_string_append_len (head, body, (gssize) length);
  self->telling = NULL;
  intake_free (self);
  oh_gate_dismiss (gate);
  if (oh_gate_write (gate, g_string_free_to_bytes (g_steal_pointer (&head))))
    oh_gate_message_done (gate, keep, FALSE);
  else
    oh_gate_close (gate, FALSE);
}

static void
take (OhIntake *self)
{
  g_autoptr (GBytes) body = g_byte_array_free_to_bytes (g_steal_pointer (&self->bytes));

  if (self->gate->run_id != 0)
    oh_telling_forward_send (self->gate->core->forward, self->gate->run_id, self->target, self->head, body);
  /* A client that sends on has it read once it has been answered. */
  oh_gate_rest (self->gate);
  self->telling = oh_telling_new (self->gate, self->path, oh_http_head_get (self->head, "Content-Type"),
                                  oh_http_head_get (self->head, "Content-Encoding"),
                                  g_steal_pointer (&body), &self->held, told, self);
  self->bytes = g_byte_array_new ();
}

static void
refuse (OhIntake *self, guint status, const char *extra, const char *text)
{
  OhGate *gate = self->gate;

  oh_gate_dismiss (gate);
  intake_free (self);
  oh_gate_refuse (gate, status, extra, text);
}

static void
came (gpointer guest)
{
  OhIntake *self = guest;
  OhGate *gate = self->gate;
  g_autofree guint8 *out = g_malloc (gate->pending->len + 1);
  gsize length = 0, consumed = 0;

  if (self->telling != NULL)
    return;
  if (!oh_http_body_feed (&self->framing, gate->pending->data, gate->pending->len, out, &length, &consumed))
    {
      refuse (self, 400, NULL, "Overhear: the body's chunks are malformed.\n");
      return;
    }
  g_byte_array_append (self->bytes, out, (guint) length);
  g_byte_array_remove_range (gate->pending, 0, (guint) consumed);
  if (!oh_telling_take_room (&self->held, length))
    refuse (self, 503, "Retry-After: 1\r\n", "Overhear: too much comes in at once.\n");
  else if (self->bytes->len > OH_INGEST_MAX)
    refuse (self, 413, NULL, "Overhear: the body is larger than 64 MiB.\n");
  else if (self->framing.done)
    take (self);
}

static void
stop (gpointer guest)
{
  intake_free (guest);
}

static const OhGuestClass guest_class = { .came = came, .stop = stop };

gboolean
oh_intake_wants (const char *target)
{
  return g_str_has_prefix (target, PREFIX);
}

/* Where SideSeat's SDK sends: /otel/PROJECT/v1/traces. Returns: where what follows begins */
static const char *
skip_project (const char *path)
{
  const char *project = g_str_has_prefix (path, PROJECT_PREFIX) ? path + strlen (PROJECT_PREFIX) : NULL;
  const char *rest = project != NULL ? strchr (project, '/') : NULL;

  return rest != NULL ? rest : path;
}

/* Without the query, and the slashes too many of who joins an address that ends in one with a path, or says one behind it.
 * (transfer full) */
static char *
make_path (const char *target)
{
  gsize length;

  while (target[0] == '/' && target[1] == '/')
    target++;
  target = skip_project (target);
  length = strcspn (target, "?");
  while (length > 1 && target[length - 1] == '/')
    length--;
  return g_strndup (target, length);
}

void
oh_intake_start_at (OhGate *gate, OhHttpHead *head, const char *target)
{
  g_autoptr (OhHttpHead) owned = head;
  g_autofree char *path = make_path (target);
  static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
  const char *problem = NULL;
  OhFraming framing;
  guint64 length = 0;
  OhIntake *self;

  if (!oh_ingest_knows (path))
    oh_gate_refuse (gate, 404, NULL, "Overhear: nothing is taken at this address.\n");
  else if (strcmp (head->method, "POST") != 0)
    oh_gate_refuse (gate, 405, "Allow: POST\r\n", "Overhear: only POST is taken here.\n");
  else if (gate->core->mark != NULL && g_strcmp0 (oh_http_head_get (head, "Overhear-Store"), gate->core->mark) == 0)
    oh_gate_refuse (gate, 508, NULL, "Overhear: this comes from here.\n");
  else if (!oh_http_head_get_request_framing (head, &framing, &length, &problem))
    oh_gate_refuse (gate, 400, NULL, problem);
  else if (framing == OH_FRAMING_LENGTH && length > OH_INGEST_MAX)
    oh_gate_refuse (gate, 413, NULL, "Overhear: the body is larger than 64 MiB.\n");
  else
    {
      self = g_new0 (OhIntake, 1);
      self->gate = gate;
      self->head = g_steal_pointer (&owned);
      self->target = g_strdup (target);
      self->path = g_steal_pointer (&path);
      self->bytes = g_byte_array_new ();
      oh_http_body_init (&self->framing, framing, length);
      oh_gate_admit (gate, OH_GATE_INTAKE, &guest_class, self);
      if (oh_http_head_has_token (self->head, "Expect", "100-continue"))
        oh_gate_write (gate, g_bytes_new_static (go_on, strlen (go_on)));
      came (self);
    }
}

void
oh_intake_start (OhGate *gate, OhHttpHead *head, const char *target)
{
  const char *token = target + strlen (PREFIX);
  const gsize length = strcspn (token, "/?");
  g_autofree char *name = g_strndup (token, length);

  g_assert (oh_intake_wants (target));
  if (oh_admission_find_run (gate->core->admission, *name != '\0' ? name : NULL, &gate->run_id))
    oh_intake_start_at (gate, head, token + length);
  else
    {
      oh_http_head_free (head);
      oh_gate_refuse (gate, 403, NULL,
                      _("This is Overhear, a debugging proxy on this computer. The token in this address belongs to no "
                        "program that it started, or to one that has ended.\n"));
    }
}
