/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-block-view.h"

#include "oh-block-view-body.h"
#include "oh-block-view-media.h"
#include "oh-block-view-text.h"
#include "oh-json-pretty.h"
#include "oh-json-scan.h"
#include "oh-markdown-code.h"
#include "oh-text-label.h"

#include <glib/gi18n.h>
#include <string.h>

/* JSON longer than this is shown as text with "Show all". */
#define CODE_LIMIT 12000

typedef enum
{
  SHAPE_TEXT,
  SHAPE_THINKING,
  SHAPE_REDACTED,
  SHAPE_TOOL_USE,
  SHAPE_RESULT,
  SHAPE_IMAGE,
  SHAPE_DOCUMENT,
  SHAPE_LINK,
  SHAPE_JSON,  /* a body of no LLM API */
  SHAPE_BODY,  /* the same, and no text */
  SHAPE_OTHER, /* known or not: words where there are some, then the JSON as it was sent */
} Shape;

struct _OhBlockView
{
  GtkBox parent_instance;

  OhConversationItem *item;
  char *path;
  OhBlock *block; /* as it is shown */
  Shape shape;

  GtkLabel *title;     /* TOOL_USE, RESULT, OTHER */
  GtkLabel *id;        /* TOOL_USE, RESULT */
  GtkLabel *preview;   /* THINKING */
  GtkWidget *expander; /* THINKING */
  OhBlockViewText *text;
  OhMarkdownCode *code;
  GtkWidget *problem;
  GtkWidget *sources;
};

G_DEFINE_FINAL_TYPE (OhBlockView, oh_block_view, GTK_TYPE_BOX)

/* Whether it is a whole body, of a call that is not to an LLM API: the page that shows it, or NULL. */
static const char *
page_of_body (OhConversationItem *item)
{
  const OhMessage *message = oh_conversation_item_get_message (item);

  if (message && strcmp (message->role, "request") == 0)
    return "request";
  return message && strcmp (message->role, "response") == 0 ? "response" : NULL;
}

static Shape
shape_of (OhConversationItem *item, const OhBlock *block)
{
  const char *type = block->type;

  if (page_of_body (item) && oh_block_view_body_wants (block))
    return SHAPE_BODY;
  if (page_of_body (item) && strcmp (type, "json") == 0)
    return SHAPE_JSON;
  if (strcmp (type, "text") == 0 && (block->text || !block->complete))
    return SHAPE_TEXT;
  if (strcmp (type, "thinking") == 0)
    return SHAPE_THINKING;
  if (strcmp (type, "redacted_thinking") == 0)
    return SHAPE_REDACTED;
  if (g_str_has_suffix (type, "tool_use"))
    return SHAPE_TOOL_USE;
  if (g_str_has_suffix (type, "tool_result"))
    return SHAPE_RESULT;
  if (strcmp (type, "image") == 0)
    return SHAPE_IMAGE;
  if (strcmp (type, "document") == 0)
    return SHAPE_DOCUMENT;
  if (strcmp (type, "web_search_result") == 0 && block->source)
    return SHAPE_LINK;
  return SHAPE_OTHER;
}

static char *
sub_path (OhBlockView *self, const char *name)
{
  return g_strdup_printf ("%s/%s", self->path, name);
}

static OhBlockViewText *
add_text (OhBlockView *self, GtkWidget *box)
{
  g_autofree char *path = sub_path (self, "text");
  GtkWidget *text = oh_block_view_text_new (self->item, path);

  gtk_box_append (GTK_BOX (box), text);
  return OH_BLOCK_VIEW_TEXT (text);
}

/* Remembers what the user unfolded. The expander's name is the path. */
static void
expanded_changed (GtkExpander *expander, GParamSpec *pspec, OhConversationItem *item)
{
  oh_conversation_item_set_open (item, gtk_widget_get_name (GTK_WIDGET (expander)),
                                 gtk_expander_get_expanded (expander));
}

