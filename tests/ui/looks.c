/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the window looks: looks FOLDER WHAT…, each WHAT a line of NAME=VALUE (see read_look()).
 *
 * Runs the demonstration in its own window, goes through every pane, page and dialog in each of the looks, writes a picture
 * of each into the folder, and prints a line for each text that is hard to read (“contrast”), that is cut (“cut”), or that is
 * outside of the window (“outside”); of a look with “texts” also a line for each text:
 *     contrast LOOK STATE RATIO WIDGET TEXT
 * What is drawn is looked at, not what was asked for: colours come from the render nodes of a frame. */
#include "config.h"
#include "oh-application.h"
#include "oh-screenshot.h"
#include "oh-window.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QUIET_US (1500 * 1000)
#define SETTLE_MS 350
/* What looks wrong may still be on its way, on a computer that has much to do: it is looked at that many times. */
#define TRIES 40

typedef struct
{
  char *name;
  int width, height;
  double scale;
  gboolean rtl, dark, texts;
} Look;

/* A pane, a page of the detail, or what an action opens. */
static const struct
{
  const char *name, *pane, *page, *action;
} states[] = {
  { "overview", "overview", NULL, NULL },
  { "timeline", "timeline", "conversation", NULL },
  { "traces", "traces", "conversation", NULL },
  { "sessions", "sessions", NULL, NULL },
  { "limits", "limits", NULL, NULL },
  { "changes", "timeline", "changes", NULL },
  { "request", "timeline", "request", NULL },
  { "response", "timeline", "response", NULL },
  { "headers", "timeline", "headers", NULL },
  { "timing", "timeline", "timing", NULL },
  { "stream", "timeline", "stream", NULL },
  { "search", "timeline", "conversation", "browser.find" },
  { "run", "timeline", "conversation", "win.run" },
  { "preferences", "timeline", "conversation", "app.preferences" },
  { "shortcuts", "timeline", "conversation", "win.shortcuts" },
  { "delete", "timeline", "conversation", "win.clear" },
};

static const char *folder;
static GPtrArray *looks;
static guint look_at, state_at;
static OhApplication *application;
static gboolean finished;
static GString *said;    /* of the state that is looked at */
static gboolean is_wrong; /* what was said */

/* ---- colours ---- */

typedef struct
{
  graphene_rect_t where;
  GdkRGBA color;
} Ground;

typedef struct
{
  GtkWidget *window;
  GArray *grounds; /* (element-type Ground) in the order in which they were painted */
} Scene;

static GdkRGBA
over (GdkRGBA top, GdkRGBA bottom)
{
  return (GdkRGBA) { top.red * top.alpha + bottom.red * (1 - top.alpha),
                     top.green * top.alpha + bottom.green * (1 - top.alpha),
                     top.blue * top.alpha + bottom.blue * (1 - top.alpha), 1 };
}

static double
linear (double c)
{
  return c <= 0.03928 ? c / 12.92 : pow ((c + 0.055) / 1.055, 2.4);
}

static double
luminance (GdkRGBA c)
{
  return 0.2126 * linear (c.red) + 0.7152 * linear (c.green) + 0.0722 * linear (c.blue);
}

static double
get_contrast (GdkRGBA a, GdkRGBA b)
{
  const double x = luminance (a), y = luminance (b);

  return (MAX (x, y) + 0.05) / (MIN (x, y) + 0.05);
}

static const char *
get_text (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    return gtk_label_get_text (GTK_LABEL (widget));
  return GTK_IS_TEXT (widget) ? gtk_editable_get_text (GTK_EDITABLE (widget)) : "";
}

static void
say (const char *what, const char *value, GtkWidget *widget)
{
  const Look *look = looks->pdata[look_at];
  g_auto (GStrv) classes = gtk_widget_get_css_classes (widget);
  g_autofree char *style = g_strjoinv (".", classes);
  GtkWidget *parent = gtk_widget_get_parent (widget);
  g_autofree char *text = g_utf8_substring (get_text (widget), 0, MIN (g_utf8_strlen (get_text (widget), -1), 80));

  is_wrong = is_wrong || !g_str_equal (what, "text");
  g_string_append_printf (said, "%s\t%s\t%s\t%s\t%s %s.%s\t%s\n", what, look->name, states[state_at].name, value,
           parent != NULL ? G_OBJECT_TYPE_NAME (parent) : "", G_OBJECT_TYPE_NAME (widget), style, g_strdelimit (text, "\n\t", ' '));
}

