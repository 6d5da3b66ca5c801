#include "client/talk_ends.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A second open file description of the same pipe or terminal, with a flag of its own: proc(5). */
static int open_again(int fd)
{
    char path[40];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void talk_end_open(struct talk_end *end, int fd)
{
    struct stat stat = {0};
    int again = -1;

    *end = (struct talk_end){.fd = fd, .write_max = SIZE_MAX};
    if (fstat(fd, &stat) != 0) {
        return;
    }
    end->is_socket = S_ISSOCK(stat.st_mode);
    if (S_ISFIFO(stat.st_mode) || isatty(fd) == 1) {
        again = open_again(fd);
        end->write_max = PIPE_BUF; /* pipe(7): POLLOUT promises room for that much */
    }
    if (again != -1) {
        end->fd = again;
        end->ours = true;
        end->write_max = SIZE_MAX;
    }
}

void talk_end_close(struct talk_end *end)
{
    if (end->ours) {
        (void)close(end->fd);
    }
    end->ours = false;
}

static enum moved outcome(ssize_t n, size_t *count)
{
    if (n < 0) {
        return errno == EAGAIN || errno == EINTR ? MOVED_NOTHING : MOVED_FAILED;
    }
    *count = (size_t)n;
    return n > 0 ? MOVED : MOVED_END;
}

enum moved talk_end_write(const struct talk_end *end, const void *data, size_t len, size_t *count)
{
    if (len > end->write_max) {
        len = end->write_max;
    }
    return outcome(end->is_socket ? send(end->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL)
                                  : write(end->fd, data, len),
                   count);
}

enum moved talk_end_read(int fd, void *buffer, size_t len, size_t *count)
{
    return outcome(read(fd, buffer, len), count);
}
