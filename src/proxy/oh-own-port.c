/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-own-port-private.h"

#include <glib/gi18n.h>
#include <string.h>

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
  oh_gate_refuse (gate, 404, NULL,
                  _("This is Overhear, a debugging proxy on this computer. There is nothing at this address; use "
                    "the port as a proxy, or as /via/TOKEN/HOST/… instead of a base URL.\n"));
}
