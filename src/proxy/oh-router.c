/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-router-private.h"
#include "oh-inquiry-private.h"
#include "oh-intake-private.h"
#include "oh-intake-rpc-private.h"
#include "oh-own-port-private.h"
#include "oh-pac-private.h"
#include "oh-relay-private.h"
#include "oh-target-private.h"
#include "oh-tunnel-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* Another user's program comes in by a token only, which it has from the run that started it with sudo.
 * Returns: FALSE if the client was refused or is being identified. */
static gboolean
admit (OhGate *gate, const char *token)
{
  OhAdmission *admission = gate->core->admission;

  gate->place = oh_admission_find_place (admission, token);
  return gate->diag >= 0 || oh_admission_find_run (admission, token, &gate->run_id)
         || oh_admission_find_run (admission, gate->identity, &gate->run_id)
         || (oh_admission_is_open (admission) && oh_gate_is_of_this_user (gate));
}

typedef struct
{
  char *token;        /* of its run, or NULL */
  OhProgram *program; /* or NULL */
  gboolean untrusting; /* nothing that the program uses trusts us */
} Identity;

static void
identity_free (gpointer data)
{
  Identity *identity = data;

  g_free (identity->token);
  g_clear_pointer (&identity->program, oh_program_unref);
  g_free (identity);
}

static void
identify_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  OhGate *gate = data;
  OhAdmission *admission = gate->core->admission;
  OhFinder *finder = gate->core->finder;
  g_autoptr (GArray) holders = finder != NULL ? oh_finder_find_holders (finder, gate->remote, gate->local)
                                              : g_array_new (FALSE, FALSE, sizeof (gint64));
  Identity *identity = g_new0 (Identity, 1);
  gboolean brought;
  gint64 run_id;

  oh_admission_introduce (admission, gate->claim);
  brought = oh_admission_find_run (admission, gate->claim, &run_id);
  /* Who brings a token that is none is nobody else, either. */
  if (gate->claim != NULL && !brought && !oh_admission_is_open (admission))
    {
      g_task_return_pointer (task, identity, identity_free);
      return;
    }
  if (holders->len == 0)
    identity->token = oh_admission_identify (admission, 0);
  for (guint i = 0; i < holders->len && identity->token == NULL; i++)
    identity->token = oh_admission_identify (admission, g_array_index (holders, gint64, i));
  oh_admission_find_run (admission, identity->token, &run_id);
  if (holders->len > 0 && run_id == 0)
    {
      g_autoptr (OhSecrets) secrets = oh_admission_get_secrets (admission);

      identity->program = oh_finder_describe (finder, g_array_index (holders, gint64, 0), secrets);
    }
  /* Who hides from us (prctl(2), PR_SET_DUMPABLE) and has not come by an environment of ours says nothing of whom it trusts. */
  if (run_id == 0 && (identity->program != NULL || !brought))
    identity->untrusting = !oh_admission_may_trust (admission, identity->program);
  g_task_return_pointer (task, identity, identity_free);
}

static void
identified (GObject *source, GAsyncResult *result, gpointer data)
{
  OhGate *gate = data;

  gate->core->identifying--;
  if (gate->state == OH_GATE_IDENTIFY)
    {
      Identity *identity = g_task_propagate_pointer (G_TASK (result), NULL);

      gate->identity = g_steal_pointer (&identity->token);
      gate->program = g_steal_pointer (&identity->program);
      gate->untrusting = identity->untrusting;
      identity_free (identity);
      gate->state = OH_GATE_HEAD;
      gate->wanted (gate, g_steal_pointer (&gate->head));
    }
}

/* Asks whose client this is, and which program, once. Returns: FALSE if that is known already or cannot be asked.
 * @head: (transfer full) if TRUE; @token: (nullable): that it brings */
static gboolean
identify (OhGate *gate, OhHttpHead *head, const char *token)
{
  g_autoptr (GTask) task = NULL;

  if (gate->identified || !oh_admission_can_identify (gate->core->admission))
    return FALSE;
  gate->identified = TRUE;
  gate->head = head;
  gate->claim = g_strdup (token);
  oh_gate_suspend (gate);
  gate->core->identifying++;
  task = g_task_new (NULL, NULL, identified, gate);
  g_task_set_source_tag (task, identify);
  g_task_set_task_data (task, oh_gate_ref (gate), (GDestroyNotify) oh_gate_unref);
  g_task_run_in_thread (task, identify_in_thread);
  return TRUE;
}

