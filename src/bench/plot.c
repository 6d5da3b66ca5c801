#include "bench/plot.h"

#include <math.h>
#include <string.h>

#include "bench/paper.h"

/* Room for labels around the axes. */
#define LEFT   62
#define RIGHT  18
#define TOP    16
#define BOTTOM 40

/* ---- axes ---- */

/* 1, 2 or 5 times a power of ten, not below `value`. */
static double round_up(double value)
{
    double power = pow(10, floor(log10(value)));

    for (int factor = 1; factor < 10; factor = factor == 2 ? 5 : 2 * factor) {
        if (factor * power >= value * (1 - 1e-9)) {
            return factor * power;
        }
    }
    return 10 * power;
}

static size_t linear_ticks(const struct plot_axis *axis, size_t wanted,
                           double ticks[static PLOT_TICKS_MAX])
{
    double step = round_up((axis->high - axis->low) / (double)wanted);
    double first = ceil(axis->low / step - 1e-9);
    size_t count = 0;

    while (count < PLOT_TICKS_MAX && (first + (double)count) * step <= axis->high * (1 + 1e-9)) {
        ticks[count] = (first + (double)count) * step;
        count++;
    }
    return count;
}

/* Powers of ten times each of `factors` that lie on the axis; every `each`-th power only. */
static size_t log_ticks(const struct plot_axis *axis, const char *factors, int each,
                        double ticks[static PLOT_TICKS_MAX])
{
    int first = (int)floor(log10(axis->low)), last = (int)ceil(log10(axis->high));
    size_t count = 0;

    for (int power = first; power <= last; power++) {
        for (const char *f = factors; *f != '\0' && power % each == 0; f++) {
            double tick = (*f - '0') * pow(10, power);

            if (count < PLOT_TICKS_MAX && tick >= axis->low && tick <= axis->high) {
                ticks[count++] = tick;
            }
        }
    }
    return count;
}

/* A shorter axis than this has too few round numbers for a logarithmic one. */
#define LINEAR_RATIO 8

size_t plot_ticks(const struct plot_axis *axis, size_t wanted, double ticks[static PLOT_TICKS_MAX])
{
    static const char *const finest_first[] = {"125", "13", "1"};
    size_t count = 0;

    if (!axis->logarithmic || axis->high / axis->low < LINEAR_RATIO) {
        return linear_ticks(axis, wanted, ticks);
    }
    for (size_t i = 0; i < 3 && (i == 0 || count > wanted); i++) {
        count = log_ticks(axis, finest_first[i], 1, ticks);
    }
    for (int each = 2; count > wanted && each < 12; each++) {
        count = log_ticks(axis, "1", each, ticks);
    }
    return count;
}

struct plot_axis plot_axis_from_zero(double high)
{
    return (struct plot_axis){0, high > 0 ? high * 1.08 : 1, false};
}

struct plot_axis plot_axis_logarithmic(double low, double high)
{
    double floor_ = fmax(low, 1e-9), roof = fmax(high, floor_);
    double room = fmax(pow(roof / floor_, 0.06), 1.02);

    return (struct plot_axis){floor_ / room, roof * room, true};
}

/* Where a value is on its axis, 0..1. */
static double place(const struct plot_axis *axis, double value)
{
    double share = axis->logarithmic
                       ? log(fmax(value, axis->low) / axis->low) / log(axis->high / axis->low)
                       : (value - axis->low) / (axis->high - axis->low);

    return fmin(fmax(share, 0), 1);
}

static double at_x(const struct plot *plot, double x)
{
    return LEFT + place(&plot->x, x) * (plot->width - LEFT - RIGHT);
}

static double at_y(const struct plot *plot, double y)
{
    return plot->height - BOTTOM - place(&plot->y, y) * (plot->height - TOP - BOTTOM);
}

/* ---- the frame ---- */

void plot_begin(const struct plot *plot, const char *words)
{
    (void)fprintf(plot->out, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
                  plot->width, plot->height);
    paper_text(plot->out, words);
    (void)fputs("\">\n", plot->out);
}

void plot_end(const struct plot *plot)
{
    double bottom = plot->height - BOTTOM;

    (void)fprintf(plot->out,
                  "<line class=\"axis\" x1=\"%d\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n</svg>\n",
                  LEFT, bottom, plot->width - RIGHT, bottom);
}

