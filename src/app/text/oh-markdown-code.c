/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-markdown-code.h"

#include "oh-markdown.h"
#include "oh-settings.h"

#include <glib/gi18n.h>
#include <gtksourceview/gtksource.h>
#include <string.h>

/* Highlighting runs on the main thread: above this it would be felt. */
#define HIGHLIGHT_LIMIT 20000

struct _OhMarkdownCode
{
  AdwBin parent_instance;

  GtkOverlay *overlay;
  GtkLabel *label;             /* owned: it is in the scroller, or in its place */
  GtkScrolledWindow *scroller; /* owned: around lines that are not wrapped */
  GtkWidget *copy;
  char *text;
  char *language;
  gboolean final;
};

G_DEFINE_FINAL_TYPE (OhMarkdownCode, oh_markdown_code, ADW_TYPE_BIN)

static const struct
{
  const char *written;
  const char *id;
} names[] = {
  { "py", "python3" },
  { "python", "python3" },
  { "javascript", "js" },
  { "jsx", "jsx" },
  { "ts", "typescript" },
  { "bash", "sh" },
  { "shell", "sh" },
  { "zsh", "sh" },
  { "c++", "cpp" },
  { "yml", "yaml" },
  { "rs", "rust" },
  { "rb", "ruby" },
  { "golang", "go" },
  { "md", "markdown" },
  { "cs", "c-sharp" },
  { "csharp", "c-sharp" },
  { "kt", "kotlin" },
  { "make", "makefile" },
  { "docker", "dockerfile" },
  { "jsonc", "json" },
  { "jsonl", "json" },
  { "patch", "diff" },
  { "tsx", "typescript-jsx" },
};

static GtkSourceLanguage *
find_language (const char *written)
{
  GtkSourceLanguageManager *manager = gtk_source_language_manager_get_default ();
  g_autofree char *id = g_ascii_strdown (written, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (id, names[i].written) == 0)
      return gtk_source_language_manager_get_language (manager, names[i].id);
  return gtk_source_language_manager_get_language (manager, id);
}

static void
add_attribute (PangoAttrList *list, PangoAttribute *attribute, guint start, guint end)
{
  attribute->start_index = start;
  attribute->end_index = end;
  pango_attr_list_insert (list, attribute);
}

static void
add_tag (PangoAttrList *list, GtkTextTag *tag, guint start, guint end)
{
  g_autoptr (GdkRGBA) color = NULL;
  gboolean color_set, weight_set, style_set, underline_set;
  int weight;
  PangoStyle style;
  PangoUnderline underline;

  g_object_get (tag, "foreground-rgba", &color, "foreground-set", &color_set, "weight", &weight, "weight-set",
                &weight_set, "style", &style, "style-set", &style_set, "underline", &underline, "underline-set",
                &underline_set, NULL);
  if (color_set && color)
    add_attribute (list,
                   pango_attr_foreground_new ((guint16) (color->red * 65535), (guint16) (color->green * 65535),
                                              (guint16) (color->blue * 65535)),
                   start, end);
  if (weight_set)
    add_attribute (list, pango_attr_weight_new (weight), start, end);
  if (style_set)
    add_attribute (list, pango_attr_style_new (style), start, end);
  if (underline_set)
    add_attribute (list, pango_attr_underline_new (underline), start, end);
}

/* Lets GtkSourceView highlight a buffer nobody sees, and reads off what it did. */
static PangoAttrList *
highlight (const char *text, GtkSourceLanguage *language)
{
  GtkSourceStyleSchemeManager *schemes = gtk_source_style_scheme_manager_get_default ();
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  g_autoptr (GtkSourceBuffer) buffer = gtk_source_buffer_new_with_language (language);
  GtkTextBuffer *plain = GTK_TEXT_BUFFER (buffer);
  PangoAttrList *list = pango_attr_list_new ();
  GtkTextIter from, to, end;
  guint offset = 0;

  gtk_source_buffer_set_style_scheme (
      buffer, gtk_source_style_scheme_manager_get_scheme (schemes, dark ? "Adwaita-dark" : "Adwaita"));
  gtk_text_buffer_set_text (plain, text, -1);
  gtk_text_buffer_get_bounds (plain, &from, &end);
  gtk_source_buffer_ensure_highlight (buffer, &from, &end);
  while (!gtk_text_iter_is_end (&from))
    {
      g_autofree char *piece = NULL;
      g_autoptr (GSList) tags = NULL;
      guint length;

      to = from;
      if (!gtk_text_iter_forward_to_tag_toggle (&to, NULL))
        to = end;
      piece = gtk_text_iter_get_slice (&from, &to);
      length = (guint) strlen (piece);
      tags = gtk_text_iter_get_tags (&from);
      for (GSList *l = tags; l; l = l->next)
        add_tag (list, l->data, offset, offset + length);
      offset += length;
      from = to;
    }
  return list;
}

