#include "daemon/message.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/socket.h>

#include "net/socket.h"

int message_channel(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

/* Room for one descriptor, aligned as cmsg(3) wants it: the kernel may put two there. */
union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

static ssize_t send_with(int channel, const struct message *message, int fd, int flags)
{
    struct message copy = *message;
    struct iovec vector = {.iov_base = &copy, .iov_len = sizeof copy};
    union control control = {.bytes = {0}};
    struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1};

    if (fd != -1) {
        header.msg_control = control.bytes;
        header.msg_controllen = sizeof control.bytes;
        struct cmsghdr *item = CMSG_FIRSTHDR(&header);

        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(item), &fd, sizeof fd);
    }
    ssize_t sent;

    do {
        sent = sendmsg(channel, &header, MSG_NOSIGNAL | flags);
    } while (sent == -1 && errno == EINTR);
    OPENSSL_cleanse(&copy, sizeof copy);
    return sent;
}

/* unix(7): as many may be on their way as a process of this user may open. */
static int send_or_tell(int channel, const struct message *message, int fd, int flags)
{
    ssize_t sent = send_with(channel, message, fd, flags);

    if (sent == -1 && errno == ETOOMANYREFS) {
        struct message without = *message;

        without.fd_lost = true;
        sent = send_with(channel, &without, -1, flags);
        OPENSSL_cleanse(&without, sizeof without);
    }
    return sent == (ssize_t)sizeof *message ? 0 : -1;
}

int message_send(int channel, const struct message *message, int fd)
{
    return send_or_tell(channel, message, fd, 0);
}

int message_offer(int channel, const struct message *message, int fd)
{
    return send_or_tell(channel, message, fd, MSG_DONTWAIT);
}

/* ---- receive ---- */

/* How many came; all but the first are closed, or what a stranger sends would stay open here. */
static size_t take_descriptors(struct msghdr *header, int *first)
{
    size_t count = 0;

    for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item != NULL;
         item = CMSG_NXTHDR(header, item)) {
        bool rights = item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_RIGHTS;
        size_t bytes = rights && item->cmsg_len > CMSG_LEN(0) ? item->cmsg_len - CMSG_LEN(0) : 0;

        for (size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
            int fd = -1;

            memcpy(&fd, CMSG_DATA(item) + at, sizeof fd);
            if (count++ == 0) {
                *first = fd;
            } else {
                socket_close(fd);
            }
        }
    }
    return count;
}

enum heard message_receive(int channel, struct message *message, int *fd)
{
    struct iovec vector = {.iov_base = message, .iov_len = sizeof *message};
    union control control;
    struct msghdr header = {.msg_iov = &vector,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(channel, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    int taken = -1;

    if (got == -1 && (errno == EAGAIN || errno == EINTR)) {
        return HEARD_NOTHING;
    }
    size_t count = got == -1 ? 0 : take_descriptors(&header, &taken);

    if (got != (ssize_t)sizeof *message || (header.msg_flags & MSG_TRUNC) != 0 || count > 1) {
        socket_close(taken);
        return HEARD_END;
    }
    *fd = taken;
    /* recvmsg(2): not even one had a place here, since too many are open. */
    message->fd_lost = message->fd_lost || (header.msg_flags & MSG_CTRUNC) != 0;
    message->listener[sizeof message->listener - 1] = '\0';
    return HEARD;
}
