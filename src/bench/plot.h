/*
 * plot.h - plots as inline SVG: axes, ticks, a line, bars, marks. Knows nothing of what it shows.
 *
 * Colours are classes of a style sheet (page_style.c): "axis", "grid", "line", "area", "bar",
 * "mark", "dot". Errors stay in the stream.
 */
#ifndef SECHO_PLOT_H
#define SECHO_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/figures.h"

struct plot_axis {
    double low, high; /* low < high; both above 0 when logarithmic */
    bool logarithmic;
};

struct plot {
    FILE *out;
    double width, height; /* of all of it, in units of about a pixel */
    struct plot_axis x, y;
};

typedef struct figure plot_label_fn(double value);

#define PLOT_TICKS_MAX 32

/* Round values on an axis, about as many as `wanted`; at most PLOT_TICKS_MAX. Returns how many. */
size_t plot_ticks(const struct plot_axis *axis, size_t wanted, double ticks[static PLOT_TICKS_MAX]);

/* An axis that has room for these values: from 0 to a round number, or a little more than both. */
struct plot_axis plot_axis_from_zero(double high);
struct plot_axis plot_axis_logarithmic(double low, double high);

/* `words` are what somebody hears who does not see it: plain text. */
void plot_begin(const struct plot *plot, const char *words);
void plot_end(const struct plot *plot);

/* Ticks with labels, and lines across for those of y. */
void plot_scale_x(const struct plot *plot, size_t wanted, plot_label_fn *label);
void plot_scale_y(const struct plot *plot, size_t wanted, plot_label_fn *label);
void plot_tick_x(const struct plot *plot, double x, const char *label); /* one of one's own */
void plot_name_x(const struct plot *plot, const char *name);

struct plot_point {
    double x, y;
};

/* A line through the points, and the area below it. */
void plot_line(const struct plot *plot, const struct plot_point *points, size_t count);

/* A bar from x = `from` to `to`; `words` appear under the mouse: plain text. */
void plot_bar(const struct plot *plot, double from, double to, double y, const char *words);

/* A line from bottom to top with a label; a dot with a label above and left of it. */
void plot_mark(const struct plot *plot, double x, const char *label);
void plot_dot(const struct plot *plot, struct plot_point at, const char *label);

#endif
