/*
 * ping_ledger.h - which messages are on their way, and what became of each.
 *
 * Knows no clock: each call is told what time it is (nanoseconds, any zero, never backwards).
 * Pure.
 */
#ifndef SECHO_PING_LEDGER_H
#define SECHO_PING_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

#define PING_OPEN_MAX 16384u /* messages that are remembered: on their way, or not long back */

/* What became of a message. */
enum ping_fate {
    PING_RIGHT,
    PING_LATE,      /* right, but after the timeout */
    PING_REORDERED, /* right, but a later one was faster */
    PING_TWICE,     /* one that was settled before: it came once more */
    PING_WRONG,     /* bytes differ */
    PING_LOST,      /* never came */
    PING_FOREIGN,   /* bytes that were never sent */
};

struct ping_counts {
    uint64_t sent;
    uint64_t right, late, reordered; /* together: received */
    uint64_t wrong, lost, on_the_way;
    uint64_t missing;        /* of `lost`: a later one came, so it never will */
    uint64_t twice, foreign; /* besides: what nobody had asked for any more */
};

struct ping_ledger {
    struct ping_counts counts;
    uint64_t next;    /* number of the next message; the first is 1 */
    uint64_t oldest;  /* all before it are settled */
    uint64_t watched; /* all before it are settled or overdue */
    uint64_t highest; /* the highest number that came back, or 0 */
    uint64_t waiting; /* messages that are neither settled nor overdue */
    bool apart;       /* each has a connection of its own: none can overtake another */
    bool foreign;     /* foreign bytes came, and not clear yet in whose place */
    struct {
        int64_t sent_ns;
        enum { PING_OPEN, PING_OVERDUE, PING_SETTLED } state;
    } slots[PING_OPEN_MAX];
};

void ping_ledger_init(struct ping_ledger *ledger);

/* No message can be sent: PING_OPEN_MAX are on their way. */
bool ping_ledger_is_full(const struct ping_ledger *ledger);

/* A message goes out. Returns its number. */
uint64_t ping_ledger_send(struct ping_ledger *ledger, int64_t now_ns);

/*
 * Message `number` came back as it was sent. `took_ns` is set unless it is PING_TWICE or
 * PING_FOREIGN.
 */
enum ping_fate ping_ledger_receive(struct ping_ledger *ledger, uint64_t number, int64_t now_ns,
                                   int64_t *took_ns);

/* Message `number` came back with other bytes: PING_WRONG, or PING_FOREIGN when it is settled. */
enum ping_fate ping_ledger_damaged(struct ping_ledger *ledger, uint64_t number);

/* Message `number`, which is not settled, will never come back: its connection has failed. */
void ping_ledger_fail(struct ping_ledger *ledger, uint64_t number);

/* Foreign bytes came. ping_ledger_settle_foreign() decides later in whose place. */
void ping_ledger_foreign(struct ping_ledger *ledger);

/*
 * Message `number` is the next that was recognised (0: nothing followed). Decides what the
 * foreign bytes before it were: PING_WRONG and `*number` when they stood in place of that one,
 * PING_FOREIGN when nothing is missing, PING_RIGHT when there were none.
 */
enum ping_fate ping_ledger_settle_foreign(struct ping_ledger *ledger, uint64_t recognised,
                                          uint64_t *number);

/* The next message that has been on its way for `timeout_ns`, once for each; 0: none. */
uint64_t ping_ledger_overdue(struct ping_ledger *ledger, int64_t now_ns, int64_t timeout_ns);

/* When ping_ledger_overdue() finds the next one; INT64_MAX: nothing is waited for. */
int64_t ping_ledger_overdue_ns(struct ping_ledger *ledger, int64_t timeout_ns);

/* Every message is settled. */
bool ping_ledger_is_settled(const struct ping_ledger *ledger);

/* The last message is settled: what is still missing stood in front of it. */
bool ping_ledger_has_gaps_only(const struct ping_ledger *ledger);

/*
 * The end. Calls `tell` for each message that is lost. One that was sent after `recent_ns` is not
 * lost but on the way, unless a later one came.
 */
typedef void ping_lost_fn(void *context, uint64_t number);

void ping_ledger_end(struct ping_ledger *ledger, int64_t recent_ns, ping_lost_fn *tell,
                     void *context);

static inline uint64_t ping_received(const struct ping_counts *counts)
{
    return counts->right + counts->late + counts->reordered;
}

/* The share of the messages, without those on the way, that did not come back right: 0..1. */
double ping_loss(const struct ping_counts *counts);

#endif