static void
refuse_stranger (OhGate *gate)
{
  oh_gate_refuse (gate, 407, "Proxy-Authenticate: Basic realm=\"Overhear\"\r\n",
                  _("This is Overhear, a debugging proxy on this computer. It serves only programs that were started "
                    "from it.\nStart yours with “overhear run …” or with Run in its window, or open the port to all "
                    "programs in its preferences.\n"));
}

static gboolean
is_ourselves (OhGate *gate, const char *host, guint port)
{
  g_autoptr (GInetAddress) address = NULL;

  if (port != gate->core->port)
    return FALSE;
  address = g_inet_address_new_from_string (host);
  return strcmp (host, "localhost") == 0 || g_str_has_suffix (host, ".localhost")
         || (address != NULL && (g_inet_address_get_is_loopback (address) || g_inet_address_get_is_any (address)));
}

/* A client that could be read tells that it is not (data/preload/start/overhear_clients.py). */
static void
note_around (OhGate *gate, const char *host, guint port, const char *why)
{
  const char *message = strcmp (why, "environment") == 0 ? "around-python-environment" : "around-python-certificates";
  OhRecorder *recorder = oh_gate_record (gate, OH_ROUTE_TUNNEL, "CONNECT", "https", host, port, "", NULL, NULL);
  g_autoptr (OhCapture) end = NULL;

  oh_admission_note_around (gate->core->admission, gate->run_id, host);
  end = oh_recorder_end (recorder, OH_OUTCOME_FAILED, OH_PARTY_CLIENT, "around", message, NULL, NULL, NULL);
  oh_recorder_free (recorder);
  oh_gate_close (gate, FALSE);
}

static void
grant_tunnel (OhGate *gate, OhHttpHead *head)
{
  g_autoptr (OhHttpHead) owned = head;
  g_autofree char *host = NULL;
  const char *agent;
  const char *why;
  guint port;

  if (!oh_target_parse_authority (head->target, strlen (head->target), 0, &host, &port))
    {
      oh_gate_refuse_malformed (gate, 400, "bad-request", "connect-target", gate->pending);
      return;
    }
  if (is_ourselves (gate, host, port))
    {
      oh_gate_refuse (gate, 403, NULL, _("This is Overhear’s own port. A tunnel to it leads nowhere.\n"));
      return;
    }
  agent = oh_http_head_get (head, "User-Agent");
  why = oh_http_head_get (head, "Overhear-Around");
  if (why != NULL && oh_core_reads (gate->core, gate->run_id, host))
    {
      note_around (gate, host, port, why);
      return;
    }
  gate->direct = oh_http_head_get (head, "Overhear-Direct") != NULL;
  if (!oh_core_reads (gate->core, gate->run_id, host) || oh_gate_is_left_out (gate))
    {
      oh_tunnel_open_blind (gate, host, port, head, OH_ODDITY_NONE);
      return;
    }
  if (gate->run_id == 0 && gate->untrusting)
    {
      oh_tunnel_open_blind (gate, host, port, head, OH_ODDITY_NOBODY_TRUSTS);
      return;
    }
  if (gate->pending->len > 0)
    {
      oh_gate_refuse_malformed (gate, 400, "bad-request", "early-bytes", gate->pending);
      return;
    }
  oh_inquiry_begin (gate, host, port, agent, oh_tunnel_open_granted);
}

/* What it says to the user's own proxy goes there, and no further. A user name and a password go with each request; what else
 * there is may be a dialog, and holds for the connection that it had there. */
static void
note_login (OhGate *gate, const OhHttpHead *head)
{
  const char *value = oh_http_head_get (head, "Proxy-Authorization");
  const gboolean dialog = gate->lane != NULL && gate->lane != gate->login;

  if (!dialog)
    gate->lane = NULL;
  g_free (gate->login);
  gate->login = oh_admission_is_ours (gate->core->admission, value) ? NULL : g_strdup (value);
  if (dialog || gate->login == NULL)
    return;
  if (g_ascii_strncasecmp (gate->login, "Basic ", strlen ("Basic ")) == 0)
    gate->lane = gate->login;
  else
    gate->lane = g_strdup_printf ("connection %" G_GINT64_FORMAT, gate->id);
}

