#include "daemon/crew.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/progress.h"
#include "net/socket.h"

/* A worker that lived this long did not die of its birth: its successor comes at once. */
#define LIVED_MS       10000
#define DELAY_MS_FIRST 100
#define DELAY_MS_MAX   30000

void crew_init(struct crew *crew, size_t processes, size_t threads)
{
    *crew = (struct crew){.processes = processes, .threads = threads};
    for (size_t i = 0; i < CREW_MAX; i++) {
        crew->children[i].channel = -1;
        crew->watcher[i] = CREW_NOBODY;
    }
}

/* ---- birth and death ---- */

void crew_born(struct crew *crew, size_t index, pid_t pid, int channel)
{
    struct child *child = &crew->children[index];

    child->births++;
    child->pid = pid;
    child->channel = channel;
    child->ready = false;
    child->left = false;
    child->why[0] = '\0';
    child->born_ms = clock_now_ms();
    if (child->births == 1) {
        progress_made();
    }
}

void crew_postpone(struct crew *crew, size_t index)
{
    struct child *child = &crew->children[index];

    child->due_ms = clock_now_ms() + child->delay_ms;
    if (child->delay_ms == 0) {
        child->delay_ms = DELAY_MS_FIRST;
    } else {
        child->delay_ms = child->delay_ms < DELAY_MS_MAX / 2 ? 2 * child->delay_ms : DELAY_MS_MAX;
    }
}

static void hang_up(struct child *child)
{
    socket_close(child->channel);
    child->channel = -1;
    child->ready = false;
    outbox_done(&child->outbox);
}

void crew_buried(struct crew *crew, size_t index)
{
    struct child *child = &crew->children[index];

    hang_up(child);
    child->pid = 0;
    if (clock_now_ms() - child->born_ms >= LIVED_MS) {
        child->delay_ms = 0;
    }
    crew_postpone(crew, index);
}

void crew_kill_all(const struct crew *crew)
{
    for (size_t i = 0; i < crew->processes; i++) {
        if (crew->children[i].pid > 0) {
            (void)kill(crew->children[i].pid, SIGKILL);
        }
    }
}

void crew_signal_name(int status, char name[static CREW_SIGNAL_SIZE])
{
    name[0] = '\0';
    if (WIFSIGNALED(status)) {
        const char *abbreviation = sigabbrev_np(WTERMSIG(status));

        (void)snprintf(name, CREW_SIGNAL_SIZE, "SIG%s",
                       abbreviation != NULL ? abbreviation : "UNKNOWN");
    }
}

/* ---- who is there ---- */

size_t crew_find(const struct crew *crew, pid_t pid)
{
    for (size_t i = 0; i < crew->processes; i++) {
        if (crew->children[i].pid == pid) {
            return i;
        }
    }
    return CREW_NOBODY;
}

size_t crew_due(const struct crew *crew)
{
    for (size_t i = 0; i < crew->processes; i++) {
        if (crew->children[i].pid == 0 && crew->children[i].due_ms <= clock_now_ms()) {
            return i;
        }
    }
    return CREW_NOBODY;
}

int64_t crew_next_birth_ms(const struct crew *crew)
{
    int64_t next = -1;

    for (size_t i = 0; i < crew->processes; i++) {
        int64_t left = crew->children[i].due_ms - clock_now_ms();

        left = left > 0 ? left : 0;
        if (crew->children[i].pid == 0 && (next == -1 || left < next)) {
            next = left;
        }
    }
    return next;
}

bool crew_is_ready(const struct crew *crew)
{
    for (size_t i = 0; i < crew->processes; i++) {
        if (!crew->children[i].ready) {
            return false;
        }
    }
    return true;
}

bool crew_has_left(const struct crew *crew)
{
    for (size_t i = 0; i < crew->processes; i++) {
        if (crew->children[i].pid > 0 && !crew->children[i].left) {
            return false;
        }
    }
    return true;
}

bool crew_has_anybody(const struct crew *crew)
{
    for (size_t i = 0; i < crew->processes; i++) {
        if (crew->children[i].pid > 0) {
            return true;
        }
    }
    return false;
}

/* ---- talk ---- */

static void tell_child(struct child *child, const struct message *message)
{
    if (child->channel != -1) {
        outbox_send(&child->outbox, child->channel, message, -1);
    }
}

static void tell(struct crew *crew, size_t index, enum message_type type, size_t slot)
{
    const struct message message = {.type = type, .slot = (uint32_t)slot};

    if (index != CREW_NOBODY) {
        tell_child(&crew->children[index], &message);
    }
}

void crew_pass_on(struct crew *crew, const struct message *message)
{
    for (size_t i = 0; i < crew->processes; i++) {
        tell_child(&crew->children[i], message);
    }
}

void crew_tell_all(struct crew *crew, enum message_type type)
{
    const struct message message = {.type = type};

    crew_pass_on(crew, &message);
}

static void become_ready(struct child *child)
{
    child->ready = true;
    if (!child->was_ready) {
        child->was_ready = true;
        progress_made();
    }
}

short crew_events(const struct crew *crew, size_t index)
{
    return outbox_events(&crew->children[index].outbox);
}

void crew_hear(struct crew *crew, size_t index)
{
    struct child *child = &crew->children[index];
    struct message message;
    int fd = -1;

    outbox_flush(&child->outbox, child->channel);
    switch (message_receive(child->channel, &message, &fd)) {
    case HEARD:
        socket_close(fd);
        child->left = child->left || message.type == MESSAGE_LEFT;
        if (message.type == MESSAGE_READY) {
            become_ready(child);
        } else if (message.type == MESSAGE_FAILED) {
            (void)snprintf(child->why, sizeof child->why, "%s", message.listener);
        }
        break;
    case HEARD_END: /* it is dying: waitpid will tell how */
        hang_up(child);
        break;
    case HEARD_NOTHING:
        break;
    }
}

#define MOST_WORDS 4 /* READY, FAILED, LEFT and the end */

void crew_last_words(struct crew *crew, size_t index, int status, char why[static CREW_WHY_SIZE])
{
    const struct child *child = &crew->children[index];

    for (int i = 0; i < MOST_WORDS && child->channel != -1; i++) {
        crew_hear(crew, index);
    }
    if (child->why[0] != '\0') {
        (void)snprintf(why, CREW_WHY_SIZE, "%s", child->why);
    } else {
        (void)snprintf(why, CREW_WHY_SIZE, "it ended with status %d",
                       WIFEXITED(status) ? WEXITSTATUS(status) : 0);
    }
}

/* ---- who watches which slot ---- */

static size_t watcher_for(const struct crew *crew, size_t slot)
{
    size_t own = slot / crew->threads;

    for (size_t i = 0; i < crew->processes; i++) {
        size_t candidate = (own + i) % crew->processes;

        if (crew->children[candidate].ready) {
            return candidate;
        }
    }
    return CREW_NOBODY;
}

void crew_assign_slots(struct crew *crew)
{
    for (size_t k = 0; k < crew->processes * crew->threads; k++) {
        size_t wanted = watcher_for(crew, k);

        if (wanted != crew->watcher[k]) {
            tell(crew, wanted, MESSAGE_WATCH, k);
            tell(crew, crew->watcher[k], MESSAGE_UNWATCH, k);
            crew->watcher[k] = wanted;
        }
    }
}
