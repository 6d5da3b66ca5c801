#include "daemon/process.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "daemon/descriptors.h"
#include "daemon/message.h"
#include "daemon/relay.h"
#include "daemon/sandbox.h"
#include "net/socket.h"
#include "net/zone.h"
#include "server/pool.h"
#include "tls/context.h"

struct process {
    const struct process_settings *settings;
    struct log log;
    struct relay relay;
    struct pool pool;
    bool alone;      /* the leader is gone: nothing more to hear */
    bool lines_wait; /* for room on the way to the supervisor */
};

/* ---- birth ---- */

static void keep_what_is_needed(const struct process_settings *settings)
{
    const struct service *service = settings->service;
    size_t count = 0;
    int *keep = malloc((3 + service->listener_count * (service->slot_count + 1)) * sizeof *keep);

    if (keep == NULL) {
        return; /* more descriptors than needed do no harm by themselves */
    }
    keep[count++] = settings->channel;
    keep[count++] = settings->log_writer;
    keep[count++] = settings->lifeline;
    for (size_t i = 0; i < service->listener_count; i++) {
        keep[count++] = context_key_log(service->listeners[i].context);
        for (size_t k = 0; k < service->slot_count; k++) {
            keep[count++] = service->listeners[i].slots[k];
        }
    }
    descriptors_keep(keep, count);
    free(keep);
}

static int start_threads(void *context, struct secho_error *err)
{
    struct process *process = context;
    const struct process_settings *settings = process->settings;
    const struct pool_settings pool = {
        .service = settings->service,
        .log = &process->log,
        .all = settings->counters,
        .generation = settings->generation,
        .first = settings->first,
        .threads = settings->threads,
    };

    zone_learn_all(); /* asking for one later would take a socket */
    return pool_start(&process->pool, &pool, err);
}

static int start(struct process *process, struct secho_error *err)
{
    const struct process_settings *settings = process->settings;
    const struct sandbox sandbox = {
        .role = SANDBOX_WORKER,
        .privilege = settings->privilege,
        .log = &process->log,
        .log_writer = settings->log_writer,
        .denied = &settings->counters->generations[settings->generation]
                       .threads[settings->first]
                       .syscalls_denied,
        .begin = start_threads,
        .context = process,
    };
    const struct message ready = {.type = MESSAGE_READY};

    if (sandbox_enter(&sandbox, err) != 0) {
        return -1;
    }
    (void)message_send(settings->channel, &ready, -1);
    return 0;
}

/* ---- life: the threads serve, this one listens to the leader ---- */

static void refuse(struct process *process, const char *listener)
{
    const struct service *service = process->settings->service;

    for (size_t i = 0; i < service->listener_count; i++) {
        if (strcmp(service->listeners[i].config->name, listener) == 0) {
            pool_refuse(&process->pool, i);
        }
    }
}

static void obey(struct process *process, const struct message *message)
{
    if (message->type == MESSAGE_WATCH || message->type == MESSAGE_UNWATCH) {
        pool_watch(&process->pool, message->slot, message->type == MESSAGE_WATCH);
    } else if (message->type == MESSAGE_REFUSE) {
        refuse(process, message->listener);
    } else if (message->type == MESSAGE_RETIRE) {
        pool_retire(&process->pool);
    } else if (message->type == MESSAGE_DRAIN) {
        pool_drain(&process->pool, WORKER_REFUSES_SLOTS);
    }
}

static void hear(struct process *process)
{
    struct message message;
    int fd;

    switch (message_receive(process->settings->channel, &message, &fd)) {
    case HEARD:
        socket_close(fd);
        obey(process, &message);
        break;
    case HEARD_END: /* the leader died: the next one takes the slots over, nobody says "drain" */
        process->alone = true;
        pool_drain(&process->pool, WORKER_LEAVES_SLOTS);
        break;
    case HEARD_NOTHING:
        break;
    }
}

static void hear_threads(struct process *process)
{
    const struct message left = {.type = MESSAGE_LEFT};

    pool_hear(&process->pool);
    if (process->pool.left == process->pool.count) {
        (void)message_send(process->settings->channel, &left, -1);
    }
}

static void live(struct process *process)
{
    enum { LEADER, THREADS, LOG_WAKE, LOG_ROOM, COUNT };
    struct ratchet *ratchet = process->settings->service->ratchet;
    struct pollfd at[COUNT] = {
        [LEADER] = {.fd = process->settings->channel, .events = POLLIN},
        [THREADS] = {.fd = process->pool.changed, .events = POLLIN},
        [LOG_WAKE] = {.fd = process->relay.wake, .events = POLLIN},
        [LOG_ROOM] = {.fd = process->relay.writer, .events = POLLOUT},
    };

    while (process->pool.ended < process->pool.count) {
        at[LEADER].fd = process->alone ? -1 : process->settings->channel;
        at[LOG_ROOM].fd = process->lines_wait || process->alone ? process->relay.writer : -1;
        at[LOG_ROOM].events = process->lines_wait ? POLLOUT : 0;
        ratchet_step(ratchet, clock_boot_s()); /* also where nobody connects for days */
        if (poll(at, COUNT, (int)ratchet_due_ms(ratchet, clock_boot_s())) == -1) {
            continue;
        }
        if (process->alone && (at[LOG_ROOM].revents & (POLLHUP | POLLERR)) != 0) {
            _exit(EX_OSERR); /* the supervisor is gone, too: nobody would ever end us */
        }
        if (at[LEADER].revents != 0) {
            hear(process);
        }
        if (at[THREADS].revents != 0) {
            hear_threads(process);
        }
        if ((at[LOG_WAKE].revents | at[LOG_ROOM].revents) != 0) {
            process->lines_wait = relay_flush(&process->relay);
        }
    }
}

/* ---- the end ---- */

#define LAST_LINES_MS 1000 /* how long the supervisor may take to read what still waits */

static void flush_log(struct process *process)
{
    struct pollfd room = {.fd = process->relay.writer, .events = POLLOUT};

    while (relay_flush(&process->relay) && poll(&room, 1, LAST_LINES_MS) == 1) {
    }
}

/* The log has it in full; the leader tells who has asked for this. */
static void tell_failure(const struct process *process, const char *why)
{
    struct message failed = {.type = MESSAGE_FAILED};

    log_event(&process->log, SECHO_LEVEL_ERROR, "worker_failed", log_text("why", why));
    (void)snprintf(failed.listener, sizeof failed.listener, "%.*s", (int)sizeof failed.listener - 1,
                   why);
    (void)message_send(process->settings->channel, &failed, -1);
}

int process_run(const struct process_settings *settings)
{
    struct counters *mine =
        &settings->counters->generations[settings->generation].threads[settings->first];
    struct process process = {.settings = settings};
    struct secho_error err = {0};
    int status = EX_OK;

    keep_what_is_needed(settings);
    if (relay_init(&process.relay, settings->log_writer, &mine->log_lost) != 0) {
        return EX_OSERR;
    }
    process.log = (struct log){.shared = &settings->counters->log_level,
                               .format = settings->log_format,
                               .sink = relay_sink,
                               .context = &process.relay};
    if (start(&process, &err) != 0) {
        tell_failure(&process, err.text);
        status = EX_OSERR;
    } else {
        live(&process);
        pool_join(&process.pool);
    }
    flush_log(&process);
    relay_done(&process.relay);
    return status;
}
