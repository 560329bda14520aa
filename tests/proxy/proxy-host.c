/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A proxy alone, for tests: its captures go to standard output as JSON lines, its orders come from standard input.
 *
 *   proxy-host [--hosts PATTERN,…] [--commit-ms N] [--full] [--quiet] [--clocks IDLE,HEAD]
 *
 * First line: {"port": …, "authority": PEM}. Orders: "allow TOKEN RUN", "disallow TOKEN", "open 0|1",
 * "capturing 0|1", "upstream RUN HOST URL|-", "chain RUN HTTP|- HTTPS|- NO_PROXY|-", "trust RUN FILE", "identify TOKEN|-", "standing FOLDER|-", "forget"; each is answered {"kind": "ok"}. */
#include "config.h"
#include "oh-proxy-private.h"
#include "oh-saying.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *arg_hosts;
static char *arg_clocks;
static int arg_commit_ms;
static gboolean arg_full;
static gboolean arg_quiet;
static char *identity;

#define HOST_TYPE_SINK (host_sink_get_type ())
G_DECLARE_FINAL_TYPE (HostSink, host_sink, HOST, SINK, GObject)

struct _HostSink
{
  GObject parent;
};

static GMutex output_lock;

static void
print_object (JsonBuilder *builder)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *line = NULL;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  line = json_generator_to_data (generator, NULL);
  g_mutex_lock (&output_lock);
  puts (line);
  fflush (stdout);
  g_mutex_unlock (&output_lock);
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_headers (JsonBuilder *builder, const char *name, OhHeaders *headers)
{
  json_builder_set_member_name (builder, name);
  if (headers == NULL)
    {
      json_builder_add_null_value (builder);
      return;
    }
  json_builder_begin_array (builder);
  for (guint i = 0; i < oh_headers_get_length (headers); i++)
    {
      const char *field;
      const char *value;

      oh_headers_get_nth (headers, i, &field, &value);
      json_builder_begin_array (builder);
      json_builder_add_string_value (builder, field);
      json_builder_add_string_value (builder, value);
      json_builder_end_array (builder);
    }
  json_builder_end_array (builder);
}

static void
add_exchange (JsonBuilder *builder, const OhExchange *exchange)
{
  g_autofree char *said = oh_saying_tell (exchange->error);

  json_builder_set_member_name (builder, "exchange");
  json_builder_begin_object (builder);
  add_int (builder, "run", exchange->run_id);
  add_int (builder, "connection", exchange->connection);
  add_int (builder, "started", exchange->started_ns);
  add_string (builder, "route", oh_route_to_string (exchange->route));
  add_string (builder, "method", exchange->method);
  add_string (builder, "scheme", exchange->scheme);
  add_string (builder, "host", exchange->host);
  add_int (builder, "port", exchange->port);
  add_string (builder, "target", exchange->target);
  add_string (builder, "version", exchange->http_version);
  add_string (builder, "upstream", exchange->upstream);
  add_headers (builder, "request_headers", exchange->request_headers);
  add_headers (builder, "response_headers", exchange->response_headers);
  add_int (builder, "status", exchange->status);
  add_string (builder, "reason", exchange->reason);
  add_int (builder, "request_length", exchange->request_length);
  add_int (builder, "response_length", exchange->response_length);
  add_int (builder, "resolved", exchange->timings.resolved);
  add_int (builder, "connected", exchange->timings.connected);
  add_int (builder, "secured", exchange->timings.secured);
  add_int (builder, "request_sent", exchange->timings.request_sent);
  add_int (builder, "response_head", exchange->timings.response_head);
  add_int (builder, "first_byte", exchange->timings.first_byte);
  add_int (builder, "ended", exchange->timings.ended);
  add_int (builder, "reused", exchange->timings.reused);
  add_string (builder, "outcome", oh_outcome_to_string (exchange->outcome));
  add_string (builder, "ended_by", oh_party_to_string (exchange->ended_by));
  add_string (builder, "error_code", exchange->error_code);
  {
    g_autoptr (GPtrArray) oddities = oh_oddities_get_names (exchange->oddities);

    json_builder_set_member_name (builder, "oddities");
    json_builder_begin_array (builder);
    for (guint i = 0; i < oddities->len; i++)
      json_builder_add_string_value (builder, oddities->pdata[i]);
    json_builder_end_array (builder);
  }
  add_string (builder, "error", said);
  add_int (builder, "gaps", exchange->gaps);
  json_builder_end_object (builder);
}

static void
print_capture (const char *kind, const OhCapture *capture)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_string (builder, "kind", kind);
  add_int (builder, "key", (gint64) capture->key);
  add_int (builder, "at", capture->at_ns);
  if (capture->data != NULL)
    {
      g_autofree char *data = g_base64_encode (g_bytes_get_data (capture->data, NULL), g_bytes_get_size (capture->data));

      add_string (builder, "data", data);
    }
  if (capture->exchange != NULL)
    add_exchange (builder, capture->exchange);
  print_object (builder);
}

static gboolean
commit (gpointer data)
{
  OhCapture *capture = data;
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_string (builder, "kind", "committed");
  add_int (builder, "key", (gint64) capture->key);
  add_int (builder, "released", oh_capture_is_released (capture));
  print_object (builder);
  oh_capture_committed (capture);
  return G_SOURCE_REMOVE;
}