static void
see_text (Scene *scene, GskRenderNode *node, const graphene_rect_t *bounds, double opacity)
{
  GdkRGBA ground = { 1, 1, 1, 1 };
  GdkRGBA ink = *gsk_text_node_get_color (node);
  const graphene_point_t middle = { bounds->origin.x + bounds->size.width / 2, bounds->origin.y + bounds->size.height / 2 };
  double ratio;

  ink.alpha *= (float) opacity;
  for (guint i = 0; i < scene->grounds->len; i++)
    {
      const Ground *one = &g_array_index (scene->grounds, Ground, i);

      if (graphene_rect_contains_point (&one->where, &middle))
        ground = over (one->color, ground);
    }
  ratio = get_contrast (over (ink, ground), ground);
  if (ratio < 4.5)
    {
      GtkWidget *widget = gtk_widget_pick (scene->window, middle.x, middle.y, GTK_PICK_INSENSITIVE | GTK_PICK_NON_TARGETABLE);
      g_autofree char *value = g_strdup_printf ("%.2f", ratio);

      if (widget != NULL && gtk_widget_is_sensitive (widget))
        say ("contrast", value, widget);
    }
}

static void
add_ground (Scene *scene, const graphene_rect_t *bounds, const GdkRGBA *color, double opacity)
{
  Ground ground = { *bounds, *color };

  ground.color.alpha *= (float) opacity;
  g_array_append_val (scene->grounds, ground);
}

static void
see (Scene *scene, GskRenderNode *node, GskTransform *transform, const graphene_rect_t *clip, double opacity)
{
  graphene_rect_t bounds, own;

  gsk_render_node_get_bounds (node, &own);
  gsk_transform_transform_bounds (transform, &own, &bounds);
  if (!graphene_rect_intersection (&bounds, clip, &bounds))
    return;
  switch (gsk_render_node_get_node_type (node))
    {
    case GSK_CONTAINER_NODE:
      for (guint i = 0; i < gsk_container_node_get_n_children (node); i++)
        see (scene, gsk_container_node_get_child (node, i), transform, clip, opacity);
      break;
    case GSK_TRANSFORM_NODE:
      {
        GskTransform *inner = gsk_transform_transform (gsk_transform_ref (transform), gsk_transform_node_get_transform (node));

        see (scene, gsk_transform_node_get_child (node), inner, clip, opacity);
        gsk_transform_unref (inner);
      }
      break;
    case GSK_OPACITY_NODE:
      see (scene, gsk_opacity_node_get_child (node), transform, clip, opacity * gsk_opacity_node_get_opacity (node));
      break;
    case GSK_CLIP_NODE:
      see (scene, gsk_clip_node_get_child (node), transform, &bounds, opacity);
      break;
    case GSK_ROUNDED_CLIP_NODE:
      see (scene, gsk_rounded_clip_node_get_child (node), transform, &bounds, opacity);
      break;
    case GSK_SHADOW_NODE:
      see (scene, gsk_shadow_node_get_child (node), transform, clip, opacity);
      break;
    case GSK_DEBUG_NODE:
      see (scene, gsk_debug_node_get_child (node), transform, clip, opacity);
      break;
    case GSK_COLOR_NODE:
      add_ground (scene, &bounds, gsk_color_node_get_color (node), opacity);
      break;
    case GSK_LINEAR_GRADIENT_NODE:
      add_ground (scene, &bounds, &gsk_linear_gradient_node_get_color_stops (node, NULL)->color, opacity);
      break;
    case GSK_TEXT_NODE:
      see_text (scene, node, &bounds, opacity);
      break;
    default: /* a picture, an edge, what cannot be used now */
      break;
    }
}

static void
check_colors (GtkWindow *window)
{
  Scene scene = { GTK_WIDGET (window), g_array_new (FALSE, FALSE, sizeof (Ground)) };
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (scene.window);
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  graphene_rect_t all = { { 0, 0 }, { (float) gtk_widget_get_width (scene.window), (float) gtk_widget_get_height (scene.window) } };
  GskRenderNode *node;

  gdk_paintable_snapshot (paintable, snapshot, all.size.width, all.size.height);
  node = gtk_snapshot_free_to_node (snapshot);
  if (node != NULL)
    see (&scene, node, NULL, &all, 1);
  g_clear_pointer (&node, gsk_render_node_unref);
  g_array_unref (scene.grounds);
}

