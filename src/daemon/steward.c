#include "daemon/steward.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/crew.h"
#include "daemon/level.h"
#include "daemon/succession.h"
#include "net/socket.h"

#define LEAVE_MS       3000 /* what the admin process has to end by itself */
#define DELAY_MS_FIRST 100  /* before one that died is replaced; doubles up to the last */
#define DELAY_MS_MAX   30000
#define LIVED_MS       10000

void steward_init(struct steward *steward)
{
    *steward = (struct steward){.offered_fd = -1, .fd = -1, .control = -1};
}

/* ---- the socket ---- */

static void remove_path(const char *path)
{
    struct stat facts;

    if (path[0] != '\0' && lstat(path, &facts) == 0 && S_ISSOCK(facts.st_mode)) {
        (void)unlink(path);
    }
}

void steward_offer(struct steward *steward, const struct message *message, int fd)
{
    socket_close(steward->offered_fd);
    steward->offered = *message;
    steward->offered_fd = fd;
}

static void drop_offer(struct steward *steward)
{
    socket_close(steward->offered_fd);
    steward->offered_fd = -1;
    steward->offered = (struct message){0};
}

void steward_forget(struct steward *steward)
{
    if (steward->offered_fd != -1 && !steward->offered.is_kept) {
        remove_path(steward->offered.listener);
    }
    drop_offer(steward);
}

/* ---- the process ---- */

static void let_go(struct steward *steward)
{
    if (steward->pid > 0) {
        if (steward->leaving > 0) { /* one at a time */
            (void)kill(steward->leaving, SIGKILL);
        }
        steward->leaving = steward->pid;
        steward->leaving_until_ms = clock_now_ms() + LEAVE_MS;
    }
    socket_close(steward->control); /* it hears that, and ends */
    steward->control = -1;
    steward->pid = 0;
    steward->wanted = 0;
    steward->begun = 0;
}

void steward_hurry(struct steward *steward)
{
    if (steward->leaving > 0 && clock_now_ms() >= steward->leaving_until_ms) {
        (void)kill(steward->leaving, SIGKILL);
        steward->leaving_until_ms = INT64_MAX; /* waitpid(2) tells the rest */
    }
}

static void tell(struct steward *steward, const struct message *message)
{
    /* One that reads nothing is of no use to anybody, and may not keep us waiting. */
    if (steward->control != -1 && message_offer(steward->control, message, -1) != 0) {
        (void)kill(steward->pid, SIGKILL);
    }
}

static bool is_same_user(const struct privilege *a, const struct privilege *b)
{
    return a->change == b->change && a->user == b->user && a->group == b->group;
}

/* A socket that nobody has now may have listened at the path of the new one: that one stays. */
static void close_door(struct steward *steward, const char *path_that_stays)
{
    if (steward->fd != -1 && strcmp(steward->now.listener, path_that_stays) != 0) {
        remove_path(steward->now.listener);
    }
    socket_close(steward->fd);
    steward->fd = -1;
}

void steward_settle(struct supervisor *supervisor)
{
    struct steward *steward = &supervisor->steward;
    struct message *offered = &steward->offered;

    if (offered->type != MESSAGE_ADMIN) { /* a leader hands up one of them, once */
        return;
    }
    bool stays = offered->is_kept && steward->fd != -1;

    if (!stays || !is_same_user(&steward->now.admin.privilege, &offered->admin.privilege)) {
        let_go(steward);
        steward->delay_ms = 0;
        steward->due_ms = 0;
    }
    if (!stays) {
        close_door(steward, offered->listener);
        steward->fd = steward->offered_fd;
        steward->offered_fd = -1;
    }
    steward->now = *offered;
    steward->now.format = supervisor->log.format;
    tell(steward, &steward->now);
    drop_offer(steward);
}

bool steward_is_due(const struct steward *steward)
{
    return steward->fd != -1 && steward->pid == 0 && clock_now_ms() >= steward->due_ms;
}