static void
update_highlight (OhMarkdownCode *self)
{
  GtkSourceLanguage *language = NULL;
  g_autoptr (PangoAttrList) list = NULL;

  if (self->final && self->language && self->text && strlen (self->text) <= HIGHLIGHT_LIMIT)
    language = find_language (self->language);
  if (language)
    list = highlight (gtk_label_get_text (self->label), language);
  gtk_label_set_attributes (self->label, list);
}

/* A scrolled window gives a label that wraps the height it would have had without: such a label stands alone. */
static void
set_wrap (OhMarkdownCode *self, gboolean wrap)
{
  if (gtk_overlay_get_child (self->overlay) && gtk_label_get_wrap (self->label) == wrap)
    return;
  gtk_label_set_wrap (self->label, wrap);
  gtk_overlay_set_child (self->overlay, NULL);
  gtk_scrolled_window_set_child (self->scroller, wrap ? NULL : GTK_WIDGET (self->label));
  gtk_overlay_set_child (self->overlay, wrap ? GTK_WIDGET (self->label) : GTK_WIDGET (self->scroller));
}

/* JSON is laid out already, and its lines mean nothing: it always wraps. */
static void
update_wrap (OhMarkdownCode *self)
{
  gboolean wrap = g_strcmp0 (self->language, "json") == 0 || g_settings_get_boolean (oh_settings_get (), "wrap");

  set_wrap (self, wrap);
  /* A label finds its least width by wrapping at every character, which takes long for a long text: give it one. */
  gtk_label_set_width_chars (self->label, wrap && self->text && strlen (self->text) > 400 ? 30 : -1);
}

static void
copy_clicked (OhMarkdownCode *self)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), self->text ? self->text : "");
}

static void
oh_markdown_code_finalize (GObject *object)
{
  OhMarkdownCode *self = OH_MARKDOWN_CODE (object);

  g_object_unref (self->label);
  g_object_unref (self->scroller);
  g_free (self->text);
  g_free (self->language);
  G_OBJECT_CLASS (oh_markdown_code_parent_class)->finalize (object);
}

static void
oh_markdown_code_class_init (OhMarkdownCodeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_markdown_code_finalize;
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "codeframe");
}

static void
oh_markdown_code_init (OhMarkdownCode *self)
{
  GtkWidget *overlay = gtk_overlay_new ();
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *label = gtk_label_new (NULL);

  self->overlay = GTK_OVERLAY (overlay);
  self->label = GTK_LABEL (g_object_ref_sink (label));
  gtk_label_set_xalign (self->label, 0);
  gtk_label_set_selectable (self->label, TRUE);
  gtk_label_set_wrap_mode (self->label, PANGO_WRAP_WORD_CHAR);
  gtk_widget_add_css_class (label, "monospace");
  gtk_widget_set_margin_end (label, 28); /* what is under the button that copies could not be read */
  self->scroller = GTK_SCROLLED_WINDOW (g_object_ref_sink (scroller));
  gtk_scrolled_window_set_policy (self->scroller, GTK_POLICY_AUTOMATIC, GTK_POLICY_NEVER);
  gtk_widget_set_focusable (scroller, FALSE);
  adw_bin_set_child (ADW_BIN (self), overlay);

  self->copy = gtk_button_new_from_icon_name ("edit-copy-symbolic");
  gtk_widget_set_valign (self->copy, GTK_ALIGN_START);
  gtk_widget_set_halign (self->copy, GTK_ALIGN_END);
  gtk_widget_add_css_class (self->copy, "flat");
  gtk_widget_add_css_class (self->copy, "small-button");
  gtk_widget_set_tooltip_text (self->copy, _ ("Copy"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->copy), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Copy code"), -1);
  g_signal_connect_swapped (self->copy, "clicked", G_CALLBACK (copy_clicked), self);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), self->copy);

  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (update_highlight), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (oh_settings_get (), "changed::wrap", G_CALLBACK (update_wrap), self, G_CONNECT_SWAPPED);
}

GtkWidget *
oh_markdown_code_new (void)
{
  return g_object_new (OH_TYPE_MARKDOWN_CODE, NULL);
}

void
oh_markdown_code_set (OhMarkdownCode *self, const char *text, const char *language, gboolean final)
{
  gboolean same;

  g_return_if_fail (OH_IS_MARKDOWN_CODE (self));

  same = g_strcmp0 (self->text, text) == 0;
  if (same && self->final == final && g_strcmp0 (self->language, language) == 0)
    return;
  if (!same)
    {
      g_autofree char *broken = oh_markdown_break_lines (text);

      g_free (self->text);
      self->text = g_strdup (text);
      gtk_label_set_text (self->label, broken ? broken : text);
    }
  if (g_strcmp0 (self->language, language) != 0)
    {
      g_free (self->language);
      self->language = g_strdup (language);
    }
  self->final = final;
  update_wrap (self);
  update_highlight (self);
}
