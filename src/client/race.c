#include "client/race.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/socket.h"

/* ---- the order ---- */

static size_t next_of(const struct resolved *list, bool ipv6, size_t from)
{
    while (from < list->count && address_is_ipv6(&list->addresses[from]) != ipv6) {
        from++;
    }
    return from;
}

void race_order(struct resolved *list)
{
    const struct resolved before = *list;
    bool ipv6 = list->count > 0 && address_is_ipv6(&list->addresses[0]);
    size_t next[2] = {next_of(&before, false, 0), next_of(&before, true, 0)};

    for (size_t i = 0; i < before.count; i++) {
        if (next[ipv6] == before.count) { /* this family has no more */
            ipv6 = !ipv6;
        }
        list->addresses[i] = before.addresses[next[ipv6]];
        next[ipv6] = next_of(&before, ipv6, next[ipv6] + 1);
        ipv6 = !ipv6;
    }
}

/* ---- the race ---- */

static void attempt_failed(struct race_attempt *attempt, int why)
{
    socket_close(attempt->fd);
    attempt->fd = -1;
    attempt->state = RACE_FAILED;
    attempt->os_errno = why;
    attempt->took_us = clock_now_us() - attempt->started_us;
}

static bool out_of_resources(int why)
{
    return why == EMFILE || why == ENFILE || why == ENOMEM || why == ENOBUFS;
}

/* Starts the next attempt that waits. False when there is none. */
static bool start_next(struct race *race)
{
    struct secho_error err;

    for (size_t i = 0; i < race->list.count; i++) {
        struct race_attempt *attempt = &race->attempts[i];

        if (attempt->state != RACE_WAITING) {
            continue;
        }
        attempt->state = RACE_TRYING;
        attempt->started_us = clock_now_us();
        if (socket_connect(&race->list.addresses[i], &attempt->fd, &err) != 0) {
            attempt->fd = -1;
            attempt_failed(attempt, err.os_errno);
            continue; /* at once to the next one */
        }
        return true;
    }
    return false;
}

/* Waits for news of those that are trying. Returns how many there are. */
static nfds_t wait_for_news(const struct race *race, int wait_ms, struct pollfd *fds)
{
    nfds_t count = 0;

    for (size_t i = 0; i < race->list.count; i++) {
        if (race->attempts[i].state == RACE_TRYING) {
            fds[count++] = (struct pollfd){.fd = race->attempts[i].fd, .events = POLLOUT};
        }
    }
    if (count > 0 && poll(fds, count, wait_ms) < 0) {
        for (nfds_t i = 0; i < count; i++) { /* EINTR: no news */
            fds[i].revents = 0;
        }
    }
    return count;
}

/* Looks at the news. True when one has won; *failed when one has failed. */
static bool take_news(struct race *race, const struct pollfd *fds, nfds_t count, bool *failed)
{
    for (size_t i = 0; i < race->list.count; i++) {
        struct race_attempt *attempt = &race->attempts[i];

        for (nfds_t k = 0; k < count; k++) {
            if (attempt->state != RACE_TRYING || fds[k].fd != attempt->fd || fds[k].revents == 0) {
                continue;
            }
            if (socket_connect_result(attempt->fd) == 0) {
                attempt->state = RACE_WON;
                attempt->took_us = clock_now_us() - attempt->started_us;
                race->winner = i;
                return true;
            }
            attempt_failed(attempt, errno);
            *failed = true;
        }
    }
    return false;
}

/* How long to wait until the next attempt or the deadline. */
static int pause_ms(int64_t now, int64_t next, int64_t deadline, bool more)
{
    int64_t until = more && next < deadline ? next : deadline;

    return until == INT64_MAX ? -1 : until <= now ? 0 : (int)(until - now);
}

static bool some_wait(const struct race *race)
{
    return race->attempts[race->list.count - 1].state == RACE_WAITING;
}

/* True when one has won. False: all failed, or the deadline passed. */
static bool run(struct race *race, int64_t deadline)
{
    struct pollfd fds[RESOLVE_ADDRESSES_MAX];
    int64_t next = 0, now = clock_now_ms();

    while (now < deadline) {
        bool failed = false;

        if (now >= next) {
            (void)start_next(race);
            next = now + RACE_STAGGER_MS;
        }
        nfds_t count = wait_for_news(race, pause_ms(now, next, deadline, some_wait(race)), fds);

        if (count == 0 && !some_wait(race)) {
            return false;
        }
        if (take_news(race, fds, count, &failed)) {
            return true;
        }
        now = clock_now_ms();
        if (failed || count == 0) {
            next = now; /* RFC 8305 5: an attempt that failed starts the next one */
        }
    }
    return false;
}

static void close_the_others(struct race *race)
{
    for (size_t i = 0; i < race->list.count; i++) {
        struct race_attempt *attempt = &race->attempts[i];

        if (attempt->state == RACE_TRYING) {
            socket_close(attempt->fd);
            attempt->fd = -1;
            attempt->state = RACE_LOST;
            attempt->took_us = clock_now_us() - attempt->started_us;
        }
    }
}

static int nobody_won(struct race *race, struct secho_error *err)
{
    bool timed_out = false, exhausted = false;
    int why = 0;
    char text[400];

    for (size_t i = 0; i < race->list.count; i++) {
        timed_out = timed_out || race->attempts[i].state != RACE_FAILED ||
                    race->attempts[i].os_errno == ETIMEDOUT;
        if (race->attempts[i].state == RACE_FAILED) {
            why = race->attempts[i].os_errno;
            exhausted = exhausted || out_of_resources(why);
        }
    }
    race_describe(race, text, sizeof text);
    error_set(err,
              exhausted   ? SECHO_ERR_SYSTEM
              : timed_out ? SECHO_ERR_TIMEOUT
                          : SECHO_ERR_CONNECT,
              "%s", text);
    if (err != NULL) {
        err->os_errno = why;
    }
    return -1;
}

int race_run(struct race *race, int64_t timeout_ms, int *fd, struct secho_error *err)
{
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : clock_now_ms() + timeout_ms;

    for (size_t i = 0; i < race->list.count; i++) {
        race->attempts[i] = (struct race_attempt){.state = RACE_WAITING, .fd = -1};
    }
    bool won = run(race, deadline);

    close_the_others(race);
    if (!won) {
        return nobody_won(race, err);
    }
    *fd = race->attempts[race->winner].fd;
    return 0;
}

void race_describe(const struct race *race, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < race->list.count && used < size; i++) {
        const struct race_attempt *attempt = &race->attempts[i];
        char address[ADDRESS_TEXT_SIZE];

        address_print(&race->list.addresses[i], address);
        int n = snprintf(text + used, size - used, "%s%s %s", i > 0 ? ", " : "", address,
                         attempt->state == RACE_FAILED    ? strerror(attempt->os_errno)
                         : attempt->state == RACE_WON     ? "connected"
                         : attempt->state == RACE_WAITING ? "not tried"
                                                          : "no answer");

        used += n > 0 ? (size_t)n : 0;
    }
}
