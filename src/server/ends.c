#include "server/ends.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/excerpt.h"

/* Of the bytes of an entry and of which end it is. No defence, only against a mixture of two. */
static uint64_t sum_of(uint64_t index, const struct ends_entry *entry)
{
    const char *from = (const char *)entry;
    uint64_t sum = index + 1;

    for (size_t at = 0; at < sizeof *entry; at += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, from + at, sizeof word);
        sum = (sum ^ word) * 0x9e3779b97f4a7c15U; /* odd: no two sums become one */
        sum ^= sum >> 32;
    }
    return sum;
}

_Static_assert(sizeof(struct ends_entry) % sizeof(uint64_t) == 0, "an entry is whole words");

/* ---- write ---- */

static void fill(struct ends_entry *entry, const struct ends_facts *facts)
{
    memset(entry, 0, sizeof *entry); /* also behind the texts: nothing of our stack is shared */
    entry->time_ms = clock_wall_ms();
    entry->number = facts->number;
    entry->code = (uint64_t)facts->code;
    entry->duration_ms = facts->duration_ms;
    entry->in = facts->in;
    entry->out = facts->out;
    excerpt_cut(entry->listener, sizeof entry->listener, facts->listener);
    excerpt_cut(entry->peer, sizeof entry->peer, facts->peer);
    excerpt_cut(entry->sni, sizeof entry->sni, facts->sni);
    excerpt_cut(entry->why, sizeof entry->why, facts->why);
}

/* From whoever had it, also from one who never finished; but not from one who came later. */
static bool claim(_Atomic uint64_t *sequence, uint64_t writing)
{
    uint64_t before = atomic_load(sequence);

    while (before < writing) {
        if (atomic_compare_exchange_weak(sequence, &before, writing)) {
            return true;
        }
    }
    return false;
}

void ends_add(struct ends *ends, const struct ends_facts *facts)
{
    struct ends_entry entry;

    fill(&entry, facts);
    uint64_t index = atomic_fetch_add(&ends->next, 1);
    _Atomic uint64_t *sequence = &ends->cells[index % ENDS_CELLS].sequence;
    uint64_t writing = 2 * index + 1;

    if (!claim(sequence, writing)) {
        return; /* this thread stood still while 64 others were told: it is no news any more */
    }
    words_put(ends->cells[index % ENDS_CELLS].words, &entry, sizeof entry);
    atomic_store(&ends->cells[index % ENDS_CELLS].sum, sum_of(index, &entry));
    (void)atomic_compare_exchange_strong(sequence, &writing, 2 * index + 2);
}

/* ---- read ---- */

#define END(text) ((text)[sizeof(text) - 1] = '\0')

static bool read_whole(const struct ends *ends, uint64_t index, struct ends_entry *out)
{
    const _Atomic uint64_t *sequence = &ends->cells[index % ENDS_CELLS].sequence;
    uint64_t whole = 2 * index + 2;

    if (atomic_load_explicit(sequence, memory_order_acquire) != whole) {
        return false;
    }
    words_get(ends->cells[index % ENDS_CELLS].words, out, sizeof *out);
    uint64_t sum = atomic_load_explicit(&ends->cells[index % ENDS_CELLS].sum, memory_order_acquire);

    return atomic_load_explicit(sequence, memory_order_relaxed) == whole &&
           sum == sum_of(index, out) && out->code < EXPLAIN_CODE_COUNT;
}

size_t ends_latest(const struct ends *ends, struct ends_entry *out, size_t most)
{
    uint64_t next = atomic_load_explicit(&ends->next, memory_order_acquire);
    size_t count = 0;

    for (uint64_t age = 1; age <= ENDS_CELLS && age <= next && count < most; age++) {
        struct ends_entry *entry = &out[count];

        if (read_whole(ends, next - age, entry)) {
            END(entry->listener); /* whoever took a worker over may have written anything */
            END(entry->peer);
            END(entry->sni);
            END(entry->why);
            count++;
        }
    }
    return count;
}
