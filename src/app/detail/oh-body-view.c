/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-body-view.h"

#include "oh-block-view-media.h"
#include "oh-body-view-form.h"
#include "oh-body-view-hex.h"
#include "oh-body-view-text.h"
#include "oh-detail-page.h"
#include "oh-drag-file.h"
#include "oh-json-tree.h"
#include "oh-json-view.h"
#include "oh-marks.h"

#include <glib/gi18n.h>
#include <string.h>

/* A body that is still growing is shown anew this often. */
#define REFRESH_MS 400

typedef enum
{
  KIND_NONE,
  KIND_JSON,
  KIND_EVENTS,
  KIND_FORM,
  KIND_IMAGE,
  KIND_DOCUMENT,
  KIND_TEXT,
  KIND_BYTES,
} Kind;

struct _OhBodyView
{
  AdwBin parent_instance;

  GtkStack *stack;
  GtkLabel *caption;
  GtkLabel *note;
  GtkWidget *stream_button;
  GtkWidget *copy_button;
  GtkWidget *save_button;
  OhJsonView *tree;
  OhBodyViewText *text;
  OhBodyViewText *raw;
  AdwBin *special; /* form, image, document */
  AdwBin *hex;
  AdwStatusPage *empty;

  OhSide side;
  OhExchangeView *view;
  GBytes *body; /* as it is on screen */
  GBytes *json; /* what the pages of JSON show: the body, or the answer that its events make together; or NULL */
  Kind kind;
  char *problem; /* why it is no JSON */
  gboolean text_stale;
  gboolean raw_stale;
  gboolean hex_stale;
  char *json_page;   /* how the user likes to read JSON */
  gboolean choosing; /* the page changes by itself */
  GCancellable *cancellable;
  guint refresh_id;
  OhSearchWords *words; /* or NULL */
  gboolean parsing;     /* what is on screen is of the body before */
  int wanted;           /* the match to go to when the text is there; -1: none */
};

static void oh_body_view_page_init (OhDetailPageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhBodyView, oh_body_view, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_DETAIL_PAGE, oh_body_view_page_init))

enum
{
  SHOW_STREAM,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

typedef struct
{
  GBytes *body;
  OhReading *reading; /* of a stream: its answer is looked at instead; or NULL */
  gboolean begun; /* there is more to come */
} Unparsed;

/* What a thread finds out about a text that says it is JSON. */
typedef struct
{
  GBytes *body;
  GListModel *values;
  char *problem;
} Parsed;

static void
unparsed_free (gpointer data)
{
  Unparsed *unparsed = data;

  g_bytes_unref (unparsed->body);
  g_clear_pointer (&unparsed->reading, oh_reading_unref);
  g_free (unparsed);
}

static void
parsed_free (gpointer data)
{
  Parsed *parsed = data;

  g_clear_object (&parsed->values);
  g_clear_pointer (&parsed->body, g_bytes_unref);
  g_free (parsed->problem);
  g_free (parsed);
}

/* Whether there is only the beginning of it, and the rest is being read. */
static gboolean
is_begun (OhBodyView *self)
{
  return self->view->partial &&
         !(self->side == OH_SIDE_REQUEST ? self->view->request_whole : self->view->response_whole);
}

static const OhHeaders *
get_headers (OhBodyView *self)
{
  return self->side == OH_SIDE_REQUEST ? self->view->exchange->request_headers : self->view->exchange->response_headers;
}

static const char *
get_content_type (OhBodyView *self)
{
  return oh_headers_get_one (get_headers (self), "content-type");
}

static gboolean
has_type (const char *content_type, const char *type)
{
  return content_type && g_ascii_strncasecmp (content_type, type, strlen (type)) == 0;
}

/* Where the content type does not tell, the first bytes do. */
static Kind
find_kind (GBytes *body, const char *content_type)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  const char *p = data;
  const char *end = NULL;
  gsize sample;