static GtkWidget *
new_expander (OhBlockView *self, const char *name, GtkWidget *label, gboolean open)
{
  g_autofree char *path = sub_path (self, name);
  GtkWidget *expander = gtk_expander_new (NULL);

  gtk_widget_set_name (expander, path);
  gtk_expander_set_label_widget (GTK_EXPANDER (expander), label);
  gtk_expander_set_expanded (GTK_EXPANDER (expander), oh_conversation_item_get_open (self->item, path, open));
  g_signal_connect_object (expander, "notify::expanded", G_CALLBACK (expanded_changed), self->item, 0);
  return expander;
}

/* JSON as it was sent, laid out. */
static GtkWidget *
new_json (OhBlockView *self, const char *json)
{
  g_autofree char *pretty = oh_json_pretty (json, -1);
  g_autofree char *path = sub_path (self, "json-text");
  GtkWidget *widget;

  if (strlen (pretty) > CODE_LIMIT)
    {
      widget = oh_block_view_text_new (self->item, path);
      gtk_widget_add_css_class (widget, "monospace");
      oh_block_view_text_set (OH_BLOCK_VIEW_TEXT (widget), pretty, TRUE, TRUE);
    }
  else
    {
      widget = oh_markdown_code_new ();
      oh_markdown_code_set (OH_MARKDOWN_CODE (widget), pretty, "json", TRUE);
    }
  return widget;
}

static void
json_expanded (GtkExpander *expander, GParamSpec *pspec, OhBlockView *self)
{
  const char *json = g_object_get_data (G_OBJECT (expander), "json");

  if (gtk_expander_get_expanded (expander) && !gtk_expander_get_child (expander))
    gtk_expander_set_child (expander, new_json (self, json));
}

static void
add_verbatim (OhBlockView *self, const char *json, gboolean open)
{
  GtkWidget *label = gtk_label_new (_ ("As it was sent"));
  GtkWidget *expander;

  gtk_widget_add_css_class (label, "caption");
  gtk_widget_add_css_class (label, "dim-label");
  expander = new_expander (self, "json", label, open);
  g_object_set_data_full (G_OBJECT (expander), "json", g_strdup (json), g_free);
  g_signal_connect (expander, "notify::expanded", G_CALLBACK (json_expanded), self);
  json_expanded (GTK_EXPANDER (expander), NULL, self);
  gtk_box_append (GTK_BOX (self), expander);
}

static void
add_children (OhBlockView *self, const OhBlock *block)
{
  for (guint i = 0; block->children && i < block->children->len; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%u", self->path, i);
      GtkWidget *child = oh_block_view_new (self->item, path);

      oh_block_view_set_block (OH_BLOCK_VIEW (child), block->children->pdata[i], TRUE);
      gtk_box_append (GTK_BOX (self), child);
    }
}

