/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-headers-view.h"

#include "oh-detail-page.h"
#include "oh-marks.h"
#include "oh-words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

struct _OhHeadersView
{
  AdwBin parent_instance;

  GtkLabel *request_line;
  GtkLabel *status_line;
  GtkLabel *about;
  GtkGrid *request_grid;
  GtkGrid *response_grid;
  OhExchange *exchange; /* as it is on screen */
  OhSearchWords *words; /* or NULL */
  int current;          /* the match that is looked at; -1: none */
};

static void oh_headers_view_page_init (OhDetailPageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhHeadersView, oh_headers_view, ADW_TYPE_BIN,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_DETAIL_PAGE, oh_headers_view_page_init))

static void
clear_grid (GtkGrid *grid)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (grid))))
    gtk_grid_remove (grid, child);
}

static void
copy_clicked (GtkWidget *button)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (button), g_object_get_data (G_OBJECT (button), "value"));
}

static void
add_row (GtkGrid *grid, int row, const char *name, const char *value)
{
  GtkWidget *name_label = gtk_label_new (name);
  GtkWidget *value_label = gtk_label_new (value);
  GtkWidget *button = gtk_button_new_from_icon_name ("edit-copy-symbolic");
  g_autofree char *copy_words = g_strdup_printf (_ ("Copy the value of %s"), name);

  gtk_label_set_xalign (GTK_LABEL (name_label), 0);
  gtk_label_set_selectable (GTK_LABEL (name_label), TRUE);
  gtk_label_set_ellipsize (GTK_LABEL (name_label), PANGO_ELLIPSIZE_END);
  gtk_label_set_width_chars (GTK_LABEL (name_label), 18);
  gtk_widget_set_tooltip_text (name_label, name);
  gtk_widget_set_valign (name_label, GTK_ALIGN_BASELINE);
  gtk_widget_add_css_class (name_label, "pair-name");
  gtk_label_set_xalign (GTK_LABEL (value_label), 0);
  gtk_label_set_wrap (GTK_LABEL (value_label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (value_label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (value_label), TRUE);
  gtk_widget_set_hexpand (value_label, TRUE);
  gtk_widget_set_valign (value_label, GTK_ALIGN_BASELINE);
  gtk_widget_add_css_class (value_label, "monospace");
  if (strstr (value, OH_REDACTED))
    {
      gtk_widget_add_css_class (value_label, "redacted");
      gtk_widget_set_tooltip_text (value_label, _ ("A secret: only a marker was kept"));
    }
  gtk_widget_set_valign (button, GTK_ALIGN_START);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "small-button");
  gtk_widget_set_tooltip_text (button, copy_words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, copy_words, -1);
  g_object_set_data_full (G_OBJECT (button), "value", g_strdup (value), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (copy_clicked), NULL);
  gtk_grid_attach (grid, name_label, 0, row, 1, 1);
  gtk_grid_attach (grid, value_label, 1, row, 1, 1);
  gtk_grid_attach (grid, button, 2, row, 1, 1);
}

/* Returns: whether one of the values is a marker. */
static gboolean
fill_grid (GtkGrid *grid, const OhHeaders *headers)
{
  gboolean redacted = FALSE;
  guint n = headers ? oh_headers_get_length (headers) : 0;

  clear_grid (grid);
  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      oh_headers_get_nth (headers, i, &name, &value);
      add_row (grid, (int) i, name, value);
      redacted = redacted || strstr (value, OH_REDACTED);
    }
  return redacted;
}

static char *
status_words (const OhExchange *exchange)
{
  if (exchange->status > 0)
    return g_strdup_printf ("HTTP/%s %u %s", exchange->http_version ? exchange->http_version : "1.1", exchange->status,
                            exchange->reason ? exchange->reason : "");
  if (exchange->route == OH_ROUTE_BLIND)
    return g_strdup (_ ("Passed on without reading"));
  if (exchange->outcome == OH_OUTCOME_PENDING)
    return g_strdup (_ ("No answer yet"));
  return exchange->error ? oh_saying_tell (exchange->error) : g_strdup (_ ("No answer"));
}

