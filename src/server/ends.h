/*
 * ends.h - how the latest connections ended, in memory that all processes share: a ring that any
 * thread of any process writes without waiting, and the admin process reads.
 *
 * A writer takes the next number, and with it a cell. One who dies in the middle leaves a cell that
 * readers pass over, until its turn comes again. One who stands still until then may spoil the
 * entry of who came after him, and no more: readers see that its sum is wrong.
 */
#ifndef SECHO_ENDS_H
#define SECHO_ENDS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/words.h"
#include "diagnosis/explain.h"
#include "net/address.h"

#define ENDS_CELLS  64
#define ENDS_LATEST 50 /* so many are shown; the other cells are for who writes meanwhile */

/* No padding: all of it is shared. Texts end with NUL and are clean UTF-8 (base/excerpt.h). */
struct ends_entry {
    int64_t time_ms;              /* since 1970: when it ended */
    uint64_t number;              /* of the connection; 0: refused when it was accepted */
    uint64_t code;                /* enum explain_code */
    uint64_t duration_ms;         /* from its acceptance */
    uint64_t in, out;             /* bytes of echo */
    char listener[64];            /* its name; longer texts are cut and end with "..." */
    char peer[ADDRESS_TEXT_SIZE]; /* address and port */
    char sni[128];                /* the server name that was asked for, or "" */
    char why[EXPLAIN_TEXT_MAX];   /* what happened. What to do. */
};

struct ends {
    _Atomic uint64_t next; /* how many there were ever */
    struct {
        _Atomic uint64_t sequence; /* 2i+1: the end i is being written; 2i+2: it is here */
        _Atomic uint64_t sum;      /* over i and the words */
        _Atomic uint64_t words[WORDS_OF(struct ends_entry)];
    } cells[ENDS_CELLS]; /* zeroed: no ends */
};

/* What its writer knows; texts may have any bytes, and be NULL for "". */
struct ends_facts {
    enum explain_code code;
    uint64_t number, duration_ms, in, out; /* as in an entry */
    const char *listener, *peer, *sni, *why;
};

/* The newest end, of now. Never waits. Any thread of any process. */
void ends_add(struct ends *ends, const struct ends_facts *facts);

/*
 * ends_latest - newest first, without those that are being written or were never finished.
 *
 *   out, most  room for so many entries; each one is whole, and its code is one of enum
 * explain_code
 *
 * Returns how many there are. Any thread of any process.
 */
size_t ends_latest(const struct ends *ends, struct ends_entry *out, size_t most);

#endif
