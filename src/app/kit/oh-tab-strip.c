/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-tab-strip.h"

#include <glib/gi18n.h>

struct _OhTabStrip
{
  GtkWidget parent_instance;

  GtkStack *stack;     /* not owned: it stands beside this */
  GtkWidget *switcher; /* has a button for each page, in their order */
  GtkWidget *more;
};

enum
{
  PROP_0,
  PROP_STACK,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (OhTabStrip, oh_tab_strip, GTK_TYPE_WIDGET)

/* Where a tab begins and ends, from the beginning of the first. */
typedef struct
{
  double start;
  double end;
} Extent;

static int
get_natural_width (GtkWidget *widget)
{
  int natural;

  gtk_widget_measure (widget, GTK_ORIENTATION_HORIZONTAL, -1, NULL, &natural, NULL, NULL);
  return natural;
}

static Extent
get_extent (OhTabStrip *self, GtkWidget *tab, int natural)
{
  graphene_rect_t bounds = { 0 };

  if (!gtk_widget_get_visible (tab) || !gtk_widget_compute_bounds (tab, self->switcher, &bounds))
    return (Extent) { 0, 0 };
  if (gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL)
    return (Extent) { natural - bounds.origin.x - bounds.size.width, natural - bounds.origin.x };
  return (Extent) { bounds.origin.x, bounds.origin.x + bounds.size.width };
}

/* The beginning of the first tab that is there, so that the open one is, too. */
static double
find_first (OhTabStrip *self, int natural, int room)
{
  double least = 0;

  for (GtkWidget *tab = gtk_widget_get_first_child (self->switcher); tab != NULL; tab = gtk_widget_get_next_sibling (tab))
    if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (tab)))
      least = get_extent (self, tab, natural).end - room;
  for (GtkWidget *tab = gtk_widget_get_first_child (self->switcher); tab != NULL; tab = gtk_widget_get_next_sibling (tab))
    {
      const Extent extent = get_extent (self, tab, natural);

      if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (tab)) || (extent.end > 0 && extent.start >= least))
        return extent.start;
    }
  return 0;
}

static void
oh_tab_strip_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  OhTabStrip *self = OH_TAB_STRIP (widget);
  const gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  const int natural = get_natural_width (self->switcher), more = get_natural_width (self->more);
  const gboolean fits = natural <= width;
  const int room = fits ? width : MAX (width - more, 0);
  double first;

  gtk_widget_size_allocate (self->switcher, &(GtkAllocation) { 0, 0, natural, height }, -1);
  first = fits ? 0 : find_first (self, natural, room);
  for (GtkWidget *tab = gtk_widget_get_first_child (self->switcher); tab != NULL; tab = gtk_widget_get_next_sibling (tab))
    {
      const Extent extent = get_extent (self, tab, natural);
      const gboolean shown = fits || gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (tab))
                             || (extent.start >= first && extent.end <= first + room);

      if (shown == gtk_widget_get_child_visible (tab))
        continue;
      gtk_widget_set_child_visible (tab, shown);
      /* A tab that waited to be painted while it was not there does not ask for it again: what is around it has to. */
      gtk_widget_queue_draw (self->switcher);
    }
  gtk_widget_size_allocate (self->switcher,
                            &(GtkAllocation) { rtl ? width - natural + (int) first : -(int) first, 0, natural, height }, -1);
  gtk_widget_set_child_visible (self->more, !fits);
  if (!fits)
    gtk_widget_size_allocate (self->more, &(GtkAllocation) { rtl ? 0 : room, 0, more, height }, -1);
}

/* The widest tab is never cut. */
static void
oh_tab_strip_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum, int *natural,
                      int *minimum_baseline, int *natural_baseline)
{
  OhTabStrip *self = OH_TAB_STRIP (widget);
  int more;

  *minimum_baseline = *natural_baseline = -1;
  gtk_widget_measure (self->more, orientation, -1, NULL, &more, NULL, NULL);
  gtk_widget_measure (self->switcher, orientation, -1, minimum, natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_VERTICAL)
    {
      *minimum = *natural = MAX (*natural, more);
      return;
    }
  *minimum = 0;
  for (GtkWidget *tab = gtk_widget_get_first_child (self->switcher); tab != NULL; tab = gtk_widget_get_next_sibling (tab))
    *minimum = MAX (*minimum, get_natural_width (tab));
  *minimum = MIN (*minimum + more, *natural);
}