int64_t steward_due_in_ms(const struct steward *steward, int64_t now_ms)
{
    int64_t due_ms = steward->fd != -1 && steward->pid == 0 ? steward->due_ms : INT64_MAX;

    if (steward->leaving > 0 && steward->leaving_until_ms < due_ms) {
        due_ms = steward->leaving_until_ms;
    }
    return due_ms == INT64_MAX ? INT64_MAX : due_ms > now_ms ? due_ms - now_ms : 0;
}

static void postpone(struct steward *steward)
{
    steward->due_ms = clock_now_ms() + steward->delay_ms;
    steward->delay_ms = steward->delay_ms == 0                 ? DELAY_MS_FIRST
                        : steward->delay_ms < DELAY_MS_MAX / 2 ? 2 * steward->delay_ms
                                                               : DELAY_MS_MAX;
}

void steward_born(struct supervisor *supervisor, pid_t pid, int control)
{
    struct steward *steward = &supervisor->steward;

    if (pid == -1) {
        log_event(&supervisor->log, SECHO_LEVEL_ERROR, "admin_failed",
                  log_text("why", strerror(errno)));
        postpone(steward);
        return;
    }
    steward->pid = pid;
    steward->control = control;
    steward->born_ms = clock_now_ms();
    tell(steward, &steward->now);
}

bool steward_buried(struct supervisor *supervisor, pid_t pid, int status)
{
    struct steward *steward = &supervisor->steward;
    char signal_name[CREW_SIGNAL_SIZE];

    if (pid == steward->leaving) {
        steward->leaving = 0;
        return true;
    }
    if (pid != steward->pid) {
        return false;
    }
    steward->pid = 0;
    let_go(steward);
    crew_signal_name(status, signal_name);
    (void)atomic_fetch_add(&supervisor->board->admin_restarts, 1);
    log_event(&supervisor->log, SECHO_LEVEL_ERROR, "admin_exit", log_number("pid", (uint64_t)pid),
              log_text("signal", signal_name),
              log_number("status", WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 0),
              log_text("why", "the admin process ended; another one follows, service goes on"));
    steward->delay_ms = clock_now_ms() - steward->born_ms >= LIVED_MS ? 0 : steward->delay_ms;
    postpone(steward);
    return true;
}

void steward_end(struct steward *steward)
{
    let_go(steward);
    close_door(steward, "");
}

void steward_done(struct steward *steward)
{
    if (steward->pid > 0) {
        (void)kill(steward->pid, SIGKILL);
    }
    steward_forget(steward);
    steward_end(steward);
}

/* ---- what it asks for ---- */

void steward_reload_begins(struct steward *steward)
{
    steward->begun = steward->wanted;
}

void steward_reload_ended(struct steward *steward)
{
    const struct message message = {.type = MESSAGE_RELOADED, .ticket = steward->begun};

    tell(steward, &message);
}

static void obey(struct supervisor *supervisor, const struct message *message)
{
    struct steward *steward = &supervisor->steward;

    if (message->type == MESSAGE_RELOAD) {
        steward->wanted = message->ticket;
        supervisor->wants_reload = true;
    } else if (message->type == MESSAGE_LEVEL && (int)message->level >= SECHO_LEVEL_ERROR &&
               (int)message->level <= SECHO_LEVEL_DEBUG) {
        level_change(&supervisor->log, &supervisor->counters->log_level, message->level);
    } else if (message->type == MESSAGE_PING) {
        tell(steward, message);
    }
}

void steward_hear(struct supervisor *supervisor)
{
    struct steward *steward = &supervisor->steward;
    struct message message;
    int fd = -1;

    switch (message_receive(steward->control, &message, &fd)) {
    case HEARD:
        socket_close(fd);
        obey(supervisor, &message);
        break;
    case HEARD_END: /* waitpid tells the rest */
        socket_close(steward->control);
        steward->control = -1;
        break;
    case HEARD_NOTHING:
        break;
    }
}
