#include "daemon/succession.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "base/clock.h"
#include "daemon/crew.h"
#include "daemon/standing.h"
#include "daemon/systemd.h"
#include "net/socket.h"

#define DELAY_MS_FIRST 100 /* before a leader that died is replaced; doubles up to the last */
#define DELAY_MS_MAX   30000
#define LIVED_MS       10000

void succession_schedule(struct supervisor *supervisor)
{
    supervisor->due_ms = clock_now_ms() + supervisor->delay_ms;
    supervisor->delay_ms = supervisor->delay_ms == 0                 ? DELAY_MS_FIRST
                           : supervisor->delay_ms < DELAY_MS_MAX / 2 ? 2 * supervisor->delay_ms
                                                                     : DELAY_MS_MAX;
}

/* ---- succession ---- */

/* The old generation still accepts there: it takes in who has come already, then it refuses. */
static void give_up(void *context, const struct shelf_item *item)
{
    const struct generation *before = context;

    if (before != NULL && before->control != -1) {
        struct message refuse = item->message;

        refuse.type = MESSAGE_REFUSE;
        generation_tell(before, &refuse, -1);
    } else {
        socket_stop(item->fd);
    }
}

static void succeed(struct supervisor *supervisor, struct generation *generation)
{
    struct generation *before = generations_in(&supervisor->generations, GENERATION_SERVES);

    generation->state = GENERATION_SERVES;
    shelf_settle(&supervisor->shelf, give_up, before);
    if (before != NULL) {
        before->state = GENERATION_RETIRES;
        generation_say(before, MESSAGE_RETIRE);
        supervisor->is_changing = true;
    }
}

static void reload_is_over(struct supervisor *supervisor, const struct generation *generation)
{
    standing_reloaded(supervisor,
                      &(struct standing_reload){.generation = generation,
                                                .duration_ms = clock_now_ms() - generation->born_ms,
                                                .why = ""});
    steward_settle(supervisor);
}

/* The old generation accepts nobody any more: everybody who comes gets the new configuration. */
static void tell_reload(struct supervisor *supervisor)
{
    const struct generation *now = generations_in(&supervisor->generations, GENERATION_SERVES);

    if (supervisor->is_changing && now != NULL) {
        reload_is_over(supervisor, now);
        log_event(&supervisor->log, SECHO_LEVEL_INFO, "reload",
                  log_number("generation", now->number),
                  log_number("duration_ms", (uint64_t)(clock_now_ms() - now->born_ms)));
    }
    supervisor->is_changing = false;
}

/* Everybody is served again; whoever looks after the server has something to mend. */
static void tell_fall_back(struct supervisor *supervisor)
{
    if (supervisor->falls_back) {
        log_event(&supervisor->log, SECHO_LEVEL_ERROR, "fell_back",
                  log_text("why",
                           "the configuration, or a file that it names, cannot be used: what "
                           "served before serves again; mend it, then reload"));
    }
    supervisor->falls_back = false;
}

/* While nothing of the new generation accepts: later it could not be taken back. */
static void leader_bound(struct supervisor *supervisor, const struct generation *generation, int fd)
{
    socket_close(supervisor->offered_config_fd);
    supervisor->offered_config_fd = fd;
    generation_say(generation, supervisor->shelf.lacks ? MESSAGE_NO_ROOM : MESSAGE_TAKEN);
}

static void leader_serves(struct supervisor *supervisor, struct generation *generation,
                          const struct message *message)
{
    supervisor->is_served = true;
    supervisor->log.format = message->format;
    scribe_use(supervisor->scribe, message->format);
    supervisor->drain_delay_ms = message->drain_delay_ms;
    socket_close(supervisor->config_fd);
    supervisor->config_fd = supervisor->offered_config_fd;
    supervisor->offered_config_fd = -1;
    succeed(supervisor, generation);
    standing_tell(supervisor);
    if (!supervisor->is_changing) { /* nobody has to leave first */
        if (supervisor->steward.unanswered) {
            reload_is_over(supervisor, generation);
        }
        steward_settle(supervisor);
    }
    tell_fall_back(supervisor);
    generation_say(generation, MESSAGE_KNOWN);
}

