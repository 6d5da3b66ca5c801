#include "daemon/scribe.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define LAST_LINES_MS 1000

/*
 * A pipe that can be written to takes one line without waiting (pipe(7): LOG_LINE_MAX is
 * PIPE_BUF). stderr never gets O_NONBLOCK: it may be somebody's terminal.
 */
static bool stderr_takes_a_line(int wait_ms)
{
    struct pollfd at = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&at, 1, wait_ms) == 1;
}

static void write_whole(const char *line, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, line, len);

        if (n > 0) {
            line += n;
            len -= (size_t)n;
        } else if (errno != EINTR) {
            return; /* a full disk, a closed pipe: the echo is more important */
        }
    }
}

/* False when stderr takes nothing now. */
static bool write_ready(struct scribe *scribe)
{
    scribe->is_full = !stderr_takes_a_line(0);
    if (scribe->is_full) {
        return false;
    }
    write_whole(scribe->lines, scribe->ready);
    memmove(scribe->lines, scribe->lines + scribe->ready, scribe->more);
    scribe->ready = scribe->more;
    scribe->more = 0;
    return true;
}

static bool write_all(struct scribe *scribe)
{
    while (scribe->ready > 0) {
        if (!write_ready(scribe)) {
            return false;
        }
    }
    return true;
}

void scribe_sink(void *context, const char *line, size_t len)
{
    struct scribe *scribe = context;

    (void)write_all(scribe); /* older ones first */
    if (stderr_takes_a_line(scribe->is_last ? LAST_LINES_MS : 0)) {
        write_whole(line, len);
    } else {
        scribe->lost++;
    }
}

/* False when none is there. */
static bool take_line(struct scribe *scribe)
{
    ssize_t len = recv(scribe->reader, scribe->lines + scribe->ready, LOG_LINE_MAX, MSG_DONTWAIT);

    if (len <= 0) {
        return false;
    }
    if (scribe->ready + (size_t)len <= LOG_LINE_MAX) {
        scribe->ready += (size_t)len;
    } else {
        scribe->more = (size_t)len;
    }
    return true;
}

void scribe_write(struct scribe *scribe, int most)
{
    for (int i = 0; i < most; i++) {
        if (scribe->more > 0 && !write_ready(scribe)) {
            return;
        }
        if (!take_line(scribe)) {
            scribe->rest_until_ms = clock_now_ms() + SCRIBE_REST_MS;
            break;
        }
    }
    (void)write_all(scribe);
}

int64_t scribe_rest_ms(const struct scribe *scribe, int64_t now_ms)
{
    return scribe->rest_until_ms > now_ms ? scribe->rest_until_ms - now_ms : 0;
}

void scribe_finish(struct scribe *scribe)
{
    do {
        scribe_write(scribe, INT32_MAX);
    } while (scribe->is_full && stderr_takes_a_line(LAST_LINES_MS));
}