static void
route_via (OhGate *gate, OhHttpHead *head, const char *target)
{
  g_autofree char *token = NULL;
  g_autofree char *host = NULL;
  g_autofree char *path = NULL;
  guint port;

  if (strcmp (head->method, OH_INTAKE_RPC_METHOD) == 0)
    {
      oh_http_head_free (head);
      oh_intake_rpc_start (gate, FALSE);
    }
  else if (oh_intake_wants (target))
    oh_intake_start (gate, head, target);
  else if (!oh_target_parse_via (target, &token, &host, &port, &path))
    {
      oh_own_port_answer (gate, head, target);
      oh_http_head_free (head);
    }
  else if (oh_admission_find_run (gate->core->admission, token, &gate->run_id))
    {
      gate->place = oh_admission_find_place (gate->core->admission, token);
      if (gate->run_id == 0 && identify (gate, head, token))
        return;
      oh_relay_start (gate, head, OH_ROUTE_VIA, "https", host, port, path);
    }
  else if (!identify (gate, head, token))
    {
      /* Not even where the port is open: any page in a browser can send such a request. */
      oh_http_head_free (head);
      oh_gate_refuse (gate, 403, NULL,
                      _("This is Overhear, a debugging proxy on this computer. The token in this address belongs "
                        "to no program that it started, or to one that has ended.\n"));
    }
}

void
oh_router_take (OhGate *gate, OhHttpHead *head)
{
  const char *scheme = NULL;
  g_autofree char *host = NULL;
  g_autofree char *path = NULL;
  g_autofree char *token = NULL;
  guint port;
  gboolean admitted;
  gboolean absolute = oh_target_parse_absolute (head->target, &scheme, &host, &port, &path);

  if (gate->tunnelled)
    {
      oh_relay_start (gate, head, OH_ROUTE_TUNNEL, gate->secure ? "https" : "http", gate->host, gate->port,
                      absolute ? path : head->target);
      return;
    }
  if (strcmp (head->method, "CONNECT") != 0 && (!absolute || is_ourselves (gate, host, port)))
    {
      route_via (gate, head, absolute ? path : head->target);
      return;
    }
  token = oh_admission_parse_credentials (oh_http_head_get (head, "Proxy-Authorization"));
  note_login (gate, head);
  admitted = admit (gate, token);
  /* Who brings the token of a run is known by that alone: looking for the process costs a search of /proc. */
  if (gate->run_id == 0 && identify (gate, head, token))
    return;
  if (!admitted)
    {
      oh_http_head_free (head);
      refuse_stranger (gate);
      return;
    }
  if (strcmp (head->method, "CONNECT") == 0)
    grant_tunnel (gate, head);
  else
    oh_relay_start (gate, head, OH_ROUTE_PLAIN, scheme, host, port, path);
}

void
oh_router_take_told (OhGate *gate, OhHttpHead *head)
{
  const char *scheme = NULL;
  g_autofree char *host = NULL;
  g_autofree char *path = NULL;
  guint port;
  const gboolean absolute = oh_target_parse_absolute (head->target, &scheme, &host, &port, &path);

  const gboolean rpc = strcmp (head->method, OH_INTAKE_RPC_METHOD) == 0;

  /* A page in a browser says where it comes from, or asks by a name that it made up; with gRPC each call says so. A
   * connection may outlive its door. */
  if (gate->core->doors->len == 0 || !oh_gate_is_of_this_user (gate)
      || (!rpc && (oh_http_head_get (head, "Origin") != NULL || !oh_pac_is_our_name (oh_http_head_get (head, "Host")))))
    {
      oh_http_head_free (head);
      oh_gate_refuse (gate, 403, NULL, _ ("This is Overhear. What programs tell of themselves is taken here of the user who "
                                          "started it, not of web pages.\n"));
      return;
    }
  if (identify (gate, head, NULL))
    return;
  oh_admission_find_run (gate->core->admission, gate->identity, &gate->run_id);
  if (rpc)
    {
      oh_http_head_free (head);
      oh_intake_rpc_start (gate, TRUE);
    }
  else
    oh_intake_start_at (gate, head, absolute ? path : head->target);
}
