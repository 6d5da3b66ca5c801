/*
 * metrics_certificates.c - the certificates that are served. A sample may be there once only, and
 * the same certificate may be configured twice: sorted, equal ones are neighbours.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/metrics_parts.h"

static int compare(const void *a, const void *b)
{
    const struct board_certificate *one = a, *other = b;
    int difference = (one->listener > other->listener) - (one->listener < other->listener);

    difference = difference != 0 ? difference : strcmp(one->subject, other->subject);
    return difference != 0 ? difference : strcmp(one->serial, other->serial);
}

/* Those that can be read: the writer of one may have died in the middle. */
static size_t read_all(const struct board *board, size_t block, struct board_certificate *all)
{
    size_t count = 0;

    for (size_t i = 0; i < board_certificates(board, block); i++) {
        if (board_read_certificate(board, block, i, &all[count]) &&
            all[count].listener < BOARD_LISTENERS) {
            count++;
        }
    }
    return count;
}

static size_t leave_one_of_each(struct board_certificate *sorted, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare(&sorted[kept - 1], &sorted[i]) != 0) {
            sorted[kept++] = sorted[i];
        }
    }
    return kept;
}

struct board_certificate *metrics_certificates(const struct board *board, size_t block,
                                               size_t *count)
{
    struct board_certificate *all = calloc(BOARD_CERTIFICATES, sizeof *all);

    *count = 0;
    if (all != NULL && block < BOARD_GENERATIONS) {
        *count = read_all(board, block, all);
        qsort(all, *count, sizeof *all, compare);
        *count = leave_one_of_each(all, *count);
    }
    return all;
}