/* Name, identifier and error of a tool's use or result. */
static void
add_tool_title (OhBlockView *self)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *title = gtk_label_new (NULL);
  GtkWidget *id = gtk_label_new (NULL);

  self->title = GTK_LABEL (title);
  self->id = GTK_LABEL (id);
  gtk_label_set_xalign (self->title, 0);
  gtk_label_set_selectable (self->title, TRUE);
  gtk_label_set_ellipsize (self->title, PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_add_css_class (title, "tool-name");
  gtk_label_set_xalign (self->id, 0);
  gtk_label_set_selectable (self->id, TRUE);
  gtk_label_set_ellipsize (self->id, PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_set_hexpand (id, TRUE);
  gtk_widget_add_css_class (id, "monospace");
  gtk_widget_add_css_class (id, "dim-label");
  gtk_box_append (GTK_BOX (row), title);
  gtk_box_append (GTK_BOX (row), id);
  gtk_box_append (GTK_BOX (self), row);
}

/* Text. */

static const char *
first_name (OhJson citation, char **owned)
{
  static const char *const names[] = { "title", "document_title", "source", "url" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      *owned = oh_json_dup_string (oh_json_get (citation, names[i]));
      if (*owned && **owned)
        return *owned;
      g_clear_pointer (owned, g_free);
    }
  return _ ("a document");
}

static void
add_citation (GString *markup, guint number, OhJson citation)
{
  g_autofree char *owned = NULL;
  const char *name = first_name (citation, &owned);
  g_autofree char *url = oh_json_dup_string (oh_json_get (citation, "url"));
  g_autofree char *cited = oh_json_dup_string (oh_json_get (citation, "cited_text"));
  g_autofree char *safe_name = g_markup_escape_text (name, -1);

  g_string_append_printf (markup, "%s[%u] ", markup->len ? "\n" : "", number);
  if (url && (g_str_has_prefix (url, "https://") || g_str_has_prefix (url, "http://")))
    {
      g_autofree char *safe_url = g_markup_escape_text (url, -1);

      g_string_append_printf (markup, "<a href=\"%s\">%s</a>", safe_url, safe_name);
    }
  else
    g_string_append (markup, safe_name);
  if (cited && *cited)
    {
      g_autofree char *cut = g_utf8_substring (cited, 0, MIN (g_utf8_strlen (cited, -1), 200));
      g_autofree char *safe = g_markup_escape_text (g_strstrip (cut), -1);

      g_string_append_printf (markup, ": <i>“%s%s”</i>", safe, strlen (cut) < strlen (g_strstrip (cited)) ? "…" : "");
    }
}

/* What an answer's text stands on, where it says so. */
static void
set_sources (OhBlockView *self, const OhBlock *block)
{
  g_autoptr (GString) markup = NULL;
  OhJson value, citation;
  OhJsonIter iter;
  guint n = 0;

  if (self->sources || !block->complete || !block->json || !strstr (block->json, "\"citations\"") ||
      !oh_json_parse (block->json, strlen (block->json), &value, NULL))
    return;
  value = oh_json_get (value, "citations");
  if (oh_json_get_kind (value) != OH_JSON_ARRAY)
    return;
  markup = g_string_new (NULL);
  oh_json_iter_init (&iter, value);
  while (n < 50 && oh_json_iter_next (&iter, NULL, &citation))
    add_citation (markup, ++n, citation);
  if (n == 0)
    return;
  self->sources = oh_text_label_new (NULL, "caption");
  gtk_label_set_markup (GTK_LABEL (self->sources), markup->str);
  gtk_box_append (GTK_BOX (self), self->sources);
}

static void
set_text (OhBlockView *self, const OhBlock *block)
{
  if (!self->text)
    self->text = add_text (self, GTK_WIDGET (self));
  oh_block_view_text_set (self->text, block->text ? block->text : "",
                          oh_conversation_item_get_plain (self->item) || page_of_body (self->item), block->complete);
  set_sources (self, block);
}

/* Thinking. */

static char *
thinking_words (OhBlockView *self, const OhBlock *block)
{
  const OhExchangeView *view = oh_conversation_item_get_view (self->item);
  gint64 tokens = view->reading->facts->usage.thinking;
  const OhMessage *message = oh_conversation_item_get_message (self->item);
  guint blocks = 0;
  g_autofree char *count = NULL;

  for (guint i = 0; message && i < message->blocks->len; i++)
    blocks += strcmp (((OhBlock *) message->blocks->pdata[i])->type, "thinking") == 0;
  if (!block->text || !*block->text)
    return g_strdup (block->complete ? _ ("Thinking, not shown by the API") : _ ("Thinking…"));
  if (block->complete && blocks == 1 && tokens > 0 && oh_conversation_item_get_kind (self->item) == OH_CARD_ANSWER)
    {
      count = oh_format_count (tokens);
      return g_strdup_printf (_ ("Thinking, %s tokens"), count);
    }
  count = oh_format_count (g_utf8_strlen (block->text, -1));
  return g_strdup_printf (_ ("Thinking, %s characters"), count);
}

static void
set_preview (OhBlockView *self, const OhBlock *block)
{
  g_autofree char *words = thinking_words (self, block);
  g_autofree char *start = NULL;
  g_autofree char *line = NULL;

  if (!gtk_expander_get_expanded (GTK_EXPANDER (self->expander)) && block->text && *block->text)
    {
      start = g_utf8_substring (block->text, 0, MIN (g_utf8_strlen (block->text, -1), 160));
      line = g_strdup_printf ("%s: %s", words, g_strdelimit (start, "\n\r\t", ' '));
    }
  gtk_label_set_text (self->preview, line ? line : words);
}

static void
thinking_expanded (OhBlockView *self)
{
  const OhBlock *block = self->block;

  set_preview (self, block);
  if (gtk_expander_get_expanded (GTK_EXPANDER (self->expander)) && block->text)
    {
      if (!self->text)
        {
          GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

          self->text = add_text (self, box);
          gtk_widget_add_css_class (GTK_WIDGET (self->text), "thinking");
          gtk_expander_set_child (GTK_EXPANDER (self->expander), box);
        }
      oh_block_view_text_set (self->text, block->text, oh_conversation_item_get_plain (self->item), block->complete);
    }
}

static void
set_thinking (OhBlockView *self, const OhBlock *block)
{
  if (!self->expander)
    {
      GtkWidget *label = gtk_label_new (NULL);

      self->preview = GTK_LABEL (label);
      gtk_label_set_xalign (self->preview, 0);
      gtk_label_set_ellipsize (self->preview, PANGO_ELLIPSIZE_END);
      gtk_widget_add_css_class (label, "thinking");
      gtk_widget_add_css_class (GTK_WIDGET (self), "thinking-frame");
      /* Thinking that is under way is what there is to see; thinking that is over is folded, unless something was found
       * in it. */
      self->expander = new_expander (self, "thinking", label, !block->complete || oh_conversation_item_finds (self->item, block->text));
      g_signal_connect_object (self->expander, "notify::expanded", G_CALLBACK (thinking_expanded), self,
                               G_CONNECT_SWAPPED);
      gtk_box_append (GTK_BOX (self), self->expander);
    }
  thinking_expanded (self);
}

/* Tools. */

static void
set_tool_use (OhBlockView *self, const OhBlock *block)
{
  g_autofree char *pretty = oh_json_pretty (block->input ? block->input : "", -1);
  const char *prefix = g_str_has_prefix (block->type, "server_") ? _ ("on the server")
                       : g_str_has_prefix (block->type, "mcp_")  ? _ ("by MCP")
                                                                 : NULL;
  g_autofree char *id = prefix ? g_strdup_printf ("%s · %s", block->id ? block->id : "", prefix) : g_strdup (block->id);

  if (!self->title)
    {
      gtk_widget_add_css_class (GTK_WIDGET (self), "tool-frame");
      add_tool_title (self);
      self->code = OH_MARKDOWN_CODE (oh_markdown_code_new ());
      gtk_box_append (GTK_BOX (self), GTK_WIDGET (self->code));
    }
  gtk_label_set_text (self->title, block->name ? block->name : block->type);
  gtk_label_set_text (self->id, id ? id : "");
  gtk_widget_set_visible (GTK_WIDGET (self->code), *pretty && strlen (pretty) <= CODE_LIMIT);
  if (strlen (pretty) <= CODE_LIMIT)
    oh_markdown_code_set (self->code, pretty, "json", block->complete);
  else
    {
      if (!self->text)
        {
          self->text = add_text (self, GTK_WIDGET (self));
          gtk_widget_add_css_class (GTK_WIDGET (self->text), "monospace");
        }
      oh_block_view_text_set (self->text, pretty, TRUE, block->complete);
    }
}

/* A result's text is what a program printed: JSON is laid out, the rest is shown as it is. */
static void
add_output (OhBlockView *self, const OhBlock *block)
{
  OhJson value;

  if ((*block->text == '{' || *block->text == '[') && strlen (block->text) < CODE_LIMIT &&
      oh_json_parse (block->text, strlen (block->text), &value, NULL))
    gtk_box_append (GTK_BOX (self), new_json (self, block->text));
  else
    {
      self->text = add_text (self, GTK_WIDGET (self));
      oh_block_view_text_set (self->text, block->text, TRUE, TRUE);
    }
}

static void
set_result (OhBlockView *self, const OhBlock *block, gboolean titled)
{
  const char *name = oh_conversation_item_get_tool_name (self->item, block->id);

  if (titled)
    {
      g_autofree char *words =
          g_strdup_printf (block->is_error ? _ ("Error of %s") : _ ("Result of %s"), name          ? name
                                                                                     : block->name ? block->name
                                                                                                   : _ ("a tool"));

      add_tool_title (self);
      gtk_label_set_text (self->title, words);
      gtk_label_set_text (self->id, block->id ? block->id : "");
    }
  if (block->is_error)
    gtk_widget_add_css_class (GTK_WIDGET (self), "error-frame");
  if (block->children && block->children->len > 0)
    add_children (self, block);
  else if (block->text && *block->text)
    add_output (self, block);
  else if (block->json && !g_str_has_prefix (block->type, "tool_"))
    add_verbatim (self, block->json, TRUE);
  else
    gtk_box_append (GTK_BOX (self), oh_text_label_new (_ ("Empty"), "dim-label"));
}

/* Everything else. */

static void
set_media (OhBlockView *self, const OhBlock *block)
{
  const char *title = block->name ? block->name : block->source;

  if (block->data)
    gtk_box_append (GTK_BOX (self), self->shape == SHAPE_IMAGE
                                        ? oh_block_view_media_new_image (block->data, block->media_type)
                                        : oh_block_view_media_new_document (block->data, block->media_type, title));
  else if (block->source)
    {
      g_autofree char *words = g_strdup_printf (
          self->shape == SHAPE_IMAGE ? _ ("Image, by reference: %s") : _ ("Document, by reference: %s"), block->source);

      gtk_box_append (GTK_BOX (self), oh_text_label_new (words, NULL));
    }
  else if (block->text || block->children)
    {
      gtk_box_append (GTK_BOX (self), oh_text_label_new (title ? title : _ ("Document"), "heading"));
      if (block->text)
        {
          self->text = add_text (self, GTK_WIDGET (self));
          oh_block_view_text_set (self->text, block->text, TRUE, TRUE);
        }
      add_children (self, block);
    }
  else if (block->json)
    add_verbatim (self, block->json, TRUE);
}

static void
set_link (OhBlockView *self, const OhBlock *block)
{
  g_autofree char *safe_url = g_markup_escape_text (block->source, -1);
  g_autofree char *safe_name = g_markup_escape_text (block->name && *block->name ? block->name : block->source, -1);
  gboolean safe = g_str_has_prefix (block->source, "https://") || g_str_has_prefix (block->source, "http://");
  g_autofree char *markup =
      safe ? g_strdup_printf ("<a href=\"%s\">%s</a>\n<small>%s</small>", safe_url, safe_name, safe_url)
           : g_strdup_printf ("%s\n<small>%s</small>", safe_name, safe_url);
  GtkWidget *label = oh_text_label_new (NULL, NULL);

  gtk_label_set_markup (GTK_LABEL (label), markup);
  gtk_box_append (GTK_BOX (self), label);
}

static void
set_other (OhBlockView *self, const OhBlock *block)
{
  const char *words = NULL;
  g_autofree char *title = NULL;
  gboolean something = block->text || block->children || block->name || block->source;

  if (words == NULL)
    words = oh_providers_get_words (block->type);
  if (words)
    title = block->name ? g_strdup_printf ("%s · %s", words, block->name) : g_strdup (words);
  else
    title = g_strdup_printf (_ ("“%s”, a type that Overhear does not know"), block->type);
  gtk_widget_add_css_class (GTK_WIDGET (self), block->is_error ? "error-frame" : "other-frame");
  gtk_box_append (GTK_BOX (self), oh_text_label_new (title, "heading"));
  if (words && block->source)
    gtk_box_append (GTK_BOX (self), oh_text_label_new (block->source, "dim-label"));
  if (words && block->text && *block->text)
    {
      self->text = add_text (self, GTK_WIDGET (self));
      oh_block_view_text_set (self->text, block->text, TRUE, TRUE);
    }
  if (words)
    add_children (self, block);
  if (block->json)
    add_verbatim (self, block->json, !words || !something);
}

static void
set_redacted (OhBlockView *self, const OhBlock *block)
{
  gtk_widget_add_css_class (GTK_WIDGET (self), "thinking-frame");
  gtk_box_append (GTK_BOX (self),
                  oh_text_label_new (_ ("Thinking that the API has encrypted: only the API can read it."), "thinking"));
  if (block->json)
    add_verbatim (self, block->json, FALSE);
}

static void
set_problem (OhBlockView *self, const char *problem)
{
  if (!problem || self->problem)
    return;
  self->problem = oh_text_label_new (problem, "problem");
  gtk_box_append (GTK_BOX (self), self->problem);
}

static void
oh_block_view_finalize (GObject *object)
{
  OhBlockView *self = OH_BLOCK_VIEW (object);

  g_clear_object (&self->item);
  g_free (self->path);
  g_clear_pointer (&self->block, oh_block_unref);
  G_OBJECT_CLASS (oh_block_view_parent_class)->finalize (object);
}

static void
oh_block_view_class_init (OhBlockViewClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_block_view_finalize;
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "blockview");
}

