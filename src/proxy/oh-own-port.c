/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-own-port-private.h"
#include "oh-pac-private.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/socket.h>

#define SEND_BUFFER (1024 * 1024)

static void
refuse_unknown (OhGate *gate)
{
  oh_gate_refuse (gate, 404, NULL,
                  _("This is Overhear, a debugging proxy on this computer. There is nothing at this address; use "
                    "the port as a proxy, or as /via/TOKEN/HOST/… instead of a base URL.\n"));
}

/* The script that sends programs of the desktop here. Only to programs of this user, by a name that is this computer's: what
 * a page in a browser asks for by a name that it made up itself, or as a script of its own, it does not get. */
static void
give_pac (OhGate *gate, const OhHttpHead *head)
{
  const int room = SEND_BUFFER;
  g_autofree char *pac = oh_admission_get_pac (gate->core->admission);
  g_autoptr (GBytes) answer = NULL;

  if (pac == NULL)
    {
      refuse_unknown (gate);
      return;
    }
  if (!oh_gate_is_of_this_user (gate) || !oh_pac_is_our_name (oh_http_head_get (head, "Host")))
    {
      oh_gate_refuse (gate, 403, NULL, _("This is Overhear, a debugging proxy on this computer. It is here for programs of "
                                         "the user who started it.\n"));
      return;
    }
  answer = oh_gate_compose (200, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n",
                            "application/x-ns-proxy-autoconfig", pac, strcmp (head->method, "HEAD") != 0, TRUE);
  /* It may hold another one, however long. */
  setsockopt (g_socket_get_fd (gate->socket), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  if (oh_gate_write (gate, g_steal_pointer (&answer)))
    oh_gate_linger (gate);
  else
    oh_gate_close (gate, FALSE);
}

static void
introduce (OhGate *gate, const OhHttpHead *head)
{
  oh_gate_refuse (gate, 200, NULL,
                  _("This is Overhear, a debugging proxy on this computer. Programs that it starts send their "
                    "requests to LLM APIs through this port.\n"));
}

/* Any page in a browser and any user of this computer may ask for these: what tells of a run or changes something looks at a
 * token first. The body of a request, if it has one, is still in the gate's pending bytes and its stream. */
static const struct
{
  const char *method;
  const char *path;
  void (*answer) (OhGate *gate, const OhHttpHead *head);
} answers[] = {
  { "GET", "/", introduce },
  { "GET", "/proxy.pac", give_pac },
  { "HEAD", "/proxy.pac", give_pac },
};

void
oh_own_port_answer (OhGate *gate, const OhHttpHead *head, const char *target)
{
  const gsize length = strcspn (target, "?");

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    if (strcmp (head->method, answers[i].method) == 0 && strlen (answers[i].path) == length
        && strncmp (target, answers[i].path, length) == 0)
      {
        answers[i].answer (gate, head);
        return;
      }
  refuse_unknown (gate);
}
