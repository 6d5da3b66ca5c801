/* adopt.c - from a pile of descriptors to the slots of listeners. */
#include "daemon/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "config/place.h"
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

/* Whoever has stopped it, now it is wanted; but one that had any port has lost that. */
static bool can_listen(int fd, int backlog)
{
    struct address bound;

    if (!socket_listens(fd) && socket_address(fd, &bound) == 0 && address_port(&bound) != 0) {
        socket_set_backlog(fd, backlog);
    }
    return socket_listens(fd);
}

static void place(struct service *service, struct adopted *adopted)
{
    size_t slot = adopted->message.slot;

    if (!can_listen(adopted->fd, service->config->limits.backlog)) {
        return; /* another one is bound */
    }
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
            progress_made();
        }
    }
    return ratchet_begin(service->ratchet, &adoption->start.seed);
}

/* ---- what is in the way ---- */

struct check {
    const struct adoption *adoption;
    const struct secho_config *config;
    secho_problem_fn *report;
    void *context;
    int problems;
};

/* An address of a socket in TCP, not a path. */
static bool is_in_the_way(int fd, const struct address *wanted, struct address *bound)
{
    return fd != -1 && socket_address(fd, bound) == 0 && bound->any.sa_family != AF_UNIX &&
           address_overlaps(bound, wanted);
}

static bool is_listener_in_the_way(const struct adoption *adoption, const struct address *wanted,
                                   struct address *bound)
{
    for (size_t i = 0; i < adoption->count; i++) {
        if (!adoption->all[i].message.lent && is_in_the_way(adoption->all[i].fd, wanted, bound)) {
            return true;
        }
    }
    return false;
}

static void tell_obstacle(struct check *check, const char *of, const struct address *wanted,
                          const struct address *bound)
{
    char pointer[128], words[3 * ADDRESS_TEXT_SIZE + 160], ours[ADDRESS_TEXT_SIZE],
        theirs[ADDRESS_TEXT_SIZE];

    address_print(wanted, ours);
    address_print(bound, theirs);
    (void)snprintf(pointer, sizeof pointer, "%s/port", of);
    (void)snprintf(words, sizeof words,
                   "%s cannot be had while this server itself listens at %s, which it does until "
                   "the reload is done; choose another port, or restart it for that",
                   ours, theirs);
    config_report(check->config, pointer, words, check->report, check->context);
    check->problems++;
}

static void check_listener(struct check *check, const struct listener *listener)
{
    const struct address *wanted = &listener->address;
    struct address bound;

    if (listener->slots[0] == -1 && listener->config->port != 0 &&
        (is_listener_in_the_way(check->adoption, wanted, &bound) ||
         is_in_the_way(check->adoption->admin, wanted, &bound))) {
        tell_obstacle(check, listener->config->pointer, wanted, &bound);
    }
}

/* Its own socket is taken over where the address is the same: admin_door_open(). */
static void check_admin(struct check *check)
{
    const struct secho_config *config = check->config;
    char ours[ADDRESS_TEXT_SIZE], theirs[ADDRESS_TEXT_SIZE];
    struct address wanted, bound;

    if (!config->admin.present || config->admin.socket[0] != '\0' || config->admin.port == 0 ||
        address_parse(config->admin.address, (unsigned)config->admin.port, &wanted) != 0) {
        return;
    }
    address_print(&wanted, ours);
    if (is_listener_in_the_way(check->adoption, &wanted, &bound)) {
        tell_obstacle(check, "/admin", &wanted, &bound);
    } else if (is_in_the_way(check->adoption->admin, &wanted, &bound)) {
        address_print(&bound, theirs);
        if (strcmp(ours, theirs) != 0) {
            tell_obstacle(check, "/admin", &wanted, &bound);
        }
    }
}

int adopt_check(const struct adoption *adoption, const struct service *service,
                secho_problem_fn *report, void *context)
{
    struct check check = {
        .adoption = adoption, .config = service->config, .report = report, .context = context};

    for (size_t i = 0; i < service->listener_count; i++) {
        check_listener(&check, &service->listeners[i]);
        progress_made();
    }
    check_admin(&check);
    return check.problems == 0 ? 0 : -1;
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
            progress_made();
        }
    }
}