/* ---- the menu ---- */

static void
show_page (GtkWidget *widget, const char *action, GVariant *parameter)
{
  gtk_stack_set_visible_child_name (OH_TAB_STRIP (widget)->stack, g_variant_get_string (parameter, NULL));
}

/* Those that are not there, as it opens. */
static void
make_menu (GtkMenuButton *button, gpointer data)
{
  OhTabStrip *self = data;
  g_autoptr (GListModel) pages = G_LIST_MODEL (gtk_stack_get_pages (self->stack));
  g_autoptr (GMenu) menu = g_menu_new ();
  GtkWidget *tab = gtk_widget_get_first_child (self->switcher);

  for (guint i = 0; tab != NULL; i++, tab = gtk_widget_get_next_sibling (tab))
    {
      g_autoptr (GObject) page = g_list_model_get_item (pages, i);
      g_autoptr (GMenuItem) item = NULL;

      if (page == NULL || !gtk_widget_get_visible (tab) || gtk_widget_get_child_visible (tab))
        continue;
      item = g_menu_item_new (gtk_stack_page_get_title (GTK_STACK_PAGE (page)), NULL);
      g_menu_item_set_action_and_target (item, "tabs.show", "s", gtk_stack_page_get_name (GTK_STACK_PAGE (page)));
      g_menu_append_item (menu, item);
    }
  gtk_menu_button_set_menu_model (button, G_MENU_MODEL (menu));
}

/* ---- */

static void
oh_tab_strip_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  OhTabStrip *self = OH_TAB_STRIP (object);

  if (id != PROP_STACK)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  self->stack = g_value_get_object (value);
  gtk_stack_switcher_set_stack (GTK_STACK_SWITCHER (self->switcher), self->stack);
  if (self->stack != NULL)
    g_signal_connect_object (self->stack, "notify::visible-child", G_CALLBACK (gtk_widget_queue_allocate), self,
                             G_CONNECT_SWAPPED);
}

static void
oh_tab_strip_dispose (GObject *object)
{
  OhTabStrip *self = OH_TAB_STRIP (object);

  g_clear_pointer (&self->switcher, gtk_widget_unparent);
  g_clear_pointer (&self->more, gtk_widget_unparent);
  G_OBJECT_CLASS (oh_tab_strip_parent_class)->dispose (object);
}

static void
oh_tab_strip_class_init (OhTabStripClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = oh_tab_strip_set_property;
  object_class->dispose = oh_tab_strip_dispose;
  widget_class->measure = oh_tab_strip_measure;
  widget_class->size_allocate = oh_tab_strip_size_allocate;
  properties[PROP_STACK] = g_param_spec_object ("stack", NULL, NULL, GTK_TYPE_STACK,
                                                G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  gtk_widget_class_install_action (widget_class, "tabs.show", "s", show_page);
}

static void
oh_tab_strip_init (OhTabStrip *self)
{
  self->switcher = gtk_stack_switcher_new ();
  gtk_widget_add_css_class (self->switcher, "detail-switcher");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->switcher), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Pages"), -1);
  gtk_widget_set_parent (self->switcher, GTK_WIDGET (self));

  self->more = gtk_menu_button_new ();
  gtk_menu_button_set_create_popup_func (GTK_MENU_BUTTON (self->more), make_menu, self, NULL);
  gtk_widget_add_css_class (self->more, "flat");
  gtk_widget_set_tooltip_text (self->more, _ ("More Pages"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->more), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("More Pages"), -1);
  gtk_widget_set_parent (self->more, GTK_WIDGET (self));
}
