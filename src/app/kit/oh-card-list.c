/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-card-list.h"

#define SPACING 8
#define ESTIMATE 96 /* of an item nobody has measured yet, spacing included */
/* Building cards may take this much of one frame; the rest comes with the next. */
#define BUDGET_US 8000

typedef struct
{
  guint position;
  GtkWidget *widget;
} Child;

struct _OhCardList
{
  GtkWidget parent_instance;

  GListModel *model;
  OhCardListCreate create;
  gpointer create_data;

  GArray *heights;  /* (element-type int) of every item, spacing included, measured or estimated */
  GArray *tree;     /* (element-type gint64) Fenwick tree over the heights: sums in log n */
  GArray *children; /* (element-type Child) by position */
  int width;        /* that the heights were measured for */

  guint anchor;      /* the item that stays where it is … */
  int anchor_y;      /* … this far below the top of the view */
  gboolean at_end;   /* follow the end */
  gboolean updating; /* the adjustment's changes are our own */
  guint tick_id;

  GtkAdjustment *hadjustment;
  GtkAdjustment *vadjustment;
  GtkScrollablePolicy hpolicy;
  GtkScrollablePolicy vpolicy;
};

G_DEFINE_FINAL_TYPE_WITH_CODE (OhCardList,
                               oh_card_list,
                               GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SCROLLABLE, NULL))

enum
{
  PROP_0,
  PROP_HADJUSTMENT,
  PROP_VADJUSTMENT,
  PROP_HSCROLL_POLICY,
  PROP_VSCROLL_POLICY,
};

/* Heights and their sums. */

static void
rebuild_tree (OhCardList *self)
{
  guint n = self->heights->len;
  gint64 *tree;

  g_array_set_size (self->tree, n + 1);
  tree = (gint64 *) (gpointer) self->tree->data;
  tree[0] = 0;
  for (guint i = 1; i <= n; i++)
    tree[i] = g_array_index (self->heights, int, i - 1);
  for (guint i = 1; i <= n; i++)
    if (i + (i & -i) <= n)
      tree[i + (i & -i)] += tree[i];
}

static void
set_height (OhCardList *self, guint position, int height)
{
  int change = height - g_array_index (self->heights, int, position);

  if (change == 0)
    return;
  g_array_index (self->heights, int, position) = height;
  for (guint i = position + 1; i < self->tree->len; i += i & -i)
    g_array_index (self->tree, gint64, i) += change;
}

/* The top of an item: the sum of the heights before it. */
static gint64
top_of (OhCardList *self, guint position)
{
  gint64 sum = 0;

  for (guint i = position; i > 0; i &= i - 1)
    sum += g_array_index (self->tree, gint64, i);
  return sum;
}

/* The item at @y, or the last one. */
static guint
item_at (OhCardList *self, gint64 y)
{
  guint n = self->heights->len;
  guint position = 0;
  guint step = 1;

  while (step <= n / 2)
    step *= 2;
  for (; step > 0; step /= 2)
    if (position + step <= n && g_array_index (self->tree, gint64, position + step) <= y)
      {
        position += step;
        y -= g_array_index (self->tree, gint64, position);
      }
  return MIN (position, n > 0 ? n - 1 : 0);
}

static gint64
total_height (OhCardList *self)
{
  return MAX (top_of (self, self->heights->len) - SPACING, 0);
}

/* Children. */

