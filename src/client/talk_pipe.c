#include "client/talk_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

struct pipe_ends {
    int in, out;
    bool out_is_ours;   /* opened by us: close it */
    bool out_is_socket; /* of another program: MSG_DONTWAIT does it */
    size_t write_max;   /* so much may be written when poll(2) says POLLOUT, without blocking */
    int64_t started_ms, shown_ms;
    bool shown;
};

/* ---- in ---- */

static enum moved outcome(ssize_t n, size_t *count)
{
    if (n < 0) {
        return errno == EAGAIN || errno == EINTR ? MOVED_NOTHING : MOVED_FAILED;
    }
    *count = (size_t)n;
    return n > 0 ? MOVED : MOVED_END;
}

/* After poll(2) said so, read(2) does not block. */
static enum moved read_in(void *context, void *buffer, size_t len, size_t *count)
{
    const struct pipe_ends *ends = context;

    return outcome(read(ends->in, buffer, len), count);
}

/* ---- out ---- */

/* A second open file description of the same pipe or terminal, with a flag of its own: proc(5). */
static int open_again(int fd)
{
    char path[40];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void open_out(struct pipe_ends *ends, int fd)
{
    struct stat stat = {0};
    int again = -1;

    ends->out = fd;
    ends->write_max = SIZE_MAX;
    if (fstat(fd, &stat) != 0) {
        return; /* the first write tells */
    }
    ends->out_is_socket = S_ISSOCK(stat.st_mode);
    if (S_ISFIFO(stat.st_mode) || isatty(fd) == 1) {
        again = open_again(fd);
        ends->write_max = PIPE_BUF; /* pipe(7): POLLOUT promises room for that much */
    }
    if (again != -1) {
        ends->out = again;
        ends->out_is_ours = true;
        ends->write_max = SIZE_MAX;
    }
}

static enum moved write_out(void *context, const void *data, size_t len, size_t *count)
{
    const struct pipe_ends *ends = context;

    if (len > ends->write_max) {
        len = ends->write_max;
    }
    return outcome(ends->out_is_socket ? send(ends->out, data, len, MSG_DONTWAIT | MSG_NOSIGNAL)
                                       : write(ends->out, data, len),
                   count);
}

/* ---- progress ---- */

#define SHOW_AFTER_MS 1000 /* short transfers need no progress */
#define SHOW_EVERY_MS 200

static void show(void *context, uint64_t sent, uint64_t received)
{
    struct pipe_ends *ends = context;
    int64_t now = clock_now_ms();

    if (now - ends->started_ms < SHOW_AFTER_MS || now - ends->shown_ms < SHOW_EVERY_MS) {
        return;
    }
    ends->shown_ms = now;
    ends->shown = true;
    (void)fprintf(stderr, "\r%" PRIu64 " MiB sent, %" PRIu64 " MiB back, %" PRIu64 " MiB/s   ",
                  sent >> 20, received >> 20,
                  (received * 1000 / (uint64_t)(now - ends->started_ms)) >> 20);
}

enum talk_result talk_pipe(struct secho_client *client, int in, int out, bool progress)
{
    struct pipe_ends pipe = {.in = in, .started_ms = clock_now_ms()};

    open_out(&pipe, out);
    struct talk_ends ends = {
        .context = &pipe,
        .in = in,
        .out = pipe.out,
        .read = read_in,
        .write = write_out,
        .progress = progress ? show : NULL,
        .pause_ms_max = -1,
        .stop_at_extra = true,
    };
    enum talk_result result = talk_run(client, &ends);

    if (pipe.shown) {
        (void)fputc('\n', stderr);
    }
    if (pipe.out_is_ours) {
        (void)close(pipe.out);
    }
    return result;
}
