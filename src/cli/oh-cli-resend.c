/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-cli-json.h"
#include "oh-cli-launch.h"
#include "oh-json-scan.h"
#include "mcp/oh-mcp-path.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

/* What stands in the place of a secret (oh-secrets-private.h). */
#define MARKER "<redacted …"
typedef struct
{
  char *model;
  gint64 max_tokens; /* 0: as it was */
  char **edits;      /* "PATH=JSON", …; or NULL */
  gboolean send;     /* we are the program of the run */
  gboolean json;
  gint64 id;
} Options;

/* --- the request --- */

/* What belongs to the connection, to us, or is made anew. */
static gboolean
is_left_out (const char *name)
{
  static const char *const names[] = { "host",    "content-length",   "transfer-encoding", "connection", "keep-alive", "te",
                                       "trailer", "content-encoding", "upgrade",           "expect",     "cookie",     NULL };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return g_strv_contains (names, lower) || g_str_has_prefix (lower, "proxy-") || g_str_has_prefix (lower, "overhear-");
}

/* The value of a header whose own was a secret. Returns: NULL with a problem. (transfer full) */
static char *
find_secret (const OhCliView *view, const char *name, char **problem)
{
  const char *const providers[] = { view->reading->facts->provider, NULL };
  const char *wanted = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (providers) && wanted == NULL; i++)
    for (const OhProviderKey *key = NULL; (key = oh_providers_next_key (providers[i], key)) != NULL;)
      {
        const char *value = g_getenv (key->variable);

        /* A header that everybody has would take one's key to another. */
        if (g_ascii_strcasecmp (name, key->header) != 0 || (providers[i] == NULL && *key->prefix != '\0'))
          continue;
        if (value != NULL && *value != '\0')
          return g_strconcat (key->prefix, value, NULL);
        wanted = key->variable;
      }
  if (wanted != NULL)
    *problem = g_strdup_printf (_ ("The secret in the header “%s” was never stored. Set %s in the environment."), name, wanted);
  else
    *problem = g_strdup_printf (_ ("The secret in the header “%s” was never stored, so this call cannot be sent again."), name);
  return NULL;
}

static gboolean
add_headers (GString *out, const OhCliView *view, char **problem)
{
  const OhHeaders *headers = view->exchange->request_headers;

  for (guint i = 0; i < oh_headers_get_length (headers); i++)
    {
      const char *name, *value;
      g_autofree char *secret = NULL;

      oh_headers_get_nth (headers, i, &name, &value);
      if (is_left_out (name))
        continue;
      if (strstr (value, MARKER) != NULL)
        {
          secret = find_secret (view, name, problem);
          if (secret == NULL)
            return FALSE;
        }
      g_string_append_printf (out, "%s: %s\r\n", name, secret != NULL ? secret : value);
    }
  g_string_append_printf (out, "overhear-resend: %" PRId64 "\r\n", view->exchange->id);
  return TRUE;
}

/* Puts @value in the place of what stands at @path; all else stays byte for byte. A new member of the whole can be added.
 * Returns: FALSE with a problem. */
static gboolean
edit (GString *body, const char *path, const char *value, char **problem)
{
  g_autoptr (GPtrArray) buffers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_free);
  g_autofree char *missing = NULL;
  const gsize name = strspn (path, "abcdefghijklmnopqrstuvwxyz0123456789_");
  OhJson root, found, checked;

  if (!oh_json_parse (body->str, body->len, &root, NULL) || oh_json_get_kind (root) != OH_JSON_OBJECT)
    *problem = g_strdup (_ ("The body of this request is no JSON object, so nothing in it can be replaced."));
  else if (!oh_json_parse (value, strlen (value), &checked, NULL))
    *problem = g_strdup_printf (_ ("“%.80s” is no JSON. A text stands in quotation marks: --set 'system=\"Be brief.\"'"), value);
  if (*problem != NULL)
    return FALSE;
  found = oh_mcp_path_find (root, path, buffers, &missing);
  if (missing == NULL && *path != '\0' && buffers->len == 0)
    {
      const gssize at = found.text - body->str;

      g_string_erase (body, at, (gssize) found.length);
      g_string_insert (body, at, value);
    }
  else if (missing != NULL && name > 0 && path[name] == '\0' && oh_json_get_kind (oh_json_get (root, path)) == OH_JSON_NONE)
    {
      const gssize at = root.text + root.length - 1 - body->str;
      g_autofree char *member = g_strdup_printf ("%s\"%s\": %s", root.length > 2 ? ", " : "", path, value);

      g_string_insert (body, at, member);
    }
  else
    *problem = missing != NULL ? g_steal_pointer (&missing) : g_strdup (_ ("That place cannot be replaced."));
  return *problem == NULL;
}

