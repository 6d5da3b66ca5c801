/* page_plots.c - the pictures on the page: percentiles, how often, over time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bars.h"
#include "bench/page.h"
#include "bench/paper.h"
#include "bench/plot.h"

#define WIDE   1040
#define NARROW 510
#define HIGH   300
#define LOW    200

static void begin_figure(FILE *out, const char *class, const char *title, const char *words)
{
    (void)fprintf(out, "<figure%s><figcaption><h2>", class);
    paper_text(out, title);
    (void)fputs("</h2><p>", out);
    paper_text(out, words);
    (void)fputs("</p></figcaption>\n", out);
}

static void end_figure(FILE *out)
{
    (void)fputs("</figure>\n", out);
}

/* ---- labels ---- */

/* "10.0 ms" as "10 ms": a tick is a round number. */
static struct figure without_zeros(struct figure figure)
{
    char *unit = strchr(figure.text, ' '), *end = unit;

    if (unit == NULL || memchr(figure.text, '.', (size_t)(unit - figure.text)) == NULL) {
        return figure;
    }
    while (end[-1] == '0') {
        end--;
    }
    end -= end[-1] == '.' ? 1 : 0;
    (void)memmove(end, unit, strlen(unit) + 1);
    return figure;
}

static struct figure tick_time(double ns)
{
    return ns > 0 ? without_zeros(figure_time(ns)) : (struct figure){"0"};
}

static struct figure tick_bytes(double bytes)
{
    return bytes > 0 ? without_zeros(figure_bytes(bytes)) : (struct figure){"0"};
}

static struct figure tick_percent(double share)
{
    return share > 0 ? without_zeros(figure_percent(share)) : (struct figure){"0"};
}

/* ---- percentiles ---- */

/* Each nine takes as much room: 90 is at 1, 99 at 2, 99.9 at 3. */
static double nines(double share, double most)
{
    return share < 1 ? fmin(-log10(1 - share), most) : most;
}

static size_t curve_of(const struct histogram *histogram, double most, struct plot_point *points)
{
    uint64_t below = 0;
    size_t count = 0;

    points[count++] = (struct plot_point){0, (double)histogram->min};
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->buckets[i] > 0) {
            below += histogram->buckets[i];
            points[count++] =
                (struct plot_point){nines((double)below / (double)histogram->count, most),
                                    fmin((double)histogram_top(i), (double)histogram->max)};
        }
    }
    return count;
}

static void draw_percentile_ticks(const struct plot *plot, double most)
{
    static const char *const names[] = {"0", "90", "99", "99.9", "99.99", "99.999", "99.9999"};

    plot_tick_x(plot, nines(0.5, most), "50");
    for (size_t i = 0; i < sizeof names / sizeof names[0] && (double)i < most - 0.25; i++) {
        plot_tick_x(plot, (double)i, names[i]);
    }
    plot_tick_x(plot, most, "100");
}

static void draw_percentile_dots(const struct plot *plot, const struct histogram *histogram,
                                 double most)
{
    for (size_t i = 0; i < FIGURES_POINTS; i++) {
        double x = nines(figures_points[i].share, 20);
        double y = (double)histogram_at(histogram, figures_points[i].share);

        if (x < most - 0.1) {
            plot_dot(plot, (struct plot_point){x, y}, figure_time(y).text);
        }
    }
    plot_dot(plot, (struct plot_point){most, (double)histogram->max},
             figure_time((double)histogram->max).text);
}

static void draw_percentiles(const struct histogram *histogram, const char *what, FILE *out)
{
    struct plot_point *points = calloc(HISTOGRAM_BUCKETS + 1, sizeof *points);
    double most = fmax(log10((double)histogram->count), 1);
    struct plot plot = {out,
                        WIDE,
                        HIGH + 20,
                        {0, most * 1.01, false},
                        plot_axis_logarithmic((double)histogram->min, (double)histogram->max)};
    char title[64];

    if (points == NULL) {
        return;
    }
    (void)snprintf(title, sizeof title, "How long a %s took, by percentile", what);
    begin_figure(out, " class=\"wide\"", title,
                 "So many percent took no longer than this. Each nine has as much room as the one "
                 "before it: the slow ones are what users notice.");
    plot_begin(&plot, title);
    plot_scale_y(&plot, 7, tick_time);
    draw_percentile_ticks(&plot, most);
    plot_name_x(&plot, "percent");
    plot_line(&plot, points, curve_of(histogram, most, points));
    draw_percentile_dots(&plot, histogram, most);
    plot_end(&plot);
    end_figure(out);
    free(points);
}

/* ---- how often ---- */

#define BARS_MAX 64
#define BARS_MIN 8

/* More values bear more bars. */
static size_t bars_for(uint64_t values)
{
    return (size_t)fmin(fmax(2 * sqrt((double)values), BARS_MIN), BARS_MAX);
}

static void draw_bars(const struct plot *plot, const struct bar *bars, size_t count, double all)
{
    for (size_t i = 0; i < count; i++) {
        double share = bars[i].count / all;
        char words[160];

        if (bars[i].count >= 0.5) {
            (void)snprintf(words, sizeof words, "%s to %s: %s (%s)", figure_time(bars[i].from).text,
                           figure_time(bars[i].to).text, figure_percent(share).text,
                           figure_count(bars[i].count).text);
            plot_bar(plot, bars[i].from, bars[i].to, share, words);
        }
    }
}

