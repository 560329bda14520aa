/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small chart for reading: stacked columns or lines over time, a legend, values on hover and by keyboard (Left, Right,
 * Home, End, Escape). Colours follow light and dark; lines also differ in dashes. */
#pragma once
#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef enum
{
  OH_CHART_COLUMNS, /* stacked */
  OH_CHART_LINES,
} OhChartKind;

/* How a value is written. (transfer full) */
typedef char *(*OhChartFormat) (double value);

#define OH_TYPE_CHART (oh_chart_get_type ())
G_DECLARE_FINAL_TYPE (OhChart, oh_chart, OH, CHART, GtkWidget)

/* @title: the accessible name
 * @format: for people who point at a value
 * @axis_format: for the axis, short */
GtkWidget *oh_chart_new (OhChartKind kind, const char *title, OhChartFormat format, OhChartFormat axis_format);
void oh_chart_set_title (OhChart *self, const char *title);
/* Forgets all data; then add positions, series, marks in that order, and they are drawn at the next frame. What is
 * pointed at stays, if there is still something. */
void oh_chart_clear (OhChart *self);
/* Lines: what the x axis shows, in the unit of the positions, with what stands at its ends. Forgotten with the data. */
void oh_chart_set_range (OhChart *self, double first, double last, const char *first_label, const char *last_label);
/* One place on the x axis.
 * @label: what stands there in full, shown with its values: "14:00"
 * @x: lines: where it stands, any unit; columns: ignored */
void oh_chart_add_position (OhChart *self, double x, const char *label);
/* @values: one for each position; NAN: none. Copied. */
void oh_chart_add_series (OhChart *self, const char *name, const double *values);
/* A dashed vertical line with a few words: a 429. */
void oh_chart_add_mark (OhChart *self, double x, const char *label);
/* Fixes the top of the y axis; NAN: the largest value. */
void oh_chart_set_maximum (OhChart *self, double maximum);

G_END_DECLS