static void write_text(const struct plot *plot, double x, double y, const char *attributes,
                       const char *text)
{
    (void)fprintf(plot->out, "<text x=\"%.1f\" y=\"%.1f\"%s>", x, y, attributes);
    paper_text(plot->out, text);
    (void)fputs("</text>\n", plot->out);
}

void plot_tick_x(const struct plot *plot, double x, const char *label)
{
    double bottom = plot->height - BOTTOM;

    (void)fprintf(plot->out,
                  "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                  at_x(plot, x), bottom, at_x(plot, x), bottom + 4);
    write_text(plot, at_x(plot, x), bottom + 17, " class=\"tick\" text-anchor=\"middle\"", label);
}

void plot_scale_x(const struct plot *plot, size_t wanted, plot_label_fn *label)
{
    double ticks[PLOT_TICKS_MAX];
    size_t count = plot_ticks(&plot->x, wanted, ticks);

    for (size_t i = 0; i < count; i++) {
        plot_tick_x(plot, ticks[i], label(ticks[i]).text);
    }
}

void plot_scale_y(const struct plot *plot, size_t wanted, plot_label_fn *label)
{
    double ticks[PLOT_TICKS_MAX];
    size_t count = plot_ticks(&plot->y, wanted, ticks);

    for (size_t i = 0; i < count; i++) {
        double y = at_y(plot, ticks[i]);

        (void)fprintf(plot->out,
                      "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                      LEFT, y, plot->width - RIGHT, y);
        write_text(plot, LEFT - 8, y + 4, " class=\"tick\" text-anchor=\"end\"",
                   label(ticks[i]).text);
    }
}

void plot_name_x(const struct plot *plot, const char *name)
{
    write_text(plot, (LEFT + plot->width - RIGHT) / 2, plot->height - 5,
               " class=\"name\" text-anchor=\"middle\"", name);
}

/* ---- what is shown ---- */

/* Points that are nearer than this to the one before are not drawn: nobody sees them. */
#define NEAR 0.4

static void write_points(const struct plot *plot, const struct plot_point *points, size_t count)
{
    double x = -1, y = -1;

    for (size_t i = 0; i < count; i++) {
        double next_x = at_x(plot, points[i].x), next_y = at_y(plot, points[i].y);

        if (i == 0 || i + 1 == count || fabs(next_x - x) + fabs(next_y - y) > NEAR) {
            (void)fprintf(plot->out, "%.1f,%.1f ", next_x, next_y);
            x = next_x;
            y = next_y;
        }
    }
}

void plot_line(const struct plot *plot, const struct plot_point *points, size_t count)
{
    if (count == 0) {
        return;
    }
    double bottom = plot->height - BOTTOM;

    (void)fprintf(plot->out, "<polygon class=\"area\" points=\"%.1f,%.1f ", at_x(plot, points[0].x),
                  bottom);
    write_points(plot, points, count);
    (void)fprintf(plot->out, "%.1f,%.1f\"/>\n<polyline class=\"line\" points=\"",
                  at_x(plot, points[count - 1].x), bottom);
    write_points(plot, points, count);
    (void)fputs("\"/>\n", plot->out);
}

void plot_bar(const struct plot *plot, double from, double to, double y, const char *words)
{
    double left = at_x(plot, from), right = at_x(plot, to), top = at_y(plot, y);
    double bottom = plot->height - BOTTOM;
    double height = fmax(bottom - top, 1); /* what is there is seen */

    (void)fprintf(plot->out,
                  "<rect class=\"bar\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\">"
                  "<title>",
                  left, bottom - height, fmax(right - left - 0.8, 0.6), height);
    paper_text(plot->out, words);
    (void)fputs("</title></rect>\n", plot->out);
}

void plot_mark(const struct plot *plot, double x, const char *label)
{
    double at = at_x(plot, x);
    bool near_end = at > plot->width - RIGHT - 90;

    (void)fprintf(plot->out,
                  "<line class=\"mark\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.1f\"/>\n", at, TOP,
                  at, plot->height - BOTTOM);
    write_text(plot, near_end ? at - 5 : at + 5, TOP + 9,
               near_end ? " class=\"note\" text-anchor=\"end\"" : " class=\"note\"", label);
}

void plot_dot(const struct plot *plot, struct plot_point at, const char *label)
{
    double x = at_x(plot, at.x), y = at_y(plot, at.y);

    (void)fprintf(plot->out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n", x, y);
    write_text(plot, x - 7, y - 9, " class=\"note\" text-anchor=\"end\"", label);
}