/* Returns: NULL with a problem. (transfer full) */
static GString *
make_body (const OhCliView *view, const Options *options, char **problem)
{
  gsize length = 0;
  const char *data = view->request_body != NULL ? g_bytes_get_data (view->request_body, &length) : NULL;
  g_autoptr (GString) body = g_string_new_len (data, (gssize) length);
  g_autofree char *max_tokens = g_strdup_printf ("%" PRId64, options->max_tokens);
  gboolean good = TRUE;

  if (options->model != NULL)
    {
      g_autoptr (GString) model = g_string_new (NULL);

      oh_json_quote (model, options->model, -1);
      good = edit (body, "model", model->str, problem);
    }
  if (good && options->max_tokens != 0)
    good = edit (body, "max_tokens", max_tokens, problem);
  for (char **line = options->edits; good && line != NULL && *line != NULL; line++)
    {
      const char *equals = strchr (*line, '=');
      g_autofree char *path = equals != NULL ? g_strndup (*line, (gsize) (equals - *line)) : NULL;

      if (path == NULL)
        *problem = g_strdup (_ ("What to replace is said as PATH=JSON, such as temperature=0.5 or messages[0].content=\"Hi\"."));
      good = path != NULL && edit (body, path, equals + 1, problem);
    }
  if (good && g_strstr_len (body->str, (gssize) body->len, MARKER) != NULL)
    {
      *problem = g_strdup (_ ("There was a secret in the body of this request, which was never stored. Replace it with --set."));
      good = FALSE;
    }
  return good ? g_steal_pointer (&body) : NULL;
}

/* From the request line to the last byte of the body. @via: the base URL of the proxy; NULL: only to know whether it can be
 * made. Returns: NULL with a problem. (transfer full) */
static GString *
make_request (const OhCliView *view, const Options *options, const char *via, char **problem)
{
  const OhExchange *exchange = view->exchange;
  g_autoptr (GString) request = g_string_new (NULL);
  g_autoptr (GString) body = NULL;
  const char *path = via != NULL ? strstr (via, "/via/") : "/via/?";
  const gboolean bracketed = strchr (exchange->host, ':') != NULL;

  if (exchange->route == OH_ROUTE_BLIND || exchange->method == NULL)
    *problem = g_strdup (_ ("This connection passed through unread: there is no request to be sent again."));
  else if (g_strcmp0 (exchange->scheme, "https") != 0)
    *problem = g_strdup (_ ("Only requests by HTTPS can be sent again."));
  else if ((exchange->gaps & OH_GAP_REQUEST) != 0 || exchange->timings.request_sent < 0)
    *problem = g_strdup (_ ("Not all of this request was captured, so it cannot be sent again."));
  else if (strstr (exchange->target, MARKER) != NULL || strstr (exchange->target, "%3Credacted") != NULL)
    *problem = g_strdup (_ ("There was a secret in the address of this request, which was never stored."));
  body = *problem == NULL ? make_body (view, options, problem) : NULL;
  if (body == NULL)
    return NULL;
  g_string_append_printf (request, bracketed ? "%s %s/[%s]:%u%s HTTP/1.1\r\n" : "%s %s/%s:%u%s HTTP/1.1\r\n", exchange->method,
                          path, exchange->host, exchange->port, exchange->target);
  g_string_append_printf (request, "Host: %s\r\n", exchange->host);
  if (!add_headers (request, view, problem))
    return NULL;
  if (body->len > 0 || !g_str_equal (exchange->method, "GET"))
    g_string_append_printf (request, "Content-Length: %" G_GSIZE_FORMAT "\r\n", body->len);
  g_string_append (request, "Connection: close\r\n\r\n");
  g_string_append_len (request, body->str, (gssize) body->len);
  return g_steal_pointer (&request);
}

/* As the program of the run: sends, and reads the answer to its end, for the record. */
static int
send_request (const GString *request, const char *via)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree char *piece = g_malloc (64 * 1024);
  gssize n = 1;

  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_uri (client, via, 80, NULL, &error);
  if (connection != NULL
      && g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), request->str, request->len, NULL,
                                    NULL, &error))
    while (n > 0)
      n = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), piece, 64 * 1024, NULL, &error);
  if (error != NULL)
    oh_cli_complain (error->message);
  return error != NULL ? OH_CLI_TROUBLE : 0;
}