  if (length == 0)
    return KIND_NONE;
  if (has_type (content_type, "text/event-stream"))
    return KIND_EVENTS;
  if (has_type (content_type, "application/x-www-form-urlencoded") || has_type (content_type, "multipart/form-data"))
    return KIND_FORM;
  if (has_type (content_type, "image/") && !has_type (content_type, "image/svg"))
    return KIND_IMAGE;
  if (has_type (content_type, "application/pdf"))
    return KIND_DOCUMENT;
  sample = MIN (length, 4096);
  if (memchr (data, 0, sample) || (!g_utf8_validate_len (data, sample, &end) && end < data + sample - 4))
    return KIND_BYTES;
  if (content_type && (strstr (content_type, "jsonl") || strstr (content_type, "ndjson")))
    return KIND_TEXT;
  while (p < data + sample && g_ascii_isspace (*p))
    p++;
  if ((content_type && strstr (content_type, "json")) || (p < data + sample && (*p == '{' || *p == '[')))
    return KIND_JSON;
  return KIND_TEXT;
}

static void
show_page (OhBodyView *self, const char *name)
{
  self->choosing = TRUE;
  gtk_stack_set_visible_child_name (self->stack, name);
  self->choosing = FALSE;
}

static void
set_pages (OhBodyView *self, const char *const *names)
{
  g_autoptr (GListModel) pages = G_LIST_MODEL (gtk_stack_get_pages (self->stack));

  for (guint i = 0; i < g_list_model_get_n_items (pages); i++)
    {
      g_autoptr (GObject) page = g_list_model_get_item (pages, i);
      const char *name = gtk_stack_page_get_name (GTK_STACK_PAGE (page));

      gtk_stack_page_set_visible (GTK_STACK_PAGE (page), g_strv_contains (names, name));
    }
}

static void
add_note (GString *notes, const char *sentence)
{
  g_string_append_printf (notes, "%s%s", notes->len ? " " : "", sentence);
}

/* All that is not as plain as it looks, in words. */
static void
update_notes (OhBodyView *self)
{
  const OhExchange *exchange = self->view->exchange;
  gboolean request = self->side == OH_SIDE_REQUEST;
  gboolean whole = request ? self->view->request_whole : self->view->response_whole;
  gboolean gap = (exchange->gaps & (request ? OH_GAP_REQUEST : OH_GAP_RESPONSE)) != 0;
  gboolean part = exchange->outcome != OH_OUTCOME_PENDING && !whole && g_bytes_get_size (self->body) > 0;
  gint64 wire = request ? exchange->request_length : exchange->response_length;
  g_autofree char *encoding = oh_headers_dup_list (get_headers (self), "content-encoding");
  const char *content_type = get_content_type (self);
  g_autoptr (GString) notes = g_string_new (NULL);
  g_autofree char *size = oh_format_bytes ((gint64) g_bytes_get_size (self->body));
  g_autofree char *wire_size = oh_format_bytes (wire);
  g_autofree char *caption = g_strdup_printf ("%s · %s", content_type ? content_type : _ ("no content type"), size);

  gtk_label_set_text (self->caption, caption);
  /* Where the label is not true, as many bytes come out as went in. */
  if (encoding && g_ascii_strcasecmp (encoding, "identity") != 0 && (gint64) g_bytes_get_size (self->body) != wire)
    {
      g_autofree char *words =
          g_strdup_printf (_ ("It was sent as %s, %s; this is the decoded text."), encoding, wire_size);

      add_note (notes, words);
    }
  if (is_begun (self))
    add_note (notes, _ ("The rest is being read."));
  else if (gap)
    add_note (notes, _ ("The capture is incomplete: bytes were passed on that could not be kept."));
  else if (exchange->outcome == OH_OUTCOME_PENDING && !whole)
    add_note (notes, _ ("It is still arriving."));
  else if (part)
    add_note (notes, _ ("This is only a part: the rest did not arrive or could not be decoded."));
  if (self->kind == KIND_EVENTS && self->json)
    add_note (notes, _ ("Tree and Text show the answer that its events make together."));
  if (self->problem)
    {
      g_autofree char *words = g_strdup_printf (_ ("This is not valid JSON: %s."), self->problem);

      add_note (notes, words);
    }
  if (self->problem || (!is_begun (self) && (gap || part)))
    gtk_widget_add_css_class (GTK_WIDGET (self->note), "warns");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->note), "warns");
  gtk_label_set_text (self->note, notes->str);
  gtk_widget_set_visible (GTK_WIDGET (self->note), notes->len > 0);
  gtk_widget_set_visible (self->stream_button, self->kind == KIND_EVENTS);
  gtk_widget_set_sensitive (self->copy_button, !is_begun (self) && self->kind != KIND_NONE && self->kind != KIND_IMAGE &&
                                                   self->kind != KIND_DOCUMENT && self->kind != KIND_BYTES);
  gtk_widget_set_sensitive (self->save_button, !is_begun (self) && self->kind != KIND_NONE);
}

