#include "daemon/scribe.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

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

void scribe_sink(void *context, const char *line, size_t len)
{
    struct scribe *scribe = context;

    if (stderr_takes_a_line(scribe->is_last ? LAST_LINES_MS : 0)) {
        write_whole(line, len);
    } else {
        scribe->lost++;
    }
}

void scribe_write(struct scribe *scribe, int most)
{
    char line[LOG_LINE_MAX];

    for (int i = 0; i < most; i++) {
        scribe->is_full = !stderr_takes_a_line(0);
        if (scribe->is_full) {
            return;
        }
        ssize_t len = recv(scribe->reader, line, sizeof line, MSG_DONTWAIT);

        if (len <= 0) {
            return;
        }
        write_whole(line, (size_t)len);
    }
}

void scribe_finish(struct scribe *scribe)
{
    do {
        scribe_write(scribe, INT32_MAX);
    } while (scribe->is_full && stderr_takes_a_line(LAST_LINES_MS));
}
