#include "client/ping_ledger.h"

#include <assert.h>
#include <string.h>

void ping_ledger_init(struct ping_ledger *ledger)
{
    memset(ledger, 0, sizeof *ledger);
    ledger->next = ledger->oldest = ledger->watched = 1;
}

static size_t slot_of(uint64_t number)
{
    return (size_t)(number % PING_OPEN_MAX);
}

/* ---- out ---- */

bool ping_ledger_is_full(const struct ping_ledger *ledger)
{
    return ledger->next - ledger->oldest == PING_OPEN_MAX &&
           ledger->slots[slot_of(ledger->oldest)].state == PING_OPEN;
}

static void pass_settled(struct ping_ledger *ledger)
{
    while (ledger->oldest < ledger->next &&
           ledger->slots[slot_of(ledger->oldest)].state == PING_SETTLED) {
        ledger->oldest++;
    }
    if (ledger->watched < ledger->oldest) {
        ledger->watched = ledger->oldest;
    }
}

static void count_lost(struct ping_ledger *ledger, uint64_t number)
{
    ledger->counts.lost++;
    ledger->counts.missing += number < ledger->highest && !ledger->apart;
}

/* The memory is bounded: one that is overdue, and so many after it, is given up. */
static void give_up_oldest(struct ping_ledger *ledger)
{
    assert(!ping_ledger_is_full(ledger));
    count_lost(ledger, ledger->oldest);
    ledger->slots[slot_of(ledger->oldest)].state = PING_SETTLED;
    pass_settled(ledger);
}

uint64_t ping_ledger_send(struct ping_ledger *ledger, int64_t now_ns)
{
    if (ledger->next - ledger->oldest == PING_OPEN_MAX) {
        give_up_oldest(ledger);
    }
    size_t slot = slot_of(ledger->next);

    ledger->slots[slot].sent_ns = now_ns;
    ledger->slots[slot].state = PING_OPEN;
    ledger->waiting++;
    ledger->counts.sent++;
    return ledger->next++;
}

/* ---- back ---- */

static void settle(struct ping_ledger *ledger, uint64_t number)
{
    size_t slot = slot_of(number);

    ledger->waiting -= ledger->slots[slot].state == PING_OPEN;
    ledger->slots[slot].state = PING_SETTLED;
    if (number > ledger->highest) {
        ledger->highest = number;
    }
    pass_settled(ledger);
}

static bool is_settled(const struct ping_ledger *ledger, uint64_t number)
{
    return number < ledger->oldest || ledger->slots[slot_of(number)].state == PING_SETTLED;
}

static bool was_sent(const struct ping_ledger *ledger, uint64_t number)
{
    return number > 0 && number < ledger->next;
}

static enum ping_fate fate_of(const struct ping_ledger *ledger, uint64_t number)
{
    if (ledger->slots[slot_of(number)].state == PING_OVERDUE) {
        return PING_LATE;
    }
    return number < ledger->highest && !ledger->apart ? PING_REORDERED : PING_RIGHT;
}

enum ping_fate ping_ledger_receive(struct ping_ledger *ledger, uint64_t number, int64_t now_ns,
                                   int64_t *took_ns)
{
    if (!was_sent(ledger, number)) {
        ledger->counts.foreign++;
        return PING_FOREIGN;
    }
    if (is_settled(ledger, number)) {
        ledger->counts.twice++;
        return PING_TWICE;
    }
    enum ping_fate fate = fate_of(ledger, number);

    ledger->counts.right += fate == PING_RIGHT;
    ledger->counts.late += fate == PING_LATE;
    ledger->counts.reordered += fate == PING_REORDERED;
    *took_ns = now_ns - ledger->slots[slot_of(number)].sent_ns;
    settle(ledger, number);
    return fate;
}

enum ping_fate ping_ledger_damaged(struct ping_ledger *ledger, uint64_t number)
{
    if (!was_sent(ledger, number) || is_settled(ledger, number)) {
        ledger->counts.foreign++;
        return PING_FOREIGN;
    }
    ledger->counts.wrong++;
    settle(ledger, number);
    return PING_WRONG;
}

void ping_ledger_fail(struct ping_ledger *ledger, uint64_t number)
{
    ledger->counts.lost++;
    settle(ledger, number);
}

/* ---- foreign bytes ---- */

void ping_ledger_foreign(struct ping_ledger *ledger)
{
    ledger->foreign = true;
}

enum ping_fate ping_ledger_settle_foreign(struct ping_ledger *ledger, uint64_t recognised,
                                          uint64_t *number)
{
    bool instead = ledger->oldest < ledger->next && ledger->oldest != recognised;

    if (!ledger->foreign) {
        return PING_RIGHT;
    }
    ledger->foreign = false;
    if (!instead) {
        ledger->counts.foreign++;
        return PING_FOREIGN;
    }
    *number = ledger->oldest; /* a stream keeps its order: it is the one that was due */
    return ping_ledger_damaged(ledger, *number);
}

/* ---- not back ---- */

static void watch(struct ping_ledger *ledger)
{
    while (ledger->watched < ledger->next &&
           ledger->slots[slot_of(ledger->watched)].state != PING_OPEN) {
        ledger->watched++;
    }
}

int64_t ping_ledger_overdue_ns(struct ping_ledger *ledger, int64_t timeout_ns)
{
    watch(ledger);
    if (ledger->watched == ledger->next || timeout_ns == INT64_MAX) {
        return INT64_MAX;
    }
    return ledger->slots[slot_of(ledger->watched)].sent_ns + timeout_ns;
}

uint64_t ping_ledger_overdue(struct ping_ledger *ledger, int64_t now_ns, int64_t timeout_ns)
{
    if (ping_ledger_overdue_ns(ledger, timeout_ns) > now_ns) {
        return 0;
    }
    ledger->slots[slot_of(ledger->watched)].state = PING_OVERDUE;
    ledger->waiting--;
    return ledger->watched++;
}

/* ---- the end ---- */

bool ping_ledger_is_settled(const struct ping_ledger *ledger)
{
    return ledger->oldest == ledger->next;
}

bool ping_ledger_has_gaps_only(const struct ping_ledger *ledger)
{
    return ledger->highest + 1 == ledger->next;
}

void ping_ledger_end(struct ping_ledger *ledger, int64_t recent_ns, ping_lost_fn *tell,
                     void *context)
{
    for (uint64_t number = ledger->oldest; number < ledger->next; number++) {
        size_t slot = slot_of(number);

        if (ledger->slots[slot].state == PING_SETTLED) {
            continue;
        }
        if (ledger->slots[slot].state == PING_OPEN && (number > ledger->highest || ledger->apart) &&
            ledger->slots[slot].sent_ns > recent_ns) {
            ledger->counts.on_the_way++;
        } else {
            count_lost(ledger, number);
            tell(context, number);
        }
        ledger->slots[slot].state = PING_SETTLED;
    }
    ledger->oldest = ledger->watched = ledger->next;
    ledger->waiting = 0;
}

double ping_loss(const struct ping_counts *counts)
{
    uint64_t due = counts->sent - counts->on_the_way;

    return due > 0 ? (double)(counts->lost + counts->wrong) / (double)due : 0;
}
