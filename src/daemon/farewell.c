#include "daemon/farewell.h"

#include "base/clock.h"
#include "base/log.h"

static struct secho_field health_checks(const struct supervisor *supervisor)
{
    size_t offset = offsetof(struct counters, ends) + EXPLAIN_HEALTH_CHECK * sizeof(uint64_t);

    return log_number("health_checks", counters_sum(supervisor->counters, offset));
}

/* Nothing, unless there were some: it is no normal figure of a server. */
static struct secho_field calls_denied(const struct supervisor *supervisor)
{
    uint64_t denied = counters_denied(supervisor->counters);

    return denied > 0 ? log_number("denied", denied) : (struct secho_field){0};
}

void farewell(const struct supervisor *supervisor)
{
    if (supervisor->drain_began_ms > 0) {
        log_event(
            &supervisor->log, SECHO_LEVEL_INFO, "stopped",
            log_number("cut", counters_sum(supervisor->counters, offsetof(struct counters, cut))),
            health_checks(supervisor),
            log_number("duration_ms", (uint64_t)(clock_now_ms() - supervisor->drain_began_ms)),
            calls_denied(supervisor));
    }
    if (scribe_finish(supervisor->scribe)) { /* it tells what was lost */
        scribe_free(supervisor->scribe);
    }
}