/* ---- what is cut ---- */

/* Rows of a list shorten what they say by design, and have all of it elsewhere. */
static gboolean
may_be_short (GtkWidget *label)
{
  for (GtkWidget *widget = label; widget != NULL; widget = gtk_widget_get_parent (widget))
    {
      const char *kind = G_OBJECT_TYPE_NAME (widget);

      /* libadwaita's own switcher has one form for each width. */
      if (ADW_IS_VIEW_SWITCHER (widget) || GTK_IS_LIST_VIEW (widget) || GTK_IS_LIST_BOX (widget) || gtk_widget_get_tooltip_text (label) != NULL
          || gtk_widget_has_css_class (label, "subtitle") || strstr (kind, "Table") != NULL || strstr (kind, "Conversation") != NULL)
        return TRUE;
    }
  return FALSE;
}

static gboolean
may_be_outside (GtkWidget *widget)
{
  for (; widget != NULL; widget = gtk_widget_get_parent (widget))
    if (GTK_IS_SCROLLED_WINDOW (widget) || ADW_IS_VIEW_SWITCHER (widget) || GTK_IS_REVEALER (widget) || ADW_IS_FLAP (widget)
        || GTK_IS_SCROLLABLE (widget))
      return TRUE;
  return FALSE;
}

static void
check_cut (GtkWidget *widget, GtkWidget *window)
{
  graphene_rect_t bounds;

  if (!gtk_widget_get_mapped (widget))
    return;
  if (GTK_IS_LABEL (widget) && ((const Look *) looks->pdata[look_at])->texts)
    say ("text", "0", widget);
  if (GTK_IS_LABEL (widget) && *gtk_label_get_text (GTK_LABEL (widget)) != '\0'
      && pango_layout_is_ellipsized (gtk_label_get_layout (GTK_LABEL (widget))) && !may_be_short (widget))
    say ("cut", "0", widget);
  if ((GTK_IS_LABEL (widget) || GTK_IS_BUTTON (widget) || GTK_IS_IMAGE (widget)) && !may_be_outside (widget)
      && gtk_widget_compute_bounds (widget, window, &bounds)
      && (bounds.origin.x < -1 || bounds.origin.y < -1
          || bounds.origin.x + bounds.size.width > gtk_widget_get_width (window) + 1
          || bounds.origin.y + bounds.size.height > gtk_widget_get_height (window) + 1))
    say ("outside", "0", widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    check_cut (child, window);
}

/* ---- one after the other ---- */

static GtkWindow *
get_main (void)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (application)); l != NULL; l = l->next)
    if (OH_IS_WINDOW (l->data))
      return l->data;
  return NULL;
}

/* The one that lies over the others. */
static GtkWindow *
get_top (void)
{
  g_autoptr (GListModel) all = NULL;
  GtkWindow *top = get_main ();

  all = g_object_ref (gtk_window_get_toplevels ());
  for (guint i = 0; i < g_list_model_get_n_items (all); i++)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (all, i);

      if (!OH_IS_WINDOW (window) && gtk_widget_get_mapped (GTK_WIDGET (window)))
        top = window;
    }
  return top;
}

static void
show_look (const Look *look)
{
  GtkSettings *settings = gtk_settings_get_default ();
  GtkWindow *window = get_main ();

  gtk_widget_set_default_direction (look->rtl ? GTK_TEXT_DIR_RTL : GTK_TEXT_DIR_LTR);
  oh_format_set_rtl (look->rtl);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      look->dark ? ADW_COLOR_SCHEME_FORCE_DARK : ADW_COLOR_SCHEME_FORCE_LIGHT);
  g_object_set (settings, "gtk-xft-dpi", (int) (96 * 1024 * look->scale), NULL);
  gtk_window_set_default_size (window, look->width, look->height);
}

static void
show_state (void)
{
  GtkWindow *window = get_main ();
  OhBrowser *browser = oh_window_get_browser (OH_WINDOW (window));

  gtk_widget_activate_action (GTK_WIDGET (window), "browser.clear-search", NULL);
  oh_browser_show_pane (browser, states[state_at].pane, 0);
  if (states[state_at].page != NULL)
    {
      oh_browser_select_newest_answer (browser);
      gtk_widget_activate_action (oh_browser_get_region (browser, OH_BROWSER_DETAIL), "detail.page", "s", states[state_at].page);
    }
  if (states[state_at].action != NULL)
    gtk_widget_activate_action (GTK_WIDGET (window), states[state_at].action, NULL);
}

