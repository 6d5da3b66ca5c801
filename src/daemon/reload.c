#include "daemon/reload.h"

#include <sysexits.h>

#include "base/clock.h"
#include "daemon/standing.h"

static bool is_there(struct supervisor *supervisor, enum generation_state state)
{
    return generations_in(&supervisor->generations, state) != NULL;
}

/* ---- how it ended ---- */

static void is_over(struct supervisor *supervisor, const struct standing_reload *reload)
{
    supervisor->reload_runs = false;
    supervisor->reload_is_asked = false;
    standing_reloaded(supervisor, reload);
}

void reload_failed(struct supervisor *supervisor, const struct standing_reload *reload,
                   const char *line)
{
    bool ends = reload->status == EX_UNAVAILABLE;

    is_over(supervisor, reload);
    log_event(&supervisor->log, ends ? SECHO_LEVEL_WARN : SECHO_LEVEL_ERROR, "reload_failed",
              log_number("status", (uint64_t)reload->status), log_text("why", line),
              reload->generation != NULL ? log_number("generation", reload->generation->number)
                                         : (struct secho_field){0});
}

void reload_may_be_over(struct supervisor *supervisor)
{
    const struct generation *now = generations_in(&supervisor->generations, GENERATION_SERVES);

    if (now == NULL || is_there(supervisor, GENERATION_LOADS) ||
        generations_leave(&supervisor->generations)) {
        return;
    }
    if (supervisor->reload_runs) {
        int64_t duration_ms = clock_now_ms() - now->born_ms;

        is_over(supervisor, &(struct standing_reload){
                                .generation = now, .duration_ms = duration_ms, .why = ""});
        log_event(&supervisor->log, SECHO_LEVEL_INFO, "reload",
                  log_number("generation", now->number),
                  log_number("duration_ms", (uint64_t)duration_ms));
    }
    steward_settle(supervisor); /* after that: who asked is told by whom he has asked */
}

#define DRAINS "the server drains: it is about to end"

static void refuse(struct supervisor *supervisor)
{
    if (!supervisor->reload_runs) {
        steward_reload_begins(&supervisor->steward);
    }
    reload_failed(supervisor, &(struct standing_reload){.status = EX_UNAVAILABLE, .why = DRAINS},
                  DRAINS);
}

void reload_give_up(struct supervisor *supervisor)
{
    if (supervisor->reload_runs || supervisor->reload_is_asked) {
        refuse(supervisor);
    }
}

/* ---- wanted ---- */

/* The oldest one makes room. */
static void make_room(struct supervisor *supervisor)
{
    struct generation *oldest = generations_in(&supervisor->generations, GENERATION_RETIRES);

    if (oldest != NULL && !is_there(supervisor, GENERATION_DRAINS)) {
        oldest->state = GENERATION_DRAINS;
        generation_say(oldest, MESSAGE_DRAIN);
    }
}

/* What served before is first: it is about to be tried. */
static void hurry(struct supervisor *supervisor)
{
    if (!supervisor->falls_back) {
        supervisor->wants_reload = false;
        supervisor->reload_is_asked = true;
        supervisor->due_ms = clock_now_ms();
    }
}

/* One at a time: who asks while another one runs is obeyed when that is done. */
bool reload_is_due(struct supervisor *supervisor)
{
    if (!supervisor->wants_reload) {
        return false;
    }
    if (supervisor->draining) {
        if (!supervisor->reload_runs) {
            supervisor->wants_reload = false;
            refuse(supervisor);
        }
        return false;
    }
    if (is_there(supervisor, GENERATION_LOADS)) {
        return false;
    }
    if (!is_there(supervisor, GENERATION_SERVES)) {
        hurry(supervisor);
        return false;
    }
    if (generations_leave(&supervisor->generations)) {
        return false;
    }
    if (!is_there(supervisor, GENERATION_FREE)) {
        make_room(supervisor);
        return false;
    }
    supervisor->wants_reload = false;
    supervisor->reload_is_asked = true;
    return true;
}

void reload_begins(struct supervisor *supervisor)
{
    supervisor->reload_runs = supervisor->is_served; /* else it is the start */
    steward_reload_begins(&supervisor->steward);
}
