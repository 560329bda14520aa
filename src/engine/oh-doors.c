/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-doors-private.h"

#include "oh-format.h"

#include <glib/gi18n.h>
#include <string.h>

/* How long the last of what is sent on may take until nothing is expected of it any more. */
#define COPIES_US (3 * G_USEC_PER_SEC)
#define COPIES_STEP_US (10 * 1000)

static const struct
{
  const char *name;
  const char *title;
  guint16 port;
} kinds[OH_N_DOORS] = {
  [OH_DOOR_OTLP] = { "otlp", "OpenTelemetry (OTLP/HTTP)", 4318 },
  [OH_DOOR_GRPC] = { "grpc", "OpenTelemetry (gRPC)", 4317 },
  [OH_DOOR_SMELLO] = { "smello", "Smello", 5110 },
  [OH_DOOR_SIDESEAT] = { "sideseat", "SideSeat", 5388 },
};

/* OTLP by gRPC and by HTTP, SideSeat; 0 ends the list. */
static const guint16 collectors[] = { 4317, 4318, 5388, 0 };
static const guint16 smello_servers[] = { 5110, 0 };

const char *
oh_door_get_name (OhDoorKind kind)
{
  g_return_val_if_fail (kind < OH_N_DOORS, NULL);
  return kinds[kind].name;
}

const char *
oh_door_get_title (OhDoorKind kind)
{
  g_return_val_if_fail (kind < OH_N_DOORS, NULL);
  return kinds[kind].title;
}

guint16
oh_door_get_port (OhDoorKind kind)
{
  g_return_val_if_fail (kind < OH_N_DOORS, 0);
  return kinds[kind].port;
}

/* Returns: whether it says otherwise than before. */
static gboolean
open_door (OhProxy *proxy, OhDoor *door)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *before = g_steal_pointer (&door->problem);

  door->port = oh_proxy_open_door (proxy, door->wanted, &error);
  door->problem = error != NULL ? g_strdup (error->message) : NULL;
  return g_strcmp0 (door->problem, before) != 0;
}

OhDoor *
oh_doors_open (OhProxy *proxy, const guint16 *ports)
{
  OhDoor *doors = g_new0 (OhDoor, OH_N_DOORS);

  for (guint i = 0; i < OH_N_DOORS; i++)
    {
      doors[i].wanted = ports != NULL ? ports[i] : kinds[i].port;
      open_door (proxy, &doors[i]);
    }
  return doors;
}

gboolean
oh_doors_try_again (OhProxy *proxy, OhDoor *doors)
{
  gboolean changed = FALSE;

  for (guint i = 0; i < OH_N_DOORS; i++)
    if (doors[i].port == 0)
      changed = open_door (proxy, &doors[i]) || changed;
  return changed;
}

void
oh_doors_close (OhProxy *proxy, OhDoor *doors)
{
  if (doors == NULL)
    return;
  oh_proxy_close_doors (proxy);
  for (guint i = 0; i < OH_N_DOORS; i++)
    g_free (doors[i].problem);
  g_free (doors);
}

void
oh_doors_set_copies (OhProxy *proxy, gint64 run_id, const OhLaunchSpec *launch)
{
  g_auto (GStrv) environment = g_get_environ ();
  g_auto (GStrv) merged = oh_launch_merge_environment ((const char *const *) environment, launch);
  g_auto (GStrv) copies = oh_launch_get_copies (merged);

  for (char **copy = copies; *copy != NULL; copy++)
    {
      char *url = strchr (*copy, '=');

      *url++ = '\0';
      if (!oh_proxy_set_copy (proxy, run_id, *copy, url))
        {
          g_autofree char *shown = oh_format_address (url);

          g_warning ("What instruments tell is not sent on to “%s”: this is no address", shown);
        }
    }
}

char *
oh_doors_describe_copies (OhProxy *proxy, gint64 run_id, gboolean wait)
{
  const gint64 until = g_get_monotonic_time () + (wait ? COPIES_US : 0);
  OhForwardCount count = oh_proxy_count_copies (proxy, run_id);
  guint lost;

  while (count.pending > 0 && g_get_monotonic_time () < until)
    {
      g_usleep (COPIES_STEP_US);
      count = oh_proxy_count_copies (proxy, run_id);
    }
  lost = count.lost + count.pending;
  if (lost > 0)
    return g_strdup_printf (ngettext ("What the program told of itself was sent on as its environment says, but for %u message "
                                      "that did not arrive.",
                                      "What the program told of itself was sent on as its environment says, but for %u messages "
                                      "that did not arrive.",
                                      lost),
                            lost);
  return count.sent > 0 ? g_strdup (_ ("What the program told of itself was also sent where its environment says.")) : NULL;
}

/* One of ours, of whatever data folder: it takes what is sent to it, and would rather know whose it is. */
static gboolean
is_ours (const OhProgram *program)
{
  const char *name = program->executable != NULL ? strrchr (program->executable, '/') : NULL;

  return g_strcmp0 (name, "/overhear") == 0 || g_strcmp0 (name, "/overhear-app") == 0;
}

gboolean
oh_door_is_anothers (OhProxy *proxy, gboolean smello)
{
  for (const guint16 *port = smello ? smello_servers : collectors; *port != 0; port++)
    {
      gboolean taken;
      g_autoptr (OhProgram) program = oh_proxy_find_listener (proxy, *port, &taken);

      if (taken && (program == NULL || !is_ours (program)))
        return TRUE;
    }
  return FALSE;
}