void succession_hear(struct supervisor *supervisor, struct generation *generation)
{
    struct message message;
    int fd = -1;

    switch (message_receive(generation->control, &message, &fd)) {
    case HEARD:
        supervisor->shelf.lacks = supervisor->shelf.lacks || message.fd_lost;
        if (message.type == MESSAGE_SOCKET) {
            shelf_put(&supervisor->shelf, &message, fd);
            return;
        }
        if (message.type == MESSAGE_ADMIN) {
            steward_offer(&supervisor->steward, &message, fd);
            return;
        }
        if (message.type == MESSAGE_BOUND) {
            leader_bound(supervisor, generation, fd);
            return;
        }
        if (message.type == MESSAGE_SERVING) {
            leader_serves(supervisor, generation, &message);
        } else if (message.type == MESSAGE_LEFT) {
            tell_reload(supervisor);
        } else if (message.type == MESSAGE_CHANGED) {
            supervisor->wants_reload = true;
        }
        socket_close(fd);
        break;
    case HEARD_END: /* waitpid tells the rest */
        socket_close(generation->control);
        generation->control = -1;
        break;
    case HEARD_NOTHING:
        break;
    }
}

/* ---- reload ---- */

#define DRAINS "the server drains: it is about to end"

static void refuse_reload(struct supervisor *supervisor, const char *why)
{
    steward_reload_begins(&supervisor->steward);
    standing_reloaded(supervisor, &(struct standing_reload){.status = EX_UNAVAILABLE, .why = why});
    log_event(&supervisor->log, SECHO_LEVEL_WARN, "reload_failed", log_text("why", why));
}

/* The oldest one makes room. */
static void make_room(struct supervisor *supervisor)
{
    struct generation *oldest = generations_in(&supervisor->generations, GENERATION_RETIRES);

    if (oldest != NULL && generations_in(&supervisor->generations, GENERATION_DRAINS) == NULL) {
        oldest->state = GENERATION_DRAINS;
        generation_say(oldest, MESSAGE_DRAIN);
    }
}

bool succession_reloads(struct supervisor *supervisor)
{
    struct generations *generations = &supervisor->generations;

    if (!supervisor->wants_reload) {
        return false;
    }
    if (supervisor->draining) {
        supervisor->wants_reload = false;
        refuse_reload(supervisor, DRAINS);
        return false;
    }
    /* One at a time: a second signal is obeyed when the first is done. */
    if (supervisor->is_changing || generations_in(generations, GENERATION_LOADS) != NULL) {
        return false;
    }
    if (generations_in(generations, GENERATION_FREE) == NULL) {
        make_room(supervisor);
        return false;
    }
    supervisor->wants_reload = false;
    /* Without anybody who serves a leader is due anyway: it reads everything anew, the file too. */
    supervisor->falls_back = false;
    return generations_in(generations, GENERATION_SERVES) != NULL;
}

/* ---- the end of a leader ---- */

static int exit_status(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status)
           : WIFEXITED(status)                           ? EX_SOFTWARE
                                                         : EX_OSERR;
}

static void tell_death(const struct supervisor *supervisor, int status, const char *why)
{
    char signal_name[CREW_SIGNAL_SIZE];

    crew_signal_name(status, signal_name);
    log_event(&supervisor->log, SECHO_LEVEL_ERROR, "leader_exit", log_text("signal", signal_name),
              log_number("status", WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 0),
              log_text("why", why));
}

#define WHY_SIZE 160

/* In a few words; a leader that ended by itself has said more. */
static void say_why(const struct generation *generation, int status, char why[static WHY_SIZE])
{
    char signal_name[CREW_SIGNAL_SIZE];

    crew_signal_name(status, signal_name);
    if (generation->killed_for != NULL) {
        (void)snprintf(why, WHY_SIZE, "%s", generation->killed_for);
    } else if (signal_name[0] != '\0') {
        (void)snprintf(why, WHY_SIZE, "the new leader was killed by %s", signal_name);
    } else {
        (void)snprintf(why, WHY_SIZE, "the new leader ended with status %d: the log says why",
                       exit_status(status));
    }
}

static void reload_failed(struct supervisor *supervisor, const struct generation *generation,
                          int status, const char *why)
{
    if (WIFSIGNALED(status)) { /* what it has posted is what would have changed */
        board_clear(supervisor->board, (size_t)(generation - supervisor->generations.all));
    }
    standing_reloaded(supervisor,
                      &(struct standing_reload){.status = exit_status(status),
                                                .generation = generation,
                                                .duration_ms = clock_now_ms() - generation->born_ms,
                                                .why = why});
}

