#include "bench/bars.h"

#include "bench/figures.h"

size_t bars_of(const struct histogram *histogram, double share, struct bar *bars, size_t max)
{
    if (histogram->count == 0) {
        return 0;
    }
    size_t first = histogram_bucket(histogram->min), last = histogram_bucket(histogram->max);
    size_t end = histogram_bucket(histogram_at(histogram, share));
    size_t room = end < last ? max - 1 : max;
    size_t each = (end - first) / room + 1, count = 0;

    for (size_t i = first; i <= last; i++) {
        bool rest = i > end;

        if (rest ? i == end + 1 : (i - first) % each == 0) {
            bars[count++] = (struct bar){i > 0 ? histogram_top(i - 1) : 0, 0, 0};
        }
        bars[count - 1].to = histogram_top(i);
        bars[count - 1].count += histogram->buckets[i];
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
    uint64_t most = 1;

    for (size_t i = 0; i < count; i++) {
        most = bars[i].count > most ? bars[i].count : most;
    }
    for (size_t i = 0; i < count; i++) {
        double share = (double)bars[i].count / (double)most;
        uint64_t eighths = (uint64_t)(share * BAR_WIDTH * BAR_EIGHTS + 0.999);

        (void)fprintf(out, "  up to %8s %9s  ", figure_time((double)bars[i].to).text,
                      figure_percent((double)bars[i].count / (double)histogram->count).text);
        blocks ? print_blocks(eighths, out) : print_hashes(eighths, out);
        (void)fputc('\n', out);
    }
}
