#include "bench/judge.h"

#include <stdio.h>

/* In these modes bytes come back all the time; in open loop it depends on what was due. */
static bool is_silent(const struct result *result)
{
    const struct plan *plan = &result->plan;

    return (plan->mode == PLAN_STREAM || (plan->mode == PLAN_ECHO && plan->rate <= 0)) &&
           result->measured_s > 0 && result->tally.bytes == 0;
}

/* The code and the exit status of one who got no answer in time; the words are our own. */
static void blame(struct result *result, const char *why, const char *advice)
{
    static const struct ending too_late = {
        .side = ENDING_CLIENT,
        .stage = ENDING_STAGE_ECHO,
        .cause = ENDING_TIMEOUT,
        .tls = {.alert_received = STREAM_NO_ALERT, .alert_sent = STREAM_NO_ALERT},
    };
    struct failure *failure = &result->failure;

    failure_set(failure, FAILURE_ECHO, &too_late, "%s", "");
    (void)snprintf(failure->why, sizeof failure->why, "%.253s (%s): %s", result->plan.way.host,
                   result->address, why);
    failure_advise(failure, advice);
}

static void blame_silence(struct result *result)
{
    if (result->interrupted) {
        result->measured_s = 0;
        return;
    }
    blame(result, "not one byte came back in the window.",
          "Measure for longer (-d), with fewer connections (-n) or more threads (-t).");
}

static void blame_missing(struct result *result)
{
    const struct plan *plan = &result->plan;
    char why[160];

    (void)snprintf(why, sizeof why, "%ju of the %ju %s of the window never came back.",
                   (uintmax_t)result->tally.unanswered, (uintmax_t)result->tally.begun,
                   plan->mode == PLAN_HANDSHAKE ? "connections" : "messages");
    blame(result, why,
          plan->rate > 0 ? "This --rate is more than the server, or secho-bench itself, can take: "
                           "ask for less, or try more threads (-t) or connections (-n)."
                         : "Look whether the server still runs, or give it more time (--timeout).");
}

void judge_result(struct result *result)
{
    if (result->failure.happened) {
        return;
    }
    if (is_silent(result)) {
        blame_silence(result);
    } else if (result->tally.unanswered > 0) {
        blame_missing(result);
    }
}