/* A start that nobody waits for any more: `status` is that of the whole server. */
static void give_up_start(struct supervisor *supervisor, int status)
{
    supervisor->status = status;
    supervisor->draining = true;
}

void succession_not_born(struct supervisor *supervisor, int os_errno)
{
    char why[WHY_SIZE];

    (void)snprintf(why, sizeof why, "the leader cannot be started: %s", strerror(os_errno));
    if (!supervisor->is_served) {
        systemd_complain("secho-server: %s", why);
        give_up_start(supervisor, EX_OSERR);
        return;
    }
    if (supervisor->steward.unanswered ||
        generations_in(&supervisor->generations, GENERATION_SERVES) != NULL) {
        standing_reloaded(supervisor, &(struct standing_reload){.status = EX_OSERR, .why = why});
    }
    log_event(&supervisor->log, SECHO_LEVEL_ERROR, "leader_failed", log_text("why", why));
    succession_schedule(supervisor);
}

static void forget_offers(struct supervisor *supervisor)
{
    shelf_forget(&supervisor->shelf);
    socket_close(supervisor->offered_config_fd);
    supervisor->offered_config_fd = -1;
    steward_forget(&supervisor->steward);
}

/* It ended before it served: a start that failed, or a reload; it has said why. */
static void leader_failed(struct supervisor *supervisor, const struct generation *generation,
                          int status)
{
    char why[WHY_SIZE], line[2 * WHY_SIZE];

    forget_offers(supervisor);
    if (!supervisor->is_served) {
        give_up_start(supervisor, exit_status(status));
        return;
    }
    say_why(generation, status, why);
    reload_failed(supervisor, generation, status, why);
    if (generations_in(&supervisor->generations, GENERATION_SERVES) != NULL) {
        (void)snprintf(line, sizeof line, "%s; everything stays as it was",
                       WIFEXITED(status) ? "the lines before say what is wrong" : why);
        log_event(&supervisor->log, SECHO_LEVEL_ERROR, "reload_failed",
                  log_number("generation", generation->number),
                  log_number("status", (uint64_t)exit_status(status)), log_text("why", line));
    } else {
        supervisor->falls_back = !supervisor->falls_back && supervisor->config_fd != -1;
        tell_death(supervisor, status,
                   supervisor->falls_back
                       ? "the new leader cannot serve; another one tries what served before"
                       : "the new leader cannot serve; another one will try");
        succession_schedule(supervisor);
    }
}

void succession_cancel(struct supervisor *supervisor)
{
    struct generation *loading = generations_in(&supervisor->generations, GENERATION_LOADS);

    if (loading == NULL) {
        return;
    }
    (void)kill(loading->leader, SIGKILL); /* its workers see that, and end; it may hang itself */
    socket_close(loading->control);       /* whatever it still says came too late */
    loading->control = -1;
    forget_offers(supervisor);
    if (supervisor->is_served) {
        refuse_reload(supervisor, DRAINS);
    }
}

static void retired_ended(struct supervisor *supervisor, int status)
{
    tell_reload(supervisor); /* its last message may not have been read */
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        tell_death(supervisor, status, "the leader of an old generation died; its workers drain");
    }
}

void succession_end(struct supervisor *supervisor, struct generation *generation, int status)
{
    enum generation_state was = generation->state;

    generation->leader = 0;
    generation->state = GENERATION_DRAINS;
    socket_close(generation->control);
    generation->control = -1;
    standing_tell(supervisor); /* whoever reads "leader_exit" does not find it serving */
    if (supervisor->draining) {
        return;
    }
    if (was == GENERATION_LOADS) {
        leader_failed(supervisor, generation, status);
    } else if (was == GENERATION_SERVES) {
        tell_death(supervisor, status, "the leader died; its workers drain, and a new one starts");
        supervisor->delay_ms =
            clock_now_ms() - generation->born_ms >= LIVED_MS ? 0 : supervisor->delay_ms;
        succession_schedule(supervisor);
    } else {
        retired_ended(supervisor, status);
    }
}
