/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-engine-private.h"

#include <glib/gi18n.h>
#include <stdio.h>

GSubprocess *
oh_simulator_start (guint16 *port, GError **error)
{
  g_autofree char *program = oh_paths_find_helper ("simulator", "overhear-simulator");
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  guint number = 0;

  /* It ends when its standard input closes: with us, however we end. */
  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, error, program, NULL);
  if (process == NULL)
    {
      g_prefix_error (error, _ ("The simulated API cannot be started: "));
      return NULL;
    }
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (output), FALSE);
  line = g_data_input_stream_read_line (output, NULL, NULL, NULL);
  if (line == NULL || sscanf (line, "{ \"port\" : %u", &number) != 1 || number == 0 || number > G_MAXUINT16)
    {
      g_subprocess_force_exit (process);
      g_set_error_literal (error, OH_LAUNCH_ERROR, OH_LAUNCH_ERROR_FAILED,
                           _ ("The simulated API ended before it told its port."));
      return NULL;
    }
  *port = number;
  return g_steal_pointer (&process);
}