/* Alone, without a picture beside it, it is wide. */
static void draw_histogram(const struct histogram *histogram, const char *what, bool alone,
                           FILE *out)
{
    struct bar bars[BARS_MAX];
    size_t count = bars_of(histogram, 1, bars, bars_for(histogram->count));
    double most = 0, all = (double)histogram->count;

    for (size_t i = 0; i < count; i++) {
        most = fmax(most, bars[i].count / all);
    }
    struct plot plot = {out, alone ? WIDE : NARROW, HIGH,
                        plot_axis_logarithmic((double)histogram->min, (double)histogram->max),
                        plot_axis_from_zero(most)};
    char title[64], words[96];

    (void)snprintf(title, sizeof title, "How often a %s took how long", what);
    (void)snprintf(words, sizeof words, "%s of them, on a logarithmic axis.",
                   figure_count(all).text);
    begin_figure(out, alone ? " class=\"wide\"" : "", title, words);
    plot_begin(&plot, title);
    plot_scale_y(&plot, 5, tick_percent);
    plot_scale_x(&plot, 6, tick_time);
    draw_bars(&plot, bars, count, all);
    plot_mark(&plot, (double)histogram_at(histogram, 0.5), "p50");
    plot_mark(&plot, (double)histogram_at(histogram, 0.99), "p99");
    plot_end(&plot);
    end_figure(out);
}

/* ---- over time ---- */

/* How much came in a slice: what this mode is about. */
static double amount(const struct tally_slice *slice, enum plan_mode mode)
{
    return mode == PLAN_STREAM      ? (double)slice->bytes
           : mode == PLAN_HANDSHAKE ? (double)slice->handshakes
                                    : (double)slice->messages;
}

/* One point for each slice, in its middle. Returns the largest y. */
static double rates_of(const struct result *result, const double *end_s, size_t count,
                       struct plot_point *points)
{
    double begin = 0, most = 0;

    for (size_t i = 0; i < count; i++) {
        double per_s = amount(&result->tally.slices[i], result->plan.mode) / (end_s[i] - begin);

        points[i] = (struct plot_point){(begin + end_s[i]) / 2, per_s};
        most = fmax(most, per_s);
        begin = end_s[i];
    }
    return most;
}

static double slowest_of(const struct result *result, const double *end_s, size_t count,
                         struct plot_point *points)
{
    double begin = 0, most = 0;

    for (size_t i = 0; i < count; i++) {
        double ns = (double)result->tally.slices[i].latency_max_ns;

        points[i] = (struct plot_point){(begin + end_s[i]) / 2, ns};
        most = fmax(most, ns);
        begin = end_s[i];
    }
    return most;
}

static void draw_over_time(const struct plot *plot, const char *title, plot_label_fn *label,
                           const struct plot_point *points, size_t count)
{
    plot_begin(plot, title);
    plot_scale_y(plot, plot->height < HIGH ? 4 : 5, label);
    plot_scale_x(plot, plot->width > NARROW ? 10 : 6, figure_seconds);
    plot_line(plot, points, count);
    plot_end(plot);
    end_figure(plot->out);
}

static void draw_rates(const struct result *result, FILE *out)
{
    static const char *const titles[] = {
        [PLAN_ECHO] = "Messages a second",
        [PLAN_STREAM] = "Bytes a second, each way",
        [PLAN_HANDSHAKE] = "Handshakes a second",
    };
    double end_s[TALLY_SLICES];
    struct plot_point points[TALLY_SLICES];
    size_t count = figures_slices(result, end_s);
    double most = rates_of(result, end_s, count, points);
    struct plot plot = {
        out, NARROW, HIGH, {0, result->measured_s, false}, plot_axis_from_zero(most)};

    begin_figure(out, "", titles[result->plan.mode],
                 "Over time. A gap is a stall, of the server or of this machine.");
    draw_over_time(&plot, titles[result->plan.mode],
                   result->plan.mode == PLAN_STREAM ? tick_bytes : figure_rate, points, count);
}

static void draw_slowest(const struct result *result, const char *what, FILE *out)
{
    double end_s[TALLY_SLICES];
    struct plot_point points[TALLY_SLICES];
    size_t count = figures_slices(result, end_s);
    double most = slowest_of(result, end_s, count, points);
    struct plot plot = {out, WIDE, LOW, {0, result->measured_s, false}, plot_axis_from_zero(most)};
    char title[64];

    if (most <= 0) {
        return;
    }
    (void)snprintf(title, sizeof title, "The slowest %s of each moment", what);
    begin_figure(out, " class=\"wide\"", title,
                 "Over time. Peaks that come regularly have a cause.");
    draw_over_time(&plot, title, tick_time, points, count);
}

/* A line needs two points. */
static bool has_timeline(const struct result *result)
{
    double end_s[TALLY_SLICES];

    return result->plan.mode != PLAN_IDLE && figures_slices(result, end_s) > 1;
}

void page_print_plots(const struct result *result, FILE *out)
{
    const char *what;
    const struct histogram *latency = figures_latency(result, &what);

    (void)fputs("<div class=\"plots\">\n", out);
    if (latency->count > 0) {
        draw_percentiles(latency, what, out);
        draw_histogram(latency, what, !has_timeline(result), out);
    }
    if (has_timeline(result)) {
        draw_rates(result, out);
        draw_slowest(result, what, out);
    }
    (void)fputs("</div>\n", out);
}
