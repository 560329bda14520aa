/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "oh-columns.h"

int
oh_columns_get_digit_width (GtkWidget *widget)
{
  PangoContext *context = gtk_widget_get_pango_context (widget);
  PangoFontMetrics *metrics = pango_context_get_metrics (context, NULL, NULL);
  int width = pango_font_metrics_get_approximate_digit_width (metrics);

  pango_font_metrics_unref (metrics);
  return PANGO_PIXELS_CEIL (width);
}

GtkWidget *
oh_columns_new_text (float xalign)
{
  GtkWidget *cell = gtk_inscription_new (NULL);

  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (cell), GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_inscription_set_min_chars (GTK_INSCRIPTION (cell), 0);
  gtk_inscription_set_nat_chars (GTK_INSCRIPTION (cell), 0);
  gtk_inscription_set_min_lines (GTK_INSCRIPTION (cell), 1);
  gtk_inscription_set_xalign (GTK_INSCRIPTION (cell), xalign);
  return cell;
}

void
oh_columns_measure_row (GtkWidget *row, GtkWidget *const *cells, guint n, GtkOrientation orientation, int *minimum,
                        int *natural)
{
  int height = 0;

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = 0;
      *natural = 80 * oh_columns_get_digit_width (row);
      return;
    }
  for (guint i = 0; i < n; i++)
    {
      int child;

      gtk_widget_measure (cells[i], GTK_ORIENTATION_VERTICAL, -1, NULL, &child, NULL, NULL);
      height = MAX (height, child);
    }
  *minimum = *natural = height;
}