static gboolean
host_sink_push (OhSink *sink, OhCapture *capture)
{
  static const char *const kinds[] = { "begin", "request-data", "request-end", "response-head", "response-data",
                                       "end" };
  g_autoptr (OhCapture) owned = capture;
  gboolean is_data = capture->kind == OH_CAPTURE_REQUEST_DATA || capture->kind == OH_CAPTURE_RESPONSE_DATA;

  if (arg_full && is_data)
    return FALSE;
  if (arg_quiet)
    {
      oh_capture_committed (capture);
      return TRUE;
    }
  print_capture (kinds[capture->kind], capture);
  if (capture->kind == OH_CAPTURE_END && arg_commit_ms > 0)
    g_timeout_add_full (G_PRIORITY_DEFAULT, arg_commit_ms, commit, oh_capture_ref (capture),
                        (GDestroyNotify) oh_capture_unref);
  else
    oh_capture_committed (capture);
  return TRUE;
}

static void
host_sink_init_interface (OhSinkInterface *iface)
{
  iface->push = host_sink_push;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (HostSink, host_sink, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_SINK, host_sink_init_interface))

static void
host_sink_class_init (HostSinkClass *klass)
{
}

static void
host_sink_init (HostSink *self)
{
}

static char *
identify (gint64 pid, gpointer data)
{
  return g_strdup (identity);
}

static void
obey (OhProxy *proxy, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  guint n = g_strv_length (words);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (n == 3 && strcmp (words[0], "allow") == 0)
    oh_proxy_allow (proxy, words[1], atoi (words[2]));
  else if (n == 2 && strcmp (words[0], "disallow") == 0)
    oh_proxy_disallow (proxy, words[1]);
  else if (n == 2 && strcmp (words[0], "open") == 0)
    oh_proxy_set_open (proxy, atoi (words[1]));
  else if (n == 2 && strcmp (words[0], "capturing") == 0)
    oh_proxy_set_capturing (proxy, atoi (words[1]));
  else if (n == 1 && strcmp (words[0], "forget") == 0)
    oh_proxy_forget_refusals (proxy);
  else if (n == 4 && strcmp (words[0], "upstream") == 0)
    oh_proxy_set_upstream (proxy, atoi (words[1]), words[2], strcmp (words[3], "-") == 0 ? NULL : words[3], &error);
  else if (n == 3 && strcmp (words[0], "trust") == 0)
    {
      g_autofree char *pem = NULL;

      if (g_file_get_contents (words[2], &pem, NULL, &error))
        oh_proxy_set_trust (proxy, atoi (words[1]), pem, &error);
    }
  else if (n == 5 && strcmp (words[0], "chain") == 0)
    {
      for (guint i = 2; i < n; i++)
        if (strcmp (words[i], "-") == 0)
          *words[i] = '\0';
      oh_proxy_set_chain (proxy, atoi (words[1]), words[2], words[3], words[4]);
    }
  else if (n == 2 && strcmp (words[0], "standing") == 0)
    oh_proxy_set_standing (proxy, strcmp (words[1], "-") == 0 ? NULL : words[1]);
  else if (n == 2 && strcmp (words[0], "identify") == 0)
    {
      g_free (identity);
      identity = g_strdup (words[1]);
      oh_proxy_set_identify (proxy, identify, NULL);
    }
  else
    g_error ("What is “%s”?", line);
  json_builder_begin_object (builder);
  add_string (builder, "kind", "ok");
  add_string (builder, "error", error != NULL ? error->message : NULL);
  print_object (builder);
}

typedef struct
{
  OhProxy *proxy;
  GMainLoop *loop;
} Orders;

static gboolean
order_came (GIOChannel *channel, GIOCondition condition, gpointer data)
{
  Orders *orders = data;
  g_autofree char *line = NULL;

  if (g_io_channel_read_line (channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL)
    {
      g_main_loop_quit (orders->loop);
      return G_SOURCE_REMOVE;
    }
  obey (orders->proxy, g_strchomp (line));
  return G_SOURCE_CONTINUE;
}

static void
say_hello (OhProxy *proxy)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_int (builder, "port", oh_proxy_get_port (proxy));
  add_string (builder, "authority", oh_proxy_get_authority_pem (proxy));
  print_object (builder);
}

int
main (int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "hosts", 0, 0, G_OPTION_ARG_STRING, &arg_hosts, NULL, NULL },
    { "clocks", 0, 0, G_OPTION_ARG_STRING, &arg_clocks, NULL, NULL },
    { "commit-ms", 0, 0, G_OPTION_ARG_INT, &arg_commit_ms, NULL, NULL },
    { "full", 0, 0, G_OPTION_ARG_NONE, &arg_full, NULL, NULL },
    { "quiet", 0, 0, G_OPTION_ARG_NONE, &arg_quiet, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (OhSink) sink = NULL;
  g_autoptr (OhProxy) proxy = NULL;
  g_auto (GStrv) hosts = NULL;
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (0);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GBytes) key = g_bytes_new_static ("a key of the tests", 18);
  Orders orders;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  hosts = g_strsplit (arg_hosts != NULL ? arg_hosts : "localhost,127.0.0.1", ",", -1);
  sink = g_object_new (HOST_TYPE_SINK, NULL);
  proxy = oh_proxy_new (0, (const char *const *) hosts, sink, &error);
  g_assert_no_error (error);
  oh_proxy_set_redaction_key (proxy, key);
  if (arg_clocks != NULL)
    {
      OhClocks clocks = OH_CLOCKS_DEFAULT;

      g_assert_cmpint (sscanf (arg_clocks, "%u,%u", &clocks.idle, &clocks.head), ==, 2);
      oh_proxy_set_clocks (proxy, clocks);
    }
  say_hello (proxy);
  orders = (Orders) { proxy, loop };
  g_io_channel_set_encoding (input, NULL, NULL);
  g_io_add_watch (input, G_IO_IN | G_IO_HUP, order_came, &orders);
  g_main_loop_run (loop);
  oh_proxy_stop (proxy);
  g_free (identity);
  g_free (arg_hosts);
  g_free (arg_clocks);
  return 0;
}