/* --- the command --- */

/* Tells the new call. */
static int
tell_call (OhEngine *engine, gint64 run_id, gpointer data)
{
  const Options *options = data;
  OhStoreReader *reader = oh_engine_get_reader (engine);
  const OhQuery query = { .run_id = run_id };
  g_autoptr (GArray) ids = oh_store_reader_find (reader, &query, NULL);
  g_autoptr (GPtrArray) rows =
    ids != NULL && ids->len > 0 ? oh_store_reader_get_rows (reader, &g_array_index (ids, gint64, ids->len - 1), 1) : NULL;

  if (rows == NULL || rows->pdata[0] == NULL)
    {
      oh_cli_complain (_ ("The request was not sent."));
      return OH_CLI_TROUBLE;
    }
  if (options->json)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      oh_json_write_open (line, NULL, '{');
      oh_json_write_int (line, "resent", options->id);
      oh_json_write_name (line, "call");
      oh_cli_json_row (line, reader, rows->pdata[0]);
      oh_json_write_close (line, '}');
      oh_cli_json_print (line);
    }
  else
    oh_cli_print_table (rows, TRUE);
  return 0;
}

static int
launch (const OhCliView *view, Options *options, int argc, char **argv)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *name = g_strdup_printf (_ ("Call %" PRId64 " again"), options->id);
  g_autofree char *elsewhere =
    view->exchange->upstream != NULL ? g_strconcat (view->exchange->host, "=", view->exchange->upstream, NULL) : NULL;
  const char *const upstreams[] = { elsewhere, NULL };
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  g_ptr_array_add (words, self);
  g_ptr_array_add (words, (char *) "resend");
  g_ptr_array_add (words, (char *) "--send");
  for (int i = 1; i < argc; i++)
    g_ptr_array_add (words, argv[i]);
  g_ptr_array_add (words, NULL);

  const char *const reads[] = { view->exchange->host, NULL };
  const OhRunSpec spec = {
    .name = name, .argv = (const char *const *) words->pdata, .upstreams = upstreams, .reads = reads,
  };

  return oh_cli_launch (&spec, 0, tell_call, options);
}

static void
options_clear (Options *self)
{
  g_free (self->model);
  g_strfreev (self->edits);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

int
oh_cli_resend (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  const GOptionEntry entries[] = {
    { "model", 0, 0, G_OPTION_ARG_STRING, &options.model, N_ ("Ask another model"), N_ ("NAME") },
    { "max-tokens", 0, 0, G_OPTION_ARG_INT64, &options.max_tokens, N_ ("At most that many tokens"), N_ ("N") },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.edits,
      N_ ("Replace what stands at a place of the body, such as messages[0].content; may be repeated"), N_ ("PATH=JSON") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_ ("Print one JSON object"), NULL },
    { "send", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options.send, NULL, NULL },
    { NULL },
  };
  g_auto (GStrv) words = g_strdupv (argv);
  const char *via = g_getenv ("OVERHEAR_VIA");
  g_autoptr (OhStoreReader) reader = NULL;
  g_autoptr (OhCliView) view = NULL;
  g_autoptr (GString) request = NULL;
  g_autofree char *problem = NULL;
  const int given = argc;
  int status;

  if (!oh_cli_parse_mixed (_ ("resend [OPTION…] ID"),
                           _ ("Sends a captured request again, to the server it went to, and captures what comes of it. This costs\n"
                              "what a call costs. Secrets were never stored: ANTHROPIC_API_KEY and its like give them again."),
                           entries, &argc, &argv, OH_CLI_USAGE, &status))
    return status;
  if (argc != 2 || !oh_cli_parse_id (argv[1], &options.id) || options.max_tokens < 0)
    {
      oh_cli_complain (_ ("Which call? “overhear list” has the numbers. Example: overhear resend 42 --model claude-haiku-4-5"));
      return OH_CLI_USAGE;
    }
  reader = oh_cli_has_store () ? oh_cli_open_store () : NULL;
  view = reader != NULL ? oh_cli_view_new (reader, options.id) : NULL;
  if (view == NULL)
    problem = g_strdup_printf (_ ("There is no call %" PRId64 "."), options.id);
  else
    request = make_request (view, &options, options.send ? via : NULL, &problem);
  if (request == NULL || (options.send && via == NULL))
    {
      oh_cli_complain (problem != NULL ? problem : "OVERHEAR_VIA");
      return OH_CLI_TROUBLE;
    }
  return options.send ? send_request (request, via) : launch (view, &options, given, words);
}
