#include "daemon/stop.h"

#include "base/clock.h"
#include "daemon/reload.h"
#include "daemon/standing.h"

void stop_begin(struct supervisor *supervisor, const char *signal_name)
{
    supervisor->draining = true;
    supervisor->drain_began_ms = clock_now_ms();
    standing_tell(supervisor);
    log_event(&supervisor->log, SECHO_LEVEL_INFO, "drain", log_text("signal", signal_name),
              log_number("open", counters_open(supervisor->counters)));
    if (generations_in(&supervisor->generations, GENERATION_SERVES) != NULL) {
        succession_cancel(supervisor); /* else whoever comes in the delay needs it */
    }
}

bool stop_waits(const struct supervisor *supervisor)
{
    return supervisor->drain_began_ms > 0 && !supervisor->is_told_to_drain;
}

int64_t stop_due_ms(const struct supervisor *supervisor)
{
    return stop_waits(supervisor) ? supervisor->drain_began_ms + supervisor->drain_delay_ms
                                  : INT64_MAX;
}

/* Whoever balances load between servers has had the time to notice. */
void stop_when_due(struct supervisor *supervisor)
{
    if (clock_now_ms() < stop_due_ms(supervisor)) {
        return;
    }
    supervisor->is_told_to_drain = true;
    if (generations_in(&supervisor->generations, GENERATION_SERVES) == NULL) {
        succession_cancel(supervisor);
        shelf_stop(&supervisor->shelf); /* nobody is there who would accept what is queued */
    }
    reload_give_up(supervisor); /* an old generation that has not left: now all of them do */
    generations_say(&supervisor->generations, MESSAGE_DRAIN);
}
