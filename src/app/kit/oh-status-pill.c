/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-status-pill.h"

/* Of the height of its font: the symbol beside a text, and alone. */
#define ICON_SHARE 0.85
#define ICON_SHARE_ALONE 1.0
#define SPACING 4

/* It paints its symbol and text itself: lists have hundreds of them, and with widgets for those each was three. */
struct _OhStatusPill
{
  GtkWidget parent_instance;

  const char *icon;    /* a name; static */
  PangoLayout *layout; /* or NULL: the symbol alone */
  OhStatusKind kind;
};

G_DEFINE_FINAL_TYPE (OhStatusPill, oh_status_pill, GTK_TYPE_WIDGET)

/* By kind: the shape says what the colour says. */
static const struct
{
  const char *css;
  const char *icon;
} kinds[] = {
  [OH_STATUS_BUSY] = { "busy", "oh-busy-symbolic" },
  [OH_STATUS_GOOD] = { "good", "oh-good-symbolic" },
  [OH_STATUS_WARNING] = { "warning", "oh-warning-symbolic" },
  [OH_STATUS_BAD] = { "bad", "oh-bad-symbolic" },
  [OH_STATUS_NEUTRAL] = { "neutral", "oh-neutral-symbolic" },
};

static int
get_icon_size (OhStatusPill *self)
{
  PangoContext *context = gtk_widget_get_pango_context (GTK_WIDGET (self));
  const PangoFontDescription *font = pango_context_get_font_description (context);
  double size = (double) pango_font_description_get_size (font) / PANGO_SCALE;

  if (!pango_font_description_get_size_is_absolute (font))
    size *= pango_cairo_context_get_resolution (context) / 72;
  return (int) (size * (self->layout != NULL ? ICON_SHARE : ICON_SHARE_ALONE) + 0.5);
}

static void
oh_status_pill_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                        int *minimum_baseline, int *natural_baseline)
{
  OhStatusPill *self = OH_STATUS_PILL (widget);
  const int icon = get_icon_size (self);
  int width = 0, height = 0;

  *minimum_baseline = *natural_baseline = -1;
  if (self->layout != NULL)
    pango_layout_get_pixel_size (self->layout, &width, &height);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = *natural = icon + (self->layout != NULL ? SPACING + width : 0);
  else
    *minimum = *natural = MAX (icon, height);
}

static void
snapshot_icon (OhStatusPill *self, GtkSnapshot *snapshot, const GdkRGBA *colour, int x, int y, int size)
{
  GtkWidget *widget = GTK_WIDGET (self);
  g_autoptr (GtkIconPaintable) icon =
      gtk_icon_theme_lookup_icon (gtk_icon_theme_get_for_display (gtk_widget_get_display (widget)), self->icon, NULL, size,
                                  gtk_widget_get_scale_factor (widget), gtk_widget_get_direction (widget), 0);

  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) x, (float) y));
  gtk_symbolic_paintable_snapshot_symbolic (GTK_SYMBOLIC_PAINTABLE (icon), snapshot, size, size, colour, 1);
  gtk_snapshot_restore (snapshot);
}

static void
oh_status_pill_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  OhStatusPill *self = OH_STATUS_PILL (widget);
  const gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  const int icon = get_icon_size (self), width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  PangoRectangle text;
  GdkRGBA colour;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &colour);
  snapshot_icon (self, snapshot, &colour, rtl ? width - icon : 0, (height - icon) / 2, icon);
  if (self->layout == NULL)
    return;
  pango_layout_get_pixel_extents (self->layout, NULL, &text);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) (rtl ? width - icon - SPACING - text.width : icon + SPACING),
                                                          (float) ((height - text.height) / 2)));
  gtk_snapshot_append_layout (snapshot, self->layout, &colour);
  gtk_snapshot_restore (snapshot);
}

static void
oh_status_pill_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  OhStatusPill *self = OH_STATUS_PILL (widget);

  GTK_WIDGET_CLASS (oh_status_pill_parent_class)->css_changed (widget, change);
  if (self->layout != NULL)
    pango_layout_context_changed (self->layout);
}

static void
oh_status_pill_dispose (GObject *object)
{
  g_clear_object (&OH_STATUS_PILL (object)->layout);
  G_OBJECT_CLASS (oh_status_pill_parent_class)->dispose (object);
}

static void
oh_status_pill_class_init (OhStatusPillClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_status_pill_dispose;
  widget_class->measure = oh_status_pill_measure;
  widget_class->snapshot = oh_status_pill_snapshot;
  widget_class->css_changed = oh_status_pill_css_changed;
  gtk_widget_class_set_css_name (widget_class, "statuspill");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_LABEL);
}

static void
oh_status_pill_init (OhStatusPill *self)
{
  gtk_widget_set_halign (GTK_WIDGET (self), GTK_ALIGN_START);
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
  self->kind = OH_STATUS_NEUTRAL;
  self->icon = kinds[self->kind].icon;
  gtk_widget_add_css_class (GTK_WIDGET (self), kinds[self->kind].css);
}

GtkWidget *
oh_status_pill_new (void)
{
  return g_object_new (OH_TYPE_STATUS_PILL, NULL);
}

static void
set_text (OhStatusPill *self, const char *text)
{
  g_autoptr (PangoAttrList) attributes = NULL;

  if (g_strcmp0 (text, self->layout != NULL ? pango_layout_get_text (self->layout) : NULL) == 0)
    return;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, text != NULL ? text : "", -1);
  if (text == NULL)
    {
      g_clear_object (&self->layout);
    }
  else if (self->layout != NULL)
    {
      pango_layout_set_text (self->layout, text, -1);
    }
  else
    {
      attributes = pango_attr_list_new ();
      pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum"));
      self->layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
      pango_layout_set_attributes (self->layout, attributes);
    }
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
oh_status_pill_set (OhStatusPill *self, OhStatusKind kind, const char *text)
{
  g_return_if_fail (OH_IS_STATUS_PILL (self));

  if (kind != self->kind)
    {
      gtk_widget_remove_css_class (GTK_WIDGET (self), kinds[self->kind].css);
      gtk_widget_add_css_class (GTK_WIDGET (self), kinds[kind].css);
      self->kind = kind;
    }
  oh_status_pill_set_icon (self, kinds[kind].icon);
  set_text (self, text);
}

void
oh_status_pill_set_icon (OhStatusPill *self, const char *icon_name)
{
  g_return_if_fail (OH_IS_STATUS_PILL (self));
  g_return_if_fail (icon_name != NULL);

  if (g_str_equal (icon_name, self->icon))
    return;
  self->icon = icon_name;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