static guint
find_child (OhCardList *self, guint position)
{
  guint low = 0, high = self->children->len;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (g_array_index (self->children, Child, middle).position < position)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static gboolean
has_child (OhCardList *self, guint index, guint position)
{
  return index < self->children->len && g_array_index (self->children, Child, index).position == position;
}

static void
measure_child (OhCardList *self, const Child *child)
{
  int minimum, natural, height;

  gtk_widget_measure (child->widget, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL, NULL);
  gtk_widget_measure (child->widget, GTK_ORIENTATION_VERTICAL, MAX (self->width, minimum), &minimum, &height, NULL,
                      NULL);
  set_height (self, child->position, height + SPACING);
}

static void
remove_children (OhCardList *self, guint index, guint n)
{
  for (guint i = index; i < index + n; i++)
    gtk_widget_unparent (g_array_index (self->children, Child, i).widget);
  if (n > 0)
    g_array_remove_range (self->children, index, n);
}

static void
add_child (OhCardList *self, guint index, guint position)
{
  g_autoptr (GObject) item = g_list_model_get_item (self->model, position);
  Child child = { position, self->create (item, self->create_data) };
  GtkWidget *before = index < self->children->len ? g_array_index (self->children, Child, index).widget : NULL;

  gtk_widget_insert_before (child.widget, GTK_WIDGET (self), before);
  g_array_insert_val (self->children, index, child);
  measure_child (self, &child);
}

/* Scrolling. */

static gint64
wanted_value (OhCardList *self, int page)
{
  gint64 end = MAX (total_height (self) - page, 0);

  if (self->at_end || self->heights->len == 0)
    return end;
  return CLAMP (top_of (self, self->anchor) - self->anchor_y, 0, end);
}

static void
take_anchor (OhCardList *self)
{
  gint64 value = (gint64) gtk_adjustment_get_value (self->vadjustment);

  self->anchor = item_at (self, value);
  self->anchor_y = (int) (top_of (self, self->anchor) - value);
}

static void
configure (OhCardList *self, int page)
{
  if (!self->vadjustment)
    return;
  self->updating = TRUE;
  gtk_adjustment_configure (self->vadjustment, wanted_value (self, page), 0, MAX (total_height (self), page), 40,
                            MAX (page - 40, 40), page);
  self->updating = FALSE;
}

/* The items that should exist: those on screen and a screen around them. */
static void
wanted_range (OhCardList *self, guint *first, guint *last)
{
  int page = gtk_widget_get_height (GTK_WIDGET (self));
  gint64 value = wanted_value (self, page);

  *first = item_at (self, MAX (value - page / 2, 0));
  *last = item_at (self, value + page + page / 2);
}

static gboolean
is_filled (OhCardList *self)
{
  guint first, last, index;

  if (self->heights->len == 0)
    return TRUE;
  wanted_range (self, &first, &last);
  index = find_child (self, first);
  for (guint position = first; position <= last; position++, index++)
    if (!has_child (self, index, position))
      return FALSE;
  return TRUE;
}

static void
drop_far_children (OhCardList *self)
{
  GtkWidget *focus = gtk_widget_get_focus_child (GTK_WIDGET (self));
  guint first, last;

  wanted_range (self, &first, &last);
  for (guint i = self->children->len; i > 0; i--)
    {
      const Child *child = &g_array_index (self->children, Child, i - 1);

      if ((child->position + 4 < first || child->position > last + 4) && child->widget != focus)
        remove_children (self, i - 1, 1);
    }
}

/* Creates what is missing, what is on screen first. Returns: whether everything is there. */
static gboolean
fill (OhCardList *self)
{
  gint64 until = g_get_monotonic_time () + BUDGET_US;

  if (!self->model || !self->create || self->heights->len == 0 || self->width <= 0)
    return TRUE;
  for (;;)
    {
      guint first, last, index, start;
      gboolean added = FALSE;

      wanted_range (self, &first, &last);
      /* From the anchor (or, at the end, from the last item) outwards, for measured heights move the range. */
      start = self->at_end ? last : CLAMP (self->anchor, first, last);
      for (guint distance = 0; distance <= last - first && !added; distance++)
        for (int side = 0; side < 2 && !added; side++)
          {
            gint64 position = (gint64) start + (side ? -(gint64) distance : (gint64) distance);

            if (position < first || position > last)
              continue;
            index = find_child (self, (guint) position);
            if (!has_child (self, index, (guint) position))
              {
                add_child (self, index, (guint) position);
                added = TRUE;
              }
          }
      if (!added)
        break;
      if (g_get_monotonic_time () > until)
        return FALSE;
    }
  drop_far_children (self);
  return TRUE;
}

static gboolean
fill_tick (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  OhCardList *self = OH_CARD_LIST (widget);
  gboolean done = fill (self);

  gtk_widget_queue_allocate (widget);
  if (!done)
    return G_SOURCE_CONTINUE;
  self->tick_id = 0;
  return G_SOURCE_REMOVE;
}

static void
queue_fill (OhCardList *self)
{
  if (self->tick_id == 0)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), fill_tick, NULL, NULL);
}

