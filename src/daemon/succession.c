#include "daemon/succession.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "base/clock.h"
#include "daemon/crew.h"
#include "daemon/reload.h"
#include "daemon/standing.h"
#include "daemon/stop.h"
#include "daemon/systemd.h"
#include "net/socket.h"

#define DELAY_MS_FIRST 100 /* before a leader that died is replaced; doubles up to the last */
#define DELAY_MS_MAX   30000
#define LIVED_MS       10000

/* The next leader is due in a while: a longer one each time that one dies young. */
static void schedule(struct supervisor *supervisor)
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
    struct generation *before = context;

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
        before->leaves = true;
    }
}

/* Everybody is served again; whoever looks after the server has something to mend. */
static void tell_fall_back(struct supervisor *supervisor)
{
    bool is_file = supervisor->fell_for == EX_CONFIG;
    char line[2 * SUCCESSION_WHY_SIZE];

    if (supervisor->falls_back) {
        (void)snprintf(line, sizeof line,
                       "%s; the configuration that served before serves again, with its files as "
                       "they are now: %s",
                       is_file ? "the configuration, or a file that it names, cannot be used"
                               : supervisor->fell_because,
                       is_file ? "mend it, then reload" : "reload when that is mended");
        log_event(&supervisor->log, SECHO_LEVEL_ERROR, "fell_back", log_text("why", line));
    }
    supervisor->falls_back = false;
}

/* While nothing of the new generation accepts: later it could not be taken back. */
static void leader_bound(struct supervisor *supervisor, struct generation *generation, int fd)
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
    if (!supervisor->draining) { /* else the delay has begun */
        supervisor->drain_delay_ms = message->drain_delay_ms;
    }
    socket_close(supervisor->config_fd);
    supervisor->config_fd = supervisor->offered_config_fd;
    supervisor->offered_config_fd = -1;
    succeed(supervisor, generation);
    standing_tell(supervisor);
    reload_may_be_over(supervisor); /* unless somebody has to leave first */
    tell_fall_back(supervisor);
    generation_say(generation, MESSAGE_KNOWN);
}

/* It accepts nobody any more: everybody who comes gets to another one. */
static void has_left(struct supervisor *supervisor, struct generation *generation)
{
    generation->leaves = false;
    reload_may_be_over(supervisor);
}

void succession_hear(struct supervisor *supervisor, struct generation *generation)
{
    struct message message;
    int fd = -1;

    outbox_flush(&generation->outbox, generation->control);
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
            has_left(supervisor, generation);
        } else if (message.type == MESSAGE_CHANGED) {
            supervisor->wants_reload = true;
        }
        socket_close(fd);
        break;
    case HEARD_END: /* waitpid tells the rest */
        generation_hang_up(generation);
        break;
    case HEARD_NOTHING:
        break;
    }
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

/* In a few words; a leader that ended by itself has said more. */
static void say_why(const struct generation *generation, int status,
                    char why[static SUCCESSION_WHY_SIZE])
{
    char signal_name[CREW_SIGNAL_SIZE];

    crew_signal_name(status, signal_name);
    if (generation->killed_for != NULL) {
        (void)snprintf(why, SUCCESSION_WHY_SIZE, "%s", generation->killed_for);
    } else if (signal_name[0] != '\0') {
        (void)snprintf(why, SUCCESSION_WHY_SIZE, "the new leader was killed by %s", signal_name);
    } else {
        (void)snprintf(why, SUCCESSION_WHY_SIZE,
                       "the new leader ended with status %d: the log says why",
                       exit_status(status));
    }
}

/* A start that nobody waits for any more: `status` is that of the whole server. */
static void give_up_start(struct supervisor *supervisor, int status)
{
    supervisor->status = status;
    supervisor->draining = true;
}

void succession_not_born(struct supervisor *supervisor, int os_errno)
{
    char why[SUCCESSION_WHY_SIZE];

    (void)snprintf(why, sizeof why, "the leader cannot be started: %s", strerror(os_errno));
    if (!supervisor->is_served) {
        systemd_complain("secho-server: %s", why);
        give_up_start(supervisor, EX_OSERR);
        return;
    }
    if (supervisor->reload_runs) {
        reload_failed(supervisor, &(struct standing_reload){.status = EX_OSERR, .why = why}, why);
    }
    supervisor->falls_back = false; /* the file is read again, for whoever asks meanwhile */
    log_event(&supervisor->log, SECHO_LEVEL_ERROR, "leader_failed", log_text("why", why));
    schedule(supervisor);
}