static gboolean next (gpointer data);

static gboolean
take (gpointer data)
{
  static guint tries;
  const Look *look = looks->pdata[look_at];
  GtkWindow *top = get_top ();
  g_autofree char *path = g_strdup_printf ("%s/%s-%s.png", folder, look->name, states[state_at].name);
  g_autoptr (GError) error = NULL;

  g_string_truncate (said, 0);
  is_wrong = FALSE;
  check_colors (top);
  check_cut (GTK_WIDGET (top), GTK_WIDGET (top));
  if ((!oh_screenshot_save (top, path, &error) || is_wrong) && ++tries < TRIES)
    return G_SOURCE_CONTINUE;
  if (error != NULL)
    g_printerr ("%s\n", error->message);
  g_print ("%s", said->str);
  tries = 0;
  if (!OH_IS_WINDOW (top))
    gtk_window_destroy (top);
  state_at++;
  g_timeout_add (50, next, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
next (gpointer data)
{
  if (state_at == G_N_ELEMENTS (states))
    {
      state_at = 0;
      look_at++;
    }
  if (look_at == looks->len)
    {
      finished = TRUE;
      g_application_quit (G_APPLICATION (application));
      return G_SOURCE_REMOVE;
    }
  if (state_at == 0)
    show_look (looks->pdata[look_at]);
  show_state ();
  g_timeout_add (state_at == 0 ? 2 * SETTLE_MS : SETTLE_MS, take, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
wait_for_quiet (gpointer data)
{
  GtkWindow *window = get_main ();

  if (window == NULL || oh_window_get_last_change (OH_WINDOW (window)) == 0 || !oh_window_is_idle (OH_WINDOW (window))
      || g_get_monotonic_time () - oh_window_get_last_change (OH_WINDOW (window)) < QUIET_US)
    return G_SOURCE_CONTINUE;
  next (NULL);
  return G_SOURCE_REMOVE;
}

/* "name=dark width=1280 height=800 scale=2 rtl dark texts" */
static Look *
read_look (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  Look *look = g_new (Look, 1);

  *look = (Look) { .width = 1280, .height = 800, .scale = 1 };
  for (char **word = words; *word != NULL; word++)
    {
      char *value = strchr (*word, '=');

      if (value != NULL)
        value++;
      if (g_str_has_prefix (*word, "name="))
        look->name = g_strdup (value);
      else if (g_str_has_prefix (*word, "width="))
        look->width = atoi (value);
      else if (g_str_has_prefix (*word, "height="))
        look->height = atoi (value);
      else if (g_str_has_prefix (*word, "scale="))
        look->scale = g_ascii_strtod (value, NULL);
      else
        {
          look->rtl = look->rtl || g_str_equal (*word, "rtl");
          look->texts = look->texts || g_str_equal (*word, "texts");
          look->dark = look->dark || g_str_equal (*word, "dark");
        }
    }
  return look;
}

int
main (int argc, char **argv)
{
  const char *arguments[] = { argv[0], "--demo", "--port", "0", NULL };

  g_assert (argc > 2);
  setlocale (LC_ALL, "");
  if (g_getenv ("LOOKS_LOCALES") != NULL)
    bindtextdomain (GETTEXT_PACKAGE, g_getenv ("LOOKS_LOCALES"));
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  folder = argv[1];
  said = g_string_new (NULL);
  looks = g_ptr_array_new ();
  for (int i = 2; i < argc; i++)
    g_ptr_array_add (looks, read_look (argv[i]));
  /* As where the user's language is such, the window is made that way. */
  gtk_init ();
  gtk_widget_set_default_direction (((const Look *) looks->pdata[0])->rtl ? GTK_TEXT_DIR_RTL : GTK_TEXT_DIR_LTR);
  application = oh_application_new ();
  g_timeout_add (200, wait_for_quiet, NULL);
  g_application_run (G_APPLICATION (application), G_N_ELEMENTS (arguments) - 1, (char **) arguments);
  return finished ? 0 : 1;
}