static void
value_changed (OhCardList *self)
{
  double end;

  if (self->updating)
    return;
  end = gtk_adjustment_get_upper (self->vadjustment) - gtk_adjustment_get_page_size (self->vadjustment);
  self->at_end = end > 0 && gtk_adjustment_get_value (self->vadjustment) >= end - 2;
  take_anchor (self);
  if (!is_filled (self))
    queue_fill (self);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

static void
set_adjustment (OhCardList *self, GtkAdjustment **field, GtkAdjustment *adjustment)
{
  if (*field)
    g_signal_handlers_disconnect_by_data (*field, self);
  g_clear_object (field);
  if (!adjustment)
    adjustment = gtk_adjustment_new (0, 0, 0, 0, 0, 0);
  *field = g_object_ref_sink (adjustment);
  if (field == &self->vadjustment)
    g_signal_connect_swapped (adjustment, "value-changed", G_CALLBACK (value_changed), self);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

static void
scroll_by (OhCardList *self, double change)
{
  gtk_adjustment_set_value (self->vadjustment, gtk_adjustment_get_value (self->vadjustment) + change);
}

static gboolean
scroll_key (GtkWidget *widget, GVariant *args, gpointer data)
{
  OhCardList *self = OH_CARD_LIST (widget);
  int page = gtk_widget_get_height (widget);
  guint anchor = self->anchor;

  switch (g_variant_get_int32 (args))
    {
    case GDK_KEY_Up:
      scroll_by (self, -40);
      break;
    case GDK_KEY_Down:
      scroll_by (self, 40);
      break;
    case GDK_KEY_Page_Up:
      scroll_by (self, -MAX (page - 40, 40));
      break;
    case GDK_KEY_Page_Down:
      scroll_by (self, MAX (page - 40, 40));
      break;
    case GDK_KEY_Home:
      oh_card_list_scroll_to (self, 0);
      break;
    case GDK_KEY_End:
      oh_card_list_scroll_to_end (self);
      break;
    case GDK_KEY_k:
      oh_card_list_scroll_to (self, self->anchor_y < 0 || anchor == 0 ? anchor : anchor - 1);
      break;
    case GDK_KEY_j:
      oh_card_list_scroll_to (self, MIN (anchor + 1, self->heights->len ? self->heights->len - 1 : 0));
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

static void
items_changed (OhCardList *self, guint position, guint removed, guint added)
{
  guint index = find_child (self, position);
  guint gone = find_child (self, position + removed) - index;

  remove_children (self, index, gone);
  for (guint i = index; i < self->children->len; i++)
    g_array_index (self->children, Child, i).position += added - removed;
  if (removed > 0)
    g_array_remove_range (self->heights, position, removed);
  if (added > 0)
    {
      g_autofree int *estimates = g_new (int, added);

      for (guint i = 0; i < added; i++)
        estimates[i] = ESTIMATE;
      g_array_insert_vals (self->heights, position, estimates, added);
    }
  rebuild_tree (self);
  if (self->anchor >= position + removed)
    self->anchor += added - removed;
  else if (self->anchor >= position + added)
    self->anchor = position + added > 0 ? position + added - 1 : 0;
  self->anchor = MIN (self->anchor, self->heights->len ? self->heights->len - 1 : 0);
  queue_fill (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

static void
oh_card_list_measure (GtkWidget *widget,
                              GtkOrientation orientation,
                              int for_size,
                              int *minimum,
                              int *natural,
                              int *minimum_baseline,
                              int *natural_baseline)
{
  OhCardList *self = OH_CARD_LIST (widget);

  if (orientation == GTK_ORIENTATION_VERTICAL)
    {
      *minimum = 0;
      *natural = (int) MIN (total_height (self), G_MAXINT / 4);
      return;
    }
  *minimum = 0;
  *natural = 480;
  for (guint i = 0; i < self->children->len; i++)
    {
      int child_minimum, child_natural;

      gtk_widget_measure (g_array_index (self->children, Child, i).widget, orientation, -1, &child_minimum,
                          &child_natural, NULL, NULL);
      *minimum = MAX (*minimum, child_minimum);
      *natural = MAX (*natural, child_minimum);
    }
}

static void
oh_card_list_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  OhCardList *self = OH_CARD_LIST (widget);
  gint64 value;

  self->width = width;
  for (guint i = 0; i < self->children->len; i++)
    measure_child (self, &g_array_index (self->children, Child, i));
  configure (self, height);
  value = wanted_value (self, height);
  for (guint i = 0; i < self->children->len; i++)
    {
      const Child *child = &g_array_index (self->children, Child, i);
      GtkAllocation place = { 0, (int) (top_of (self, child->position) - value), width,
                              g_array_index (self->heights, int, child->position) - SPACING };

      gtk_widget_size_allocate (child->widget, &place, -1);
    }
  if (!is_filled (self))
    queue_fill (self);
}

static void
oh_card_list_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  OhCardList *self = OH_CARD_LIST (widget);
  int height = gtk_widget_get_height (widget);

  for (guint i = 0; i < self->children->len; i++)
    {
      GtkWidget *child = g_array_index (self->children, Child, i).widget;
      graphene_rect_t bounds;

      if (gtk_widget_compute_bounds (child, widget, &bounds) && bounds.origin.y < height &&
          bounds.origin.y + bounds.size.height > 0)
        gtk_widget_snapshot_child (widget, child, snapshot);
    }
}

/* Brings a widget that got the focus out of sight into view. */
static void
oh_card_list_set_focus_child (GtkWidget *widget, GtkWidget *child)
{
  OhCardList *self = OH_CARD_LIST (widget);
  GtkRoot *root = gtk_widget_get_root (widget);
  GtkWidget *focus = root ? gtk_root_get_focus (root) : NULL;
  int height = gtk_widget_get_height (widget);
  graphene_rect_t bounds;

  GTK_WIDGET_CLASS (oh_card_list_parent_class)->set_focus_child (widget, child);
  if (!child || !focus || !gtk_widget_is_ancestor (focus, widget) ||
      !gtk_widget_compute_bounds (focus, widget, &bounds))
    return;
  if (bounds.origin.y + bounds.size.height <= 0)
    scroll_by (self, bounds.origin.y - 20);
  else if (bounds.origin.y >= height)
    scroll_by (self, MIN (bounds.origin.y, bounds.origin.y + bounds.size.height - height) + 20);
}

static void
oh_card_list_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  OhCardList *self = OH_CARD_LIST (object);

  switch (prop_id)
    {
    case PROP_HADJUSTMENT:
      g_value_set_object (value, self->hadjustment);
      break;
    case PROP_VADJUSTMENT:
      g_value_set_object (value, self->vadjustment);
      break;
    case PROP_HSCROLL_POLICY:
      g_value_set_enum (value, self->hpolicy);
      break;
    case PROP_VSCROLL_POLICY:
      g_value_set_enum (value, self->vpolicy);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
oh_card_list_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  OhCardList *self = OH_CARD_LIST (object);

  switch (prop_id)
    {
    case PROP_HADJUSTMENT:
      set_adjustment (self, &self->hadjustment, g_value_get_object (value));
      break;
    case PROP_VADJUSTMENT:
      set_adjustment (self, &self->vadjustment, g_value_get_object (value));
      break;
    case PROP_HSCROLL_POLICY:
      self->hpolicy = g_value_get_enum (value);
      break;
    case PROP_VSCROLL_POLICY:
      self->vpolicy = g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
oh_card_list_dispose (GObject *object)
{
  OhCardList *self = OH_CARD_LIST (object);

  if (self->model)
    g_signal_handlers_disconnect_by_data (self->model, self);
  g_clear_object (&self->model);
  remove_children (self, 0, self->children->len);
  if (self->vadjustment)
    g_signal_handlers_disconnect_by_data (self->vadjustment, self);
  g_clear_object (&self->hadjustment);
  g_clear_object (&self->vadjustment);
  G_OBJECT_CLASS (oh_card_list_parent_class)->dispose (object);
}

static void
oh_card_list_finalize (GObject *object)
{
  OhCardList *self = OH_CARD_LIST (object);

  g_array_unref (self->heights);
  g_array_unref (self->tree);
  g_array_unref (self->children);
  G_OBJECT_CLASS (oh_card_list_parent_class)->finalize (object);
}

static void
oh_card_list_class_init (OhCardListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  static const guint keys[] = { GDK_KEY_Up,   GDK_KEY_Down, GDK_KEY_Page_Up, GDK_KEY_Page_Down,
                                GDK_KEY_Home, GDK_KEY_End,  GDK_KEY_j,       GDK_KEY_k };

  object_class->get_property = oh_card_list_get_property;
  object_class->set_property = oh_card_list_set_property;
  object_class->dispose = oh_card_list_dispose;
  object_class->finalize = oh_card_list_finalize;
  widget_class->measure = oh_card_list_measure;
  widget_class->size_allocate = oh_card_list_size_allocate;
  widget_class->snapshot = oh_card_list_snapshot;
  widget_class->set_focus_child = oh_card_list_set_focus_child;

  g_object_class_override_property (object_class, PROP_HADJUSTMENT, "hadjustment");
  g_object_class_override_property (object_class, PROP_VADJUSTMENT, "vadjustment");
  g_object_class_override_property (object_class, PROP_HSCROLL_POLICY, "hscroll-policy");
  g_object_class_override_property (object_class, PROP_VSCROLL_POLICY, "vscroll-policy");

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_widget_class_add_binding (widget_class, keys[i], 0, scroll_key, "i", keys[i]);
  gtk_widget_class_set_css_name (widget_class, "conversationlist");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_LIST);
}

static void
oh_card_list_init (OhCardList *self)
{
  self->heights = g_array_new (FALSE, FALSE, sizeof (int));
  self->tree = g_array_new (FALSE, TRUE, sizeof (gint64));
  self->children = g_array_new (FALSE, FALSE, sizeof (Child));
  rebuild_tree (self);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  /* Rows out of sight neither show nor catch the pointer. */
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
}

void
oh_card_list_set_create (OhCardList *self, OhCardListCreate create, gpointer data)
{
  g_return_if_fail (OH_IS_CARD_LIST (self));

  self->create = create;
  self->create_data = data;
}

void
oh_card_list_set_model (OhCardList *self, GListModel *model)
{
  guint before = self->heights->len;

  g_return_if_fail (OH_IS_CARD_LIST (self));

  if (self->model)
    g_signal_handlers_disconnect_by_data (self->model, self);
  g_set_object (&self->model, model);
  self->at_end = FALSE;
  self->anchor = 0;
  self->anchor_y = 0;
  if (model)
    g_signal_connect_swapped (model, "items-changed", G_CALLBACK (items_changed), self);
  items_changed (self, 0, before, model ? g_list_model_get_n_items (model) : 0);
}

void
oh_card_list_scroll_to (OhCardList *self, guint position)
{
  g_return_if_fail (OH_IS_CARD_LIST (self));

  self->at_end = FALSE;
  self->anchor = MIN (position, self->heights->len ? self->heights->len - 1 : 0);
  self->anchor_y = 0;
  queue_fill (self);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

void
oh_card_list_show (OhCardList *self, guint position, int offset)
{
  g_return_if_fail (OH_IS_CARD_LIST (self));

  oh_card_list_scroll_to (self, position);
  self->anchor_y = gtk_widget_get_height (GTK_WIDGET (self)) / 3 - offset;
}

void
oh_card_list_scroll_to_end (OhCardList *self)
{
  g_return_if_fail (OH_IS_CARD_LIST (self));

  self->at_end = TRUE;
  queue_fill (self);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

GtkWidget *
oh_card_list_get_child (OhCardList *self, guint position)
{
  guint index;

  g_return_val_if_fail (OH_IS_CARD_LIST (self), NULL);

  index = find_child (self, position);
  return has_child (self, index, position) ? g_array_index (self->children, Child, index).widget : NULL;
}