static void forget_offers(struct supervisor *supervisor)
{
    shelf_forget(&supervisor->shelf);
    socket_close(supervisor->offered_config_fd);
    supervisor->offered_config_fd = -1;
    steward_forget(&supervisor->steward);
}

static bool is_served_now(struct supervisor *supervisor)
{
    return generations_in(&supervisor->generations, GENERATION_SERVES) != NULL;
}

/* What became of what it has tried: the file, or what served before. */
static void tell_failure(struct supervisor *supervisor, const struct generation *generation,
                         int status, const char *why)
{
    const struct standing_reload reload = {.status = exit_status(status),
                                           .generation = generation,
                                           .duration_ms = clock_now_ms() - generation->born_ms,
                                           .why = why};
    char line[2 * SUCCESSION_WHY_SIZE];

    if (WIFSIGNALED(status)) { /* what it has posted is what would have changed */
        board_clear(supervisor->board, (size_t)(generation - supervisor->generations.all));
    }
    if (!supervisor->reload_runs) {
        standing_not_back(supervisor, &reload);
        return;
    }
    (void)snprintf(line, sizeof line, "%s; %s",
                   WIFEXITED(status) ? "the lines before say what is wrong" : why,
                   is_served_now(supervisor) ? "everything stays as it was" : "nobody serves");
    reload_failed(supervisor, &reload, line);
}

/* After the file what served before, at once; when that fails too, the file again in a while. */
static void try_another(struct supervisor *supervisor, int status, const char *why)
{
    supervisor->falls_back = !supervisor->falls_back && supervisor->config_fd != -1;
    if (!supervisor->falls_back) {
        tell_death(supervisor, status, "the new leader cannot serve; another one will try");
        schedule(supervisor);
        return;
    }
    supervisor->fell_for = exit_status(status);
    (void)snprintf(supervisor->fell_because, sizeof supervisor->fell_because, "%s", why);
    tell_death(supervisor, status,
               "the new leader cannot serve; another one tries the configuration that served "
               "before, with its files as they are now");
    supervisor->due_ms = clock_now_ms();
}

/* It ended before it served: a start that failed, or a reload; it has said why. */
static void leader_failed(struct supervisor *supervisor, const struct generation *generation,
                          int status)
{
    char why[SUCCESSION_WHY_SIZE];

    forget_offers(supervisor);
    if (!supervisor->is_served) {
        give_up_start(supervisor, exit_status(status));
        return;
    }
    say_why(generation, status, why);
    tell_failure(supervisor, generation, status, why);
    if (!is_served_now(supervisor)) {
        try_another(supervisor, status, why);
    }
}

void succession_cancel(struct supervisor *supervisor)
{
    struct generation *loading = generations_in(&supervisor->generations, GENERATION_LOADS);

    if (loading == NULL) {
        return;
    }
    (void)kill(loading->leader, SIGKILL); /* its workers see that, and end; it may hang itself */
    generation_hang_up(loading);          /* whatever it still says came too late */
    loading->state = GENERATION_DRAINS;
    loading->is_given_up = true;
    forget_offers(supervisor);
    reload_give_up(supervisor);
}

/* Another one is due: after a while, unless it has lived for one. */
static void serving_ended(struct supervisor *supervisor, const struct generation *generation,
                          int status)
{
    tell_death(supervisor, status, "the leader died; its workers drain, and a new one starts");
    if (generations_in(&supervisor->generations, GENERATION_LOADS) == NULL) {
        steward_forget(&supervisor->steward); /* its own offer, when it is not in force yet */
    }
    supervisor->delay_ms =
        clock_now_ms() - generation->born_ms >= LIVED_MS ? 0 : supervisor->delay_ms;
    schedule(supervisor);
}

static void retired_ended(struct supervisor *supervisor, struct generation *generation, int status)
{
    has_left(supervisor, generation); /* its last message may not have been read */
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        tell_death(supervisor, status, "the leader of an old generation died; its workers drain");
    }
}

void succession_end(struct supervisor *supervisor, struct generation *generation, int status)
{
    enum generation_state was = generation->state;

    generation->leader = 0;
    generation->state = GENERATION_DRAINS;
    generation_hang_up(generation);
    standing_tell(supervisor); /* whoever reads "leader_exit" does not find it serving */
    if (generation->is_given_up || (supervisor->draining && !stop_waits(supervisor))) {
        return;
    }
    if (was == GENERATION_LOADS) {
        leader_failed(supervisor, generation, status);
    } else if (was == GENERATION_SERVES) {
        serving_ended(supervisor, generation, status);
    } else {
        retired_ended(supervisor, generation, status);
    }
}
