#include "base/bars.h"

#include <math.h>

#include "base/figure.h"

/* What lies below a bucket. Not 0: a logarithmic axis has none. */
static double bottom_of(size_t bucket)
{
    return bucket > 0 ? fmax((double)histogram_top(bucket - 1), 0.5) : 0.5;
}

/* How much of a bucket lies in a bar, 0..1. */
static double overlap(size_t bucket, const struct bar *bar)
{
    double bottom = bottom_of(bucket), top = (double)histogram_top(bucket);
    double from = fmax(bottom, bar->from), to = fmin(top, bar->to);

    return to > from ? log(to / from) / log(top / bottom) : 0;
}

static void divide(const struct histogram *histogram, size_t bucket, struct bar *bars, size_t count)
{
    for (size_t i = 0; i < count && histogram->buckets[bucket] > 0; i++) {
        bars[i].count += (double)histogram->buckets[bucket] * overlap(bucket, &bars[i]);
    }
}

/* So many equal steps from the bottom of one bucket to the top of another. */
static void lay_out(size_t first, size_t last, struct bar *bars, size_t count)
{
    double from = bottom_of(first);
    double step = pow((double)histogram_top(last) / from, 1 / (double)count);

    for (size_t i = 0; i < count; i++) {
        double to = i + 1 < count ? from * step : (double)histogram_top(last);

        bars[i] = (struct bar){from, to, 0};
        from = to;
    }
}

size_t bars_of(const struct histogram *histogram, double share, struct bar *bars, size_t max)
{
    if (histogram->count == 0) {
        return 0;
    }
    size_t first = histogram_bucket(histogram->min), last = histogram_bucket(histogram->max);
    size_t end = histogram_bucket(histogram_at(histogram, share));
    size_t room = end < last ? max - 1 : max;
    size_t count = end - first + 1 < room ? end - first + 1 : room;

    lay_out(first, end, bars, count);
    if (end < last) {
        bars[count++] = (struct bar){(double)histogram_top(end), (double)histogram_top(last), 0};
    }
    for (size_t i = first; i <= last; i++) {
        divide(histogram, i, bars, count);
    }
    return count;
}

/* ---- as text ---- */

#define LINES      12
#define BAR_WIDTH  40
#define BAR_EIGHTS 8 /* a block can be an eighth wide */

static void print_blocks(uint64_t eighths, FILE *out)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

    for (uint64_t i = 0; i < eighths / BAR_EIGHTS; i++) {
        (void)fputs("█", out);
    }
    (void)fputs(parts[eighths % BAR_EIGHTS], out);
}

static void print_hashes(uint64_t eighths, FILE *out)
{
    for (uint64_t i = 0; i < (eighths + BAR_EIGHTS - 1) / BAR_EIGHTS; i++) {
        (void)fputc('#', out);
    }
}

void bars_print(const struct histogram *histogram, bool blocks, FILE *out)
{
    struct bar bars[LINES];
    size_t count = bars_of(histogram, 0.999, bars, LINES);
    double most = 0;

    for (size_t i = 0; i < count; i++) {
        most = fmax(most, bars[i].count);
    }
    for (size_t i = 0; i < count; i++) {
        double share = bars[i].count / most;
        uint64_t eighths = (uint64_t)(share * BAR_WIDTH * BAR_EIGHTS + 0.999);

        (void)fprintf(out, "  up to %8s %9s  ", figure_time(bars[i].to).text,
                      figure_percent(bars[i].count / (double)histogram->count).text);
        blocks ? print_blocks(eighths, out) : print_hashes(eighths, out);
        (void)fputc('\n', out);
    }
}
