#include "daemon/message.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/socket.h>

int message_channel(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

/* Room for one descriptor, aligned as cmsg(3) wants it. */
union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

static int send_with(int channel, const struct message *message, int fd, int flags)
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
    return sent == (ssize_t)sizeof copy ? 0 : -1;
}

int message_send(int channel, const struct message *message, int fd)
{
    return send_with(channel, message, fd, 0);
}

int message_offer(int channel, const struct message *message, int fd)
{
    return send_with(channel, message, fd, MSG_DONTWAIT);
}

static int take_descriptor(struct msghdr *header)
{
    struct cmsghdr *item = CMSG_FIRSTHDR(header);
    int fd = -1;

    if (item != NULL && item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_RIGHTS &&
        item->cmsg_len == CMSG_LEN(sizeof fd)) {
        memcpy(&fd, CMSG_DATA(item), sizeof fd);
    }
    return fd;
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

    if (got == -1 && (errno == EAGAIN || errno == EINTR)) {
        return HEARD_NOTHING;
    }
    if (got != (ssize_t)sizeof *message) {
        return HEARD_END;
    }
    *fd = take_descriptor(&header);
    message->listener[sizeof message->listener - 1] = '\0';
    return HEARD;
}