static OhBodyViewText *
get_text_page (OhBodyView *self)
{
  const char *page = gtk_stack_get_visible_child_name (self->stack);

  return g_strcmp0 (page, "text") == 0 ? self->text : g_strcmp0 (page, "raw") == 0 ? self->raw : NULL;
}

static void
show_wanted (OhBodyView *self)
{
  OhBodyViewText *text;

  if (self->wanted >= 0 && !self->parsing && self->kind == KIND_JSON &&
      g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), "tree") == 0)
    show_page (self, "text");
  if (self->wanted < 0 || self->parsing)
    return;
  text = get_text_page (self);
  if (text && oh_body_view_text_show_match (text, (guint) self->wanted))
    self->wanted = -1;
}

/* Fills the page on screen, if it has not been yet. */
static void
fill_page (OhBodyView *self)
{
  const char *page = gtk_stack_get_visible_child_name (self->stack);

  if (!self->body || !page)
    return;
  if (strcmp (page, "text") == 0 && self->text_stale && !self->parsing)
    {
      self->text_stale = FALSE;
      oh_body_view_text_set_body (self->text, self->json ? self->json : self->body, TRUE, "json");
    }
  else if (strcmp (page, "raw") == 0 && self->raw_stale)
    {
      self->raw_stale = FALSE;
      oh_body_view_text_set_body (self->raw, self->body, FALSE,
                                  has_type (get_content_type (self), "text/html") ? "html" : NULL);
    }
  else if (strcmp (page, "hex") == 0 && self->hex_stale)
    {
      self->hex_stale = FALSE;
      adw_bin_set_child (self->hex, oh_body_view_hex_new (self->body));
    }
}

static void
page_changed (OhBodyView *self)
{
  const char *page;

  /* Also while the pages are taken down. */
  if (!self->body)
    return;
  page = gtk_stack_get_visible_child_name (self->stack);
  if (!self->choosing && self->kind == KIND_JSON && page)
    {
      g_free (self->json_page);
      self->json_page = g_strdup (page);
    }
  fill_page (self);
  show_wanted (self);
}

static void
parse_json (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Unparsed *unparsed = data;
  Parsed *parsed = g_new0 (Parsed, 1);
  char *answer = unparsed->reading != NULL ? oh_assembled_dup_answer (unparsed->reading) : NULL;

  parsed->body = answer != NULL ? g_bytes_new_take (answer, strlen (answer)) : g_bytes_ref (unparsed->body);
  if (answer != NULL || unparsed->reading == NULL)
    parsed->values = unparsed->begun ? oh_json_tree_new_begun (parsed->body)
                                     : oh_json_tree_new (parsed->body, &parsed->problem);
  g_task_return_pointer (task, parsed, parsed_free);
}

