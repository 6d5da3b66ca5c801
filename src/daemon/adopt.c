/* adopt.c - from a pile of descriptors to the slots of listeners. */
#include "daemon/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/socket.h"

/* ---- receive ---- */

static int receive_next(struct adoption *adoption, int channel, bool *complete)
{
    struct pollfd control = {.fd = channel, .events = POLLIN};
    struct message message;
    int fd = -1;

    (void)poll(&control, 1, -1);
    switch (message_receive(channel, &message, &fd)) {
    case HEARD_NOTHING:
        return 0;
    case HEARD_END:
        return -1;
    case HEARD:
        break;
    }
    adoption->lacks = adoption->lacks || message.fd_lost;
    if (message.type == MESSAGE_START) {
        adoption->start = message;
        OPENSSL_cleanse(&message.seed, sizeof message.seed);
        adoption->config = fd;
        *complete = true;
        return 0;
    }
    if (message.type == MESSAGE_ADMIN) {
        socket_close(adoption->admin);
        adoption->admin = fd;
        return 0;
    }
    if (message.type != MESSAGE_SOCKET || fd == -1) {
        socket_close(fd);
        return 0;
    }
    struct adopted *grown = realloc(adoption->all, (adoption->count + 1) * sizeof *adoption->all);

    if (grown == NULL) {
        socket_close(fd);
        return -1;
    }
    adoption->all = grown;
    adoption->all[adoption->count++] = (struct adopted){.message = message, .fd = fd};
    return 0;
}

int adopt_receive(struct adoption *adoption, int channel)
{
    bool complete = false;

    while (!complete) {
        if (receive_next(adoption, channel, &complete) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- place ---- */

/*
 * A socket fits where its address is wanted, under whatever name. With port 0 any port will do that
 * the listener of this name had.
 */
static bool fits(const struct listener *listener, const struct adopted *adopted)
{
    char ours[ADDRESS_TEXT_SIZE], theirs[ADDRESS_TEXT_SIZE];
    struct address bound;

    if (socket_address(adopted->fd, &bound) != 0) {
        return false;
    }
    address_print_host(&listener->address, ours);
    address_print_host(&bound, theirs);
    return strcmp(ours, theirs) == 0 &&
           (listener->config->port == 0
                ? strcmp(listener->config->name, adopted->message.listener) == 0
                : address_port(&bound) == (unsigned)listener->config->port);
}

static struct listener *lent_to(struct service *service, const struct adopted *adopted)
{
    for (size_t i = 0; i < service->listener_count; i++) {
        if (strcmp(service->listeners[i].config->name, adopted->message.listener) == 0) {
            return &service->listeners[i];
        }
    }
    for (size_t i = 0; i < service->listener_count; i++) {
        if (fits(&service->listeners[i], adopted)) {
            return &service->listeners[i];
        }
    }
    return NULL;
}

/*
 * A descriptor of the one socket for each slot: everybody watches it, and who comes first takes who
 * waits. The others wake for nothing; what that costs is in src/README.md, MEASURED.
 */
static int fill(struct listener *listener, size_t slot_count, int fd)
{
    listener->lent = true;
    for (size_t k = 0; k < slot_count; k++) {
        listener->slots[k] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (listener->slots[k] == -1) {
            return -1;
        }
    }
    return 0;
}

static int place_lent(struct service *service, const struct adopted *adopted, char *why,
                      size_t size)
{
    struct listener *listener = lent_to(service, adopted);
    char where[ADDRESS_TEXT_SIZE] = "";
    struct address bound;

    if (socket_address(adopted->fd, &bound) == 0) {
        address_print(&bound, where);
    }
    if (listener == NULL) {
        (void)snprintf(why, size,
                       "systemd has passed the socket \"%s\" at %s, and no listener wants it: give "
                       "it the name of one (FileDescriptorName=), or one its address and port",
                       adopted->message.listener, where);
        return -1;
    }
    if (listener->lent) {
        (void)snprintf(why, size,
                       "systemd has passed more than one socket for listener %s, the second one at "
                       "%s: a listener has one",
                       listener->config->name, where);
        return -1;
    }
    if (fill(listener, service->slot_count, adopted->fd) != 0) {
        (void)snprintf(why, size, "listener %s: %s", listener->config->name, strerror(errno));
        return -1;
    }
    return 0;
}

int adopt_lent(struct adoption *adoption, struct service *service, secho_problem_fn *report,
               void *context)
{
    int problems = 0;

    for (size_t i = 0; i < adoption->count; i++) {
        char why[512];

        if (adoption->all[i].message.lent &&
            place_lent(service, &adoption->all[i], why, sizeof why) != 0) {
            report(context, why);
            problems++;
        }
    }
    return problems == 0 ? 0 : -1;
}

static void place(struct service *service, struct adopted *adopted)
{
    size_t slot = adopted->message.slot;

    for (size_t i = 0; i < service->listener_count; i++) {
        struct listener *listener = &service->listeners[i];

        if (slot < service->slot_count && listener->slots[slot] == -1 && fits(listener, adopted)) {
            listener->slots[slot] = adopted->fd;
            adopted->fd = -1; /* the service owns it now */
            return;
        }
    }
}

int adopt_place(struct adoption *adoption, struct service *service)
{
    for (size_t i = 0; i < adoption->count; i++) {
        if (!adoption->all[i].message.lent) {
            place(service, &adoption->all[i]);
        }
    }
    return ratchet_begin(service->ratchet, &adoption->start.seed);
}

void adopt_done(struct adoption *adoption)
{
    for (size_t i = 0; i < adoption->count; i++) {
        socket_close(adoption->all[i].fd);
    }
    socket_close(adoption->admin);
    socket_close(adoption->config);
    free(adoption->all);
    OPENSSL_cleanse(&adoption->start.seed, sizeof adoption->start.seed);
    *adoption = (struct adoption){.admin = -1, .config = -1};
}

/* ---- and back ---- */

void adopt_hand_up(const struct service *service, int channel)
{
    for (size_t i = 0; i < service->listener_count; i++) {
        const struct listener *listener = &service->listeners[i];
        size_t sockets = listener->lent ? 1 : service->slot_count;

        for (size_t k = 0; k < sockets; k++) {
            struct message message = {
                .type = MESSAGE_SOCKET, .slot = (uint32_t)k, .lent = listener->lent};

            (void)snprintf(message.listener, sizeof message.listener, "%s", listener->config->name);
            (void)message_send(channel, &message, listener->slots[k]);
        }
    }
}
