#include "loopback.h"

#include <check.h>
#include <errno.h>
#include <poll.h>

#include "net/socket.h"

int loopback_listen(struct address *address)
{
    struct secho_error err = {0};
    int fd = -1;

    ck_assert_int_eq(address_parse("127.0.0.1", 0, address), 0);
    ck_assert_msg(socket_listen(address, 16, false, &fd, &err) == 0, "%s", err.text);
    return fd;
}

bool loopback_wait(int fd, short events)
{
    struct pollfd socket = {.fd = fd, .events = events};

    return poll(&socket, 1, 10000) == 1;
}

int loopback_connect(const struct address *address)
{
    struct secho_error err = {0};
    int fd = -1;

    if (socket_connect(address, &fd, &err) != 0) {
        errno = err.os_errno;
        return -1;
    }
    ck_assert(loopback_wait(fd, POLLOUT));
    if (socket_connect_result(fd) != 0) {
        int why = errno;

        socket_close(fd);
        errno = why;
        return -1;
    }
    return fd;
}
