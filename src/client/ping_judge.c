/* ping_judge.c - what all the echoes together mean: one code, one exit status. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/blame.h"
#include "client/ping_inside.h"

static void add(char *text, size_t size, uint64_t count, const char *words)
{
    size_t used = strlen(text);

    if (count > 0 && used < size) {
        (void)snprintf(text + used, size - used, "%s%" PRIu64 " %s", used > 0 ? ", " : "", count,
                       words);
    }
}

void ping_describe(const struct ping *ping, char *text, size_t size)
{
    const struct ping_counts *counts = &ping->ledger.counts;

    text[0] = '\0';
    add(text, size, counts->wrong, "wrong");
    add(text, size, counts->missing, "missing");
    add(text, size, counts->lost - counts->missing - ping->failed, "not answered");
    add(text, size, ping->failed, "failed");
    add(text, size, counts->late, "late");
    add(text, size, counts->reordered, "out of order");
    add(text, size, counts->twice, counts->twice == 1 ? "duplicate" : "duplicates");
    add(text, size, counts->foreign, "with bytes that were never sent");
    add(text, size, counts->on_the_way, "on the way");
}

/* TCP loses nothing: what is missing in the middle was lost by a program. */
static bool is_wrong(const struct ping_counts *counts)
{
    return counts->wrong + counts->missing + counts->reordered > 0;
}

static bool is_late(const struct ping *ping)
{
    const struct ping_counts *counts = &ping->ledger.counts;

    return counts->lost + counts->late > 0 || ping_received(counts) == 0 ||
           (ping->end == PING_DEADLINE && ping->plan.count > 0 &&
            ping_received(counts) < (uint64_t)ping->plan.count);
}

static enum ending_cause cause_of(const struct ping *ping)
{
    const struct ping_counts *counts = &ping->ledger.counts;

    if (is_wrong(counts)) {
        return ENDING_ECHO_WRONG;
    }
    if (counts->twice + counts->foreign > 0) {
        return ENDING_ECHO_LONG;
    }
    if (is_late(ping)) {
        return ENDING_ECHO_LATE;
    }
    if (ping->slow > 0) {
        return ENDING_ECHO_SLOW;
    }
    return ping->plan.again > 0 && ping->full > 0 ? ENDING_NOT_RESUMED : ENDING_NONE;
}

int ping_judge(struct ping *ping)
{
    struct failure *failure = &ping->client->failure;
    char words[256] = "";
    enum ending_cause cause = cause_of(ping);

    if (failure->happened || cause == ENDING_NONE) {
        return failure->happened ? (int)failure->exit : EXIT_PROVEN;
    }
    if (cause == ENDING_ECHO_SLOW) {
        add(words, sizeof words, ping->slow, "of ");
        (void)snprintf(words + strlen(words), sizeof words - strlen(words),
                       "%" PRIu64 " took longer than %" PRId64 " ms",
                       ping_received(&ping->ledger.counts), ping->plan.warn_ms);
    } else if (cause == ENDING_NOT_RESUMED) {
        (void)snprintf(words, sizeof words, "resumed %" PRIu64 " of %" PRIu64,
                       ping->again - ping->full, ping->again);
    } else {
        ping_describe(ping, words, sizeof words);
    }
    ping->client->stage = FAILURE_ECHO;
    blame_bytes(ping->client, cause, words);
    return (int)failure->exit;
}
