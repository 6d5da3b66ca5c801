/*
 * floor.c - the smallest echo there is: epoll, TCP, no TLS. Nothing that encrypts can cost less.
 *
 *     floor PORT [WORKERS]
 *
 * Each worker is a process with its own SO_REUSEPORT socket. It is also the plain server that
 * stands behind the proxies of the comparison.
 */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define INPUT_SIZE  (256 * 1024)
#define EVENTS_MAX  256
#define WORKERS_MAX 64

/* One connection. What the kernel did not take waits in `left`; meanwhile nothing is read. */
struct peer {
    int fd;
    char *left;
    size_t left_size;
};

static char input[INPUT_SIZE]; /* shared by all connections of a worker: each empties it at once */

static void die(const char *what)
{
    perror(what);
    exit(71);
}

static int open_listener(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
        die("socket");
    }
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        die("bind");
    }
    if (listen(fd, 4096) != 0) {
        die("listen");
    }
    return fd;
}

static void watch(int epoll, int operation, int fd, uint32_t events, void *whose)
{
    struct epoll_event event = {.events = events, .data.ptr = whose};

    if (epoll_ctl(epoll, operation, fd, &event) != 0) {
        die("epoll_ctl");
    }
}

static void accept_all(int epoll, int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct peer *peer = calloc(1, sizeof *peer);
        int on = 1;

        if (peer == NULL || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
            die("a new connection");
        }
        peer->fd = fd;
        watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, peer);
    }
}

static void end_peer(struct peer *peer)
{
    close(peer->fd); /* epoll forgets it with its last descriptor, epoll(7) */
    free(peer->left);
    free(peer);
}

/* How much of it the kernel took, or -1 when the connection is over. */
static ssize_t give(int fd, const char *data, size_t size)
{
    ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

    return sent < 0 && errno == EAGAIN ? 0 : sent;
}

/* Returns 0, or -1 when the connection is over. */
static int echo(int epoll, struct peer *peer)
{
    ssize_t got = recv(peer->fd, input, sizeof input, 0);
    ssize_t sent;

    if (got <= 0) {
        return got < 0 && errno == EAGAIN ? 0 : -1;
    }
    sent = give(peer->fd, input, (size_t)got);
    if (sent < 0 || sent == got) {
        return sent < 0 ? -1 : 0;
    }
    peer->left_size = (size_t)(got - sent);
    peer->left = malloc(peer->left_size);
    if (peer->left == NULL) {
        die("malloc");
    }
    memcpy(peer->left, input + sent, peer->left_size);
    watch(epoll, EPOLL_CTL_MOD, peer->fd, EPOLLOUT, peer);
    return 0;
}

/* Returns 0, or -1 when the connection is over. */
static int give_what_is_left(int epoll, struct peer *peer)
{
    ssize_t sent = give(peer->fd, peer->left, peer->left_size);

    if (sent < 0) {
        return -1;
    }
    peer->left_size -= (size_t)sent;
    memmove(peer->left, peer->left + sent, peer->left_size);
    if (peer->left_size == 0) {
        free(peer->left);
        peer->left = NULL;
        watch(epoll, EPOLL_CTL_MOD, peer->fd, EPOLLIN, peer);
    }
    return 0;
}

static void serve(int listener)
{
    struct epoll_event events[EVENTS_MAX];
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    if (epoll < 0) {
        die("epoll_create1");
    }
    watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);

        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;

            if (peer == NULL) {
                accept_all(epoll, listener);
            } else if ((peer->left != NULL ? give_what_is_left : echo)(epoll, peer) != 0) {
                end_peer(peer);
            }
        }
    }
}

static int number(const char *text, int low, int high)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < low || value > high) {
        fprintf(stderr, "floor: %s is not a number from %d to %d\n", text, low, high);
        exit(64);
    }
    return (int)value;
}

int main(int argc, char **argv)
{
    int port, workers;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: floor PORT [WORKERS]\n");
        return 64;
    }
    port = number(argv[1], 1, 65535);
    workers = argc == 3 ? number(argv[2], 1, WORKERS_MAX) : 1;
    /* Each worker opens its own socket: the kernel shares the connections out among them. */
    for (int i = 1; i < workers; i++) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            break;
        }
    }
    serve(open_listener(port));
}