static void
json_parsed (GObject *source, GAsyncResult *result, gpointer data)
{
  static const char *const pages[] = { "tree", "text", "raw", NULL };
  static const char *const raw_only[] = { "raw", NULL };
  OhBodyView *self = OH_BODY_VIEW (source);
  Parsed *parsed = g_task_propagate_pointer (G_TASK (result), NULL);

  if (!parsed)
    return;
  self->parsing = FALSE;
  if (parsed->values)
    self->json = g_steal_pointer (&parsed->body);
  if (self->kind == KIND_EVENTS)
    {
      if (parsed->values)
        {
          oh_json_view_set_values (self->tree, parsed->values);
          set_pages (self, pages);
        }
    }
  else if (!parsed->values)
    {
      self->problem = g_steal_pointer (&parsed->problem);
      set_pages (self, raw_only);
      show_page (self, "raw");
    }
  else
    {
      oh_json_view_set_values (self->tree, parsed->values);
      set_pages (self, pages);
      show_page (self, self->json_page ? self->json_page : "tree");
    }
  update_notes (self);
  fill_page (self);
  show_wanted (self);
  parsed_free (parsed);
}

static GtkWidget *
new_form (GBytes *body, const char *content_type)
{
  g_autoptr (GPtrArray) fields = oh_form_parse (body, content_type);
  GtkWidget *grid = gtk_grid_new ();
  GtkWidget *scroller = gtk_scrolled_window_new ();

  gtk_widget_add_css_class (grid, "pair-grid");
  for (guint i = 0; fields && i < fields->len; i++)
    {
      const OhFormField *field = fields->pdata[i];
      GtkWidget *name = gtk_label_new (field->name);
      GtkWidget *value = gtk_label_new (field->value);

      gtk_label_set_xalign (GTK_LABEL (name), 0);
      gtk_widget_set_valign (name, GTK_ALIGN_START);
      gtk_widget_add_css_class (name, "pair-name");
      gtk_label_set_xalign (GTK_LABEL (value), 0);
      gtk_label_set_wrap (GTK_LABEL (value), TRUE);
      gtk_label_set_wrap_mode (GTK_LABEL (value), PANGO_WRAP_WORD_CHAR);
      gtk_label_set_selectable (GTK_LABEL (value), TRUE);
      gtk_widget_add_css_class (value, "monospace");
      gtk_grid_attach (GTK_GRID (grid), name, 0, (int) i, 1, 1);
      gtk_grid_attach (GTK_GRID (grid), value, 1, (int) i, 1, 1);
    }
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), grid);
  return scroller;
}

/* Images and documents stand in a page of their own, with the bytes beside them. */
static void
show_special (OhBodyView *self, GtkWidget *widget, gboolean text)
{
  const char *pages[] = { "special", text ? "raw" : "hex", NULL };

  if (self->kind != KIND_FORM)
    {
      GtkWidget *scroller = gtk_scrolled_window_new ();

      gtk_widget_set_valign (widget, GTK_ALIGN_START);
      gtk_widget_add_css_class (widget, "body-special");
      gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), widget);
      widget = scroller;
    }
  adw_bin_set_child (self->special, widget);
  if (self->kind == KIND_FORM)
    oh_marks_set (widget, self->words, self->side == OH_SIDE_REQUEST ? OH_SEARCH_IN_REQUEST : OH_SEARCH_IN_RESPONSE, -1,
                  NULL);
  set_pages (self, pages);
  show_page (self, "special");
}