static void
show (OhHeadersView *self, const OhExchange *exchange)
{
  g_autofree char *url = oh_exchange_get_url (exchange);
  g_autofree char *line =
      g_strdup_printf ("%s %s HTTP/%s", exchange->method, url, exchange->http_version ? exchange->http_version : "1.1");
  g_autofree char *status = status_words (exchange);
  g_autoptr (GString) about = g_string_new (NULL);
  gboolean redacted = fill_grid (self->request_grid, exchange->request_headers);

  redacted = fill_grid (self->response_grid, exchange->response_headers) || redacted || strstr (url, OH_REDACTED);
  gtk_label_set_text (self->request_line, line);
  gtk_label_set_text (self->status_line, status);
  if (exchange->route == OH_ROUTE_BLIND)
    {
      g_autofree char *why = oh_words_unread (exchange, NULL);

      g_string_append_printf (about,
                              _ ("This is a blind tunnel: the program's encrypted connection was passed on as it was. %s What was said in "
                                 "it is not known."),
                              why);
    }
  else
    g_string_append (about, _ ("The values are as they were on the wire. The order of the fields and the case of "
                               "their names may differ from it."));
  if (exchange->upstream)
    g_string_append_printf (about, _ (" The request was sent to %s instead of its host."), exchange->upstream);
  if (redacted)
    g_string_append (about,
                     _ (" Secrets were replaced before anything was kept: a marker names the last four characters "
                        "and a mark by which the same secret can be recognised."));
  if (exchange->program != NULL)
    {
      const OhProgram *program = exchange->program;

      g_string_append_c (about, '\n');
      g_string_append_printf (about, _ ("Made by %s (process %" PRId64 "): %s"), program->name, program->pid,
                              program->command != NULL ? program->command : "");
    }
  gtk_label_set_text (self->about, about->str);
}

/* Returns: the label with the match that is looked at, or NULL. */
static GtkWidget *
mark (OhHeadersView *self)
{
  const struct
  {
    GtkWidget *root;
    OhSearchSide side;
  } roots[] = {
    { GTK_WIDGET (self->request_line), OH_SEARCH_IN_REQUEST },
    { GTK_WIDGET (self->request_grid), OH_SEARCH_IN_REQUEST },
    { GTK_WIDGET (self->status_line), OH_SEARCH_IN_RESPONSE },
    { GTK_WIDGET (self->response_grid), OH_SEARCH_IN_RESPONSE },
  };
  GtkWidget *found = NULL;
  int before = 0;

  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    {
      GtkWidget *here;

      before += (int) oh_marks_set (roots[i].root, self->words, roots[i].side,
                                    self->current >= before ? self->current - before : -1, &here);
      if (here)
        found = here;
    }
  return found;
}

/* ---- the page ---- */

static void
oh_headers_view_set_view (OhDetailPage *page, OhEngine *engine, OhExchangeView *view)
{
  OhHeadersView *self = OH_HEADERS_VIEW (page);
  const OhExchange *old;

  old = self->exchange;
  /* What is selected in a label should not be lost because a body grew. */
  if (view && old && old->id == view->exchange->id && old->status == view->exchange->status &&
      old->outcome == view->exchange->outcome)
    return;
  g_clear_pointer (&self->exchange, oh_exchange_unref);
  if (!view)
    return;
  self->exchange = oh_exchange_ref (view->exchange);
  show (self, self->exchange);
  self->current = -1;
  mark (self);
}

static void
oh_headers_view_set_words (OhDetailPage *page, OhSearchWords *words)
{
  OhHeadersView *self = OH_HEADERS_VIEW (page);

  oh_search_words_set (&self->words, words);
  self->current = -1;
  mark (self);
}

static void
oh_headers_view_show_match (OhDetailPage *page, guint kind, guint index, guint nth)
{
  OhHeadersView *self = OH_HEADERS_VIEW (page);
  GtkWidget *found;

  self->current = (int) nth;
  found = mark (self);
  if (found)
    oh_marks_scroll_to (GTK_SCROLLED_WINDOW (adw_bin_get_child (ADW_BIN (self))), found);
}

static void
oh_headers_view_page_init (OhDetailPageInterface *iface)
{
  iface->set_view = oh_headers_view_set_view;
  iface->set_words = oh_headers_view_set_words;
  iface->show_match = oh_headers_view_show_match;
}

/* ---- */

static void
oh_headers_view_dispose (GObject *object)
{
  OhHeadersView *self = OH_HEADERS_VIEW (object);

  g_clear_pointer (&self->exchange, oh_exchange_unref);
  g_clear_pointer (&self->words, oh_search_words_unref);
  G_OBJECT_CLASS (oh_headers_view_parent_class)->dispose (object);
}

static void
oh_headers_view_class_init (OhHeadersViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_headers_view_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/overhear/Overhear/oh-headers-view.ui");
  gtk_widget_class_bind_template_child (widget_class, OhHeadersView, request_line);
  gtk_widget_class_bind_template_child (widget_class, OhHeadersView, status_line);
  gtk_widget_class_bind_template_child (widget_class, OhHeadersView, about);
  gtk_widget_class_bind_template_child (widget_class, OhHeadersView, request_grid);
  gtk_widget_class_bind_template_child (widget_class, OhHeadersView, response_grid);
}

static void
oh_headers_view_init (OhHeadersView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->current = -1;
}
