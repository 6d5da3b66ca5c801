/* service_bind.c - the sockets of a service, and the files that it writes to. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/progress.h"
#include "net/socket.h"
#include "server/service.h"
#include "tls/context.h"
#include "tls/key_log.h"

/* What to do about an address that cannot be had, where there is something to do. */
static const char *advice(int os_errno)
{
    switch (os_errno) {
    case EADDRINUSE:
        return "; another program listens there: choose another port, or stop it";
    case EACCES:
        return "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
    case EADDRNOTAVAIL:
        return "; this machine does not have that address";
    case EAFNOSUPPORT:
        return "; this system has no IPv6: use \"0.0.0.0\"";
    default:
        return "";
    }
}

static int bind_listener(struct listener *listener, size_t slot_count, int backlog,
                         struct secho_error *err)
{
    for (size_t k = 0; k < slot_count; k++) {
        if (listener->slots[k] != -1) {
            (void)socket_address(listener->slots[k], &listener->address);
            continue;
        }
        if (socket_listen(&listener->address, backlog, k > 0, &listener->slots[k], err) != 0) {
            int os_errno = err != NULL ? err->os_errno : 0;

            error_context(err, "listener %s", listener->config->name);
            return error_append(err, "%s", advice(os_errno));
        }
        progress_made();
    }
    return 0;
}

static int open_key_log(const struct listener *listener, struct secho_error *err)
{
    const struct config_listener *config = listener->config;

    if (config->transport != TRANSPORT_TLS || config->tls.key_log[0] == '\0' ||
        context_log_keys(listener->context, config->tls.key_log, err) == 0) {
        return 0;
    }
    return error_context(err, "listener %s: key_log", config->name);
}

int service_bind(struct service *service, struct secho_error *err)
{
    for (size_t i = 0; i < service->listener_count; i++) {
        if (open_key_log(&service->listeners[i], err) != 0) {
            return -1;
        }
        if (bind_listener(&service->listeners[i], service->slot_count,
                          service->config->limits.backlog, err) != 0) {
            return -1;
        }
    }
    return 0;
}

void service_size_queues(const struct service *service)
{
    for (size_t i = 0; i < service->listener_count; i++) {
        for (size_t k = 0; k < service->slot_count && !service->listeners[i].lent; k++) {
            socket_set_backlog(service->listeners[i].slots[k], service->config->limits.backlog);
        }
    }
}

void service_refuse(const struct service *service, size_t slot)
{
    for (size_t i = 0; i < service->listener_count; i++) {
        if (!service->listeners[i].lent) {
            socket_stop(service->listeners[i].slots[slot]);
        }
    }
}
