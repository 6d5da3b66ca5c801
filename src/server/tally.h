/*
 * tally.h - what is counted of each listener, under its name, for as long as the server runs.
 *
 * Each thread counts in rows of its own block (counters.h); which row is a listener's, a table of
 * names tells that all generations share: a listener that a reload keeps, or brings back, goes on
 * counting where it was. A row is never given to another name.
 */
#ifndef SECHO_TALLY_H
#define SECHO_TALLY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "diagnosis/explain.h"

#define TALLY_ROWS      320 /* all listeners of a configuration, and some that were removed */
#define TALLY_NAME_SIZE 72  /* a name of a listener has 64 bytes at most */
#define TALLY_TIMES     16  /* buckets of handshake times, the last one without an end */

enum { TALLY_TLS_1_2, TALLY_TLS_1_3, TALLY_VERSIONS };

/* All values only grow; `word` is their type. */
#define TALLY_COUNTERS(word)                                                                       \
    word opened;                        /* connections accepted */                                 \
    word closed;                        /* connections that ended here */                          \
    word lost;                          /* connections that ended with their process */            \
    word refused;                       /* accepted and closed at once: a limit */                 \
    word bytes_in, bytes_out;           /* of the echo, without TLS */                             \
    word handshakes[TALLY_VERSIONS][2]; /* [1]: resumed */                                         \
    word handshake_us;                  /* all of their times together */                          \
    word times[TALLY_TIMES];            /* and how many took how long */                           \
    word ends[EXPLAIN_CODE_COUNT];      /* of all, also of those refused; by enum explain_code */  \
    word failures[EXPLAIN_CODE_COUNT];  /* of those that had not shaken hands */

/* A row of a block: its thread alone adds to it. */
struct tally_row {
    TALLY_COUNTERS(_Atomic uint64_t)
};

/* The same, as it was read. */
struct tally {
    TALLY_COUNTERS(uint64_t)
};

struct tally_names {
    _Atomic uint64_t count;
    char names[TALLY_ROWS][TALLY_NAME_SIZE];
};

/* The longest time of each bucket but the last, in microseconds, in rising order. */
extern const uint64_t tally_tops_us[TALLY_TIMES - 1];

/* The bucket of a time. */
size_t tally_bucket(int64_t us);

struct counters_shared;

/*
 * The row of this name, from now on; one process at a time may ask. When all are taken the last
 * one, which all further names share.
 */
size_t tally_claim(struct counters_shared *shared, const char *name);

/* The row that this name has; tally_rows() or more: none. */
size_t tally_find(const struct counters_shared *shared, const char *name);

/*
 * Rows that have a name, TALLY_ROWS at most, and a copy of that name, which never changes. Workers
 * can write to this memory: nobody may be led astray by what stands there.
 */
size_t tally_rows(const struct counters_shared *shared);
void tally_name(const struct counters_shared *shared, size_t row,
                char name[static TALLY_NAME_SIZE]);

/* The sum over all threads of all generations, also of those that are gone. */
void tally_read(const struct counters_shared *shared, size_t row, struct tally *out);

/* Connections open at this moment. */
uint64_t tally_open(const struct tally *tally);

#endif