static void
show_empty (OhBodyView *self)
{
  static const char *const pages[] = { "empty", NULL };
  const OhExchange *exchange = self->view->exchange;
  g_autofree char *said = oh_saying_tell (exchange->error);

  adw_status_page_set_title (self->empty, is_begun (self) ? _ ("Reading…") : _ ("No Body"));
  if (exchange->route == OH_ROUTE_BLIND)
    adw_status_page_set_description (
        self->empty, _ ("This connection was passed on without looking inside: only times and sizes are known."));
  else if (is_begun (self))
    adw_status_page_set_description (self->empty, _ ("It is large, and is being read."));
  else if (exchange->outcome == OH_OUTCOME_PENDING)
    adw_status_page_set_description (self->empty, _ ("Nothing has arrived yet."));
  else if (self->side == OH_SIDE_RESPONSE && exchange->outcome == OH_OUTCOME_FAILED)
    adw_status_page_set_description (self->empty, said ? said : _ ("There was no answer."));
  else
    adw_status_page_set_description (self->empty, _ ("It was sent without one."));
  set_pages (self, pages);
  show_page (self, "empty");
}

static void
read_json (OhBodyView *self, OhReading *reading)
{
  g_autoptr (GTask) task = NULL;
  Unparsed *unparsed = g_new0 (Unparsed, 1);

  unparsed->body = g_bytes_ref (self->body);
  unparsed->reading = reading != NULL ? oh_reading_ref (reading) : NULL;
  unparsed->begun = is_begun (self);
  self->cancellable = g_cancellable_new ();
  task = g_task_new (self, self->cancellable, json_parsed, NULL);
  g_task_set_source_tag (task, read_json);
  g_task_set_task_data (task, unparsed, unparsed_free);
  g_task_run_in_thread (task, parse_json);
}

/* A stream that has ended has an answer in one piece. */
static gboolean
makes_answer (OhBodyView *self)
{
  return self->kind == KIND_EVENTS && self->side == OH_SIDE_RESPONSE && self->view->reading->answer != NULL &&
         self->view->exchange->outcome != OH_OUTCOME_PENDING && !is_begun (self);
}

static void
show_body (OhBodyView *self)
{
  static const char *const raw_only[] = { "raw", NULL };
  static const char *const hex_only[] = { "hex", NULL };
  const char *content_type = get_content_type (self);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->problem, g_free);
  g_clear_pointer (&self->json, g_bytes_unref);
  self->text_stale = self->raw_stale = self->hex_stale = TRUE;
  self->kind = find_kind (self->body, content_type);
  /* What makes no sense before it is whole. */
  if (is_begun (self) && (self->kind == KIND_FORM || self->kind == KIND_IMAGE || self->kind == KIND_DOCUMENT))
    self->kind = KIND_NONE;
  self->parsing = self->kind == KIND_JSON;
  switch (self->kind)
    {
    case KIND_JSON:
      read_json (self, NULL);
      break;
    case KIND_FORM:
      show_special (self, new_form (self->body, content_type), TRUE);
      break;
    case KIND_IMAGE:
      show_special (self, oh_block_view_media_new_image (self->body, content_type), FALSE);
      break;
    case KIND_DOCUMENT:
      show_special (self, oh_block_view_media_new_document (self->body, content_type, NULL), FALSE);
      break;
    case KIND_EVENTS:
    case KIND_TEXT:
      set_pages (self, raw_only);
      show_page (self, "raw");
      if (makes_answer (self))
        read_json (self, self->view->reading);
      break;
    case KIND_BYTES:
      set_pages (self, hex_only);
      show_page (self, "hex");
      break;
    case KIND_NONE:
    default:
      show_empty (self);
    }
  update_notes (self);
  fill_page (self);
}

static void
take_body (OhBodyView *self)
{
  GBytes *body = self->side == OH_SIDE_REQUEST ? self->view->request_body : self->view->response_body;

  g_clear_pointer (&self->body, g_bytes_unref);
  self->body = body ? g_bytes_ref (body) : g_bytes_new (NULL, 0);
}

static gboolean
refresh (gpointer data)
{
  OhBodyView *self = data;

  self->refresh_id = 0;
  take_body (self);
  show_body (self);
  return G_SOURCE_REMOVE;
}

/* Whether it is what the events make together. */
static gboolean
shows_answer (OhBodyView *self)
{
  return self->kind == KIND_EVENTS && self->json && g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), "raw") != 0;
}