static void
oh_block_view_init (OhBlockView *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_box_set_spacing (GTK_BOX (self), 6);
}

GtkWidget *
oh_block_view_new (OhConversationItem *item, const char *path)
{
  OhBlockView *self = g_object_new (OH_TYPE_BLOCK_VIEW, NULL);

  self->item = g_object_ref (item);
  self->path = g_strdup (path);
  return GTK_WIDGET (self);
}

/* Nothing about it can be seen to differ. */
static gboolean
is_same (const OhBlock *a, const OhBlock *b)
{
  return a == b || (a->complete && b->complete && a->json && g_strcmp0 (a->json, b->json) == 0);
}

gboolean
oh_block_view_fits (OhBlockView *self, const OhBlock *block)
{
  g_return_val_if_fail (OH_IS_BLOCK_VIEW (self), FALSE);

  if (strcmp (self->block->type, block->type) != 0)
    return FALSE;
  /* Blocks of the other shapes come whole: another block is another view. */
  return is_same (self->block, block) ||
         (self->shape == shape_of (self->item, block) &&
          (self->shape == SHAPE_TEXT || self->shape == SHAPE_THINKING || self->shape == SHAPE_TOOL_USE));
}

void
oh_block_view_set_block (OhBlockView *self, OhBlock *block, gboolean titled)
{
  g_return_if_fail (OH_IS_BLOCK_VIEW (self));
  g_return_if_fail (block);
  g_return_if_fail (!self->block || oh_block_view_fits (self, block));

  if (self->block && is_same (self->block, block))
    return;
  g_clear_pointer (&self->block, oh_block_unref);
  self->block = oh_block_ref (block);
  self->shape = shape_of (self->item, block);
  switch (self->shape)
    {
    case SHAPE_TEXT:
      set_text (self, block);
      break;
    case SHAPE_THINKING:
      set_thinking (self, block);
      break;
    case SHAPE_REDACTED:
      set_redacted (self, block);
      break;
    case SHAPE_TOOL_USE:
      set_tool_use (self, block);
      break;
    case SHAPE_RESULT:
      set_result (self, block, titled);
      break;
    case SHAPE_IMAGE:
    case SHAPE_DOCUMENT:
      set_media (self, block);
      break;
    case SHAPE_LINK:
      set_link (self, block);
      break;
    case SHAPE_JSON:
      gtk_box_append (GTK_BOX (self), new_json (self, block->json));
      break;
    case SHAPE_BODY:
      gtk_box_append (GTK_BOX (self), oh_block_view_body_new (block, page_of_body (self->item)));
      break;
    case SHAPE_OTHER:
    default:
      set_other (self, block);
    }
  set_problem (self, block->problem);
}