static void
copy_clicked (OhBodyView *self)
{
  gsize length;
  const char *data = g_bytes_get_data (shows_answer (self) ? self->json : self->body, &length);
  g_autofree char *text = g_utf8_make_valid (length ? data : "", (gssize) length);

  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

/* Of a file with what is shown. (transfer full) */
static char *
make_name (OhBodyView *self)
{
  gboolean answer = shows_answer (self);
  const char *extension =
      answer || self->kind == KIND_JSON ? ".json" : oh_block_view_media_extension (get_content_type (self));

  return g_strdup_printf ("%" G_GINT64_FORMAT "-%s%s", self->view->exchange->id,
                          answer ? "answer" : self->side == OH_SIDE_REQUEST ? "request" : "response", extension);
}

static void
save_clicked (OhBodyView *self)
{
  g_autofree char *name = make_name (self);

  oh_block_view_media_save (GTK_WIDGET (self), shows_answer (self) ? self->json : self->body, name);
}

static gboolean
write_bytes (const char *path, gpointer data, GError **error)
{
  gsize length;
  const char *bytes = g_bytes_get_data (data, &length);

  return g_file_set_contents_full (path, length > 0 ? bytes : "", (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, error);
}

/* The button that saves it can be dragged to where it is to be saved. */
static OhDragFile *
make_drag (GtkWidget *button, double x, double y, gpointer data)
{
  OhBodyView *self = data;
  OhDragFile *file;

  if (!gtk_widget_get_sensitive (button))
    return NULL;
  file = g_new0 (OhDragFile, 1);
  file->name = make_name (self);
  file->text = self->kind == KIND_JSON || self->kind == KIND_TEXT;
  file->write = write_bytes;
  file->data = g_bytes_ref (shows_answer (self) ? self->json : self->body);
  file->free_data = (GDestroyNotify) g_bytes_unref;
  return file;
}

static void
stream_clicked (OhBodyView *self)
{
  g_signal_emit (self, signals[SHOW_STREAM], 0);
}

static gboolean
find_key (GtkWidget *widget, GVariant *args, gpointer data)
{
  return oh_body_view_find (OH_BODY_VIEW (widget));
}

/* ---- the page ---- */

static void
oh_body_view_set_view (OhDetailPage *page, OhEngine *engine, OhExchangeView *view)
{
  OhBodyView *self = OH_BODY_VIEW (page);
  GBytes *body;
  gboolean same;

  same = view && self->view && view->exchange->id == self->view->exchange->id;
  if (view)
    oh_exchange_view_ref (view);
  g_clear_pointer (&self->view, oh_exchange_view_unref);
  self->view = view;
  if (!same)
    self->wanted = -1;
  if (!view)
    {
      g_clear_handle_id (&self->refresh_id, g_source_remove);
      g_cancellable_cancel (self->cancellable);
      g_clear_pointer (&self->body, g_bytes_unref);
      g_clear_pointer (&self->json, g_bytes_unref);
      return;
    }
  body = self->side == OH_SIDE_REQUEST ? view->request_body : view->response_body;
  if (same && self->body && g_bytes_get_size (self->body) == (body ? g_bytes_get_size (body) : 0) &&
      self->kind != KIND_NONE)
    {
      update_notes (self);
      /* It may have been all there before it was known to be. */
      if (makes_answer (self) && !self->cancellable)
        read_json (self, view->reading);
      return;
    }
  if (same && view->exchange->outcome == OH_OUTCOME_PENDING && self->kind != KIND_NONE)
    {
      if (self->refresh_id == 0)
        self->refresh_id = g_timeout_add (REFRESH_MS, refresh, self);
      return;
    }
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  take_body (self);
  show_body (self);
}

static void
oh_body_view_set_words (OhDetailPage *page, OhSearchWords *words)
{
  OhBodyView *self = OH_BODY_VIEW (page);
  OhSearchSide where = self->side == OH_SIDE_REQUEST ? OH_SEARCH_IN_REQUEST : OH_SEARCH_IN_RESPONSE;

  oh_search_words_set (&self->words, words);
  self->wanted = -1;
  oh_json_view_set_words (self->tree, words, where);
  oh_body_view_text_set_words (self->text, words, where);
  oh_body_view_text_set_words (self->raw, words, where);
  oh_marks_set (GTK_WIDGET (self->special), words, where, -1, NULL);
}

static void
oh_body_view_show_match (OhDetailPage *page, guint kind, guint index, guint nth)
{
  OhBodyView *self = OH_BODY_VIEW (page);

  self->wanted = (int) nth;
  show_wanted (self);
}

static gboolean
find (OhDetailPage *page)
{
  return oh_body_view_find (OH_BODY_VIEW (page));
}

static void
oh_body_view_page_init (OhDetailPageInterface *iface)
{
  iface->set_view = oh_body_view_set_view;
  iface->set_words = oh_body_view_set_words;
  iface->show_match = oh_body_view_show_match;
  iface->find = find;
}

/* ---- */

static void
oh_body_view_dispose (GObject *object)
{
  OhBodyView *self = OH_BODY_VIEW (object);

  g_clear_handle_id (&self->refresh_id, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->body, g_bytes_unref);
  G_OBJECT_CLASS (oh_body_view_parent_class)->dispose (object);
}

static void
oh_body_view_finalize (GObject *object)
{
  OhBodyView *self = OH_BODY_VIEW (object);

  g_clear_pointer (&self->view, oh_exchange_view_unref);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_pointer (&self->json, g_bytes_unref);
  g_clear_pointer (&self->words, oh_search_words_unref);
  g_free (self->problem);
  g_free (self->json_page);
  G_OBJECT_CLASS (oh_body_view_parent_class)->finalize (object);
}

static void
oh_body_view_class_init (OhBodyViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_body_view_dispose;
  G_OBJECT_CLASS (klass)->finalize = oh_body_view_finalize;
  signals[SHOW_STREAM] =
      g_signal_new ("show-stream", OH_TYPE_BODY_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  g_type_ensure (OH_TYPE_BODY_VIEW_TEXT);
  g_type_ensure (OH_TYPE_JSON_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-body-view.ui");
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, stack);
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, caption);
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, note);
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, stream_button);
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, copy_button);
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, save_button);
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, tree);
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, text);
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, raw);
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, special);
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, hex);
  gtk_widget_class_bind_template_child (widget_class, OhBodyView, empty);
  gtk_widget_class_bind_template_callback (widget_class, page_changed);
  gtk_widget_class_bind_template_callback (widget_class, copy_clicked);
  gtk_widget_class_bind_template_callback (widget_class, save_clicked);
  gtk_widget_class_bind_template_callback (widget_class, stream_clicked);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, find_key, NULL);
}

static void
oh_body_view_init (OhBodyView *self)
{
  self->wanted = -1;
  gtk_widget_init_template (GTK_WIDGET (self));
  oh_drag_file_attach (self->save_button, make_drag, self);
}

void
oh_body_view_set_side (OhBodyView *self, OhSide side)
{
  g_return_if_fail (OH_IS_BODY_VIEW (self));

  self->side = side;
}

gboolean
oh_body_view_find (OhBodyView *self)
{
  const char *page;

  g_return_val_if_fail (OH_IS_BODY_VIEW (self), FALSE);

  page = gtk_stack_get_visible_child_name (self->stack);
  if (g_strcmp0 (page, "tree") == 0)
    {
      gtk_stack_set_visible_child_name (self->stack, "text");
      page = "text";
    }
  if (g_strcmp0 (page, "text") == 0)
    oh_body_view_text_find (self->text);
  else if (g_strcmp0 (page, "raw") == 0)
    oh_body_view_text_find (self->raw);
  else
    return FALSE;
  return TRUE;
}
