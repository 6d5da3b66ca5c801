#include "daemon/announce.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "daemon/descriptors.h"
#include "daemon/handover.h"
#include "daemon/sandbox.h"
#include "daemon/systemd.h"

/* ---- before it serves ---- */

void announce_problem(const struct log *log, bool is_reload, const char *line)
{
    if (is_reload) {
        log_event(log, SECHO_LEVEL_ERROR, "reload_problem", log_text("why", line));
    } else {
        systemd_complain("%s", line);
    }
}

/* Each process has its own descriptors; the kernel spreads connections over them. */
static void check_descriptors(const struct log *log, const struct crew *crew, unsigned long wanted)
{
    unsigned long allowed = descriptors_allow_all() * crew->processes;

    if (wanted > allowed) {
        log_event(log, SECHO_LEVEL_WARN, "few_descriptors", log_number("wanted", wanted),
                  log_number("allowed", allowed),
                  log_text("why", "/limits/connections is more than the system lets this server "
                                  "open: raise the limit (ulimit -n, LimitNOFILE=), or lower it"));
    }
}

/* A socket of systemd's is where systemd says, whatever the configuration does. */
static void check_lent(const struct log *log, const struct listener *listener)
{
    char wanted_text[ADDRESS_TEXT_SIZE], text[ADDRESS_TEXT_SIZE];
    struct address wanted = listener->address;
    unsigned port = (unsigned)listener->config->port;

    port = port == 0 ? address_port(&listener->address) : port;
    (void)address_parse(listener->config->address, port, &wanted);
    address_print(&wanted, wanted_text);
    address_print(&listener->address, text);
    if (listener->lent && strcmp(wanted_text, text) != 0) {
        log_event(log, SECHO_LEVEL_WARN, "socket_differs",
                  log_text("listener", listener->config->name), log_text("configured", wanted_text),
                  log_text("passed", text),
                  log_text("why", "the socket that systemd has passed is used, not the address in "
                                  "the configuration; make ListenStream= and the latter the same"));
    }
}

static void log_warning(void *log, const struct listener *listener, const char *pointer,
                        const char *why)
{
    bool key_log = strstr(pointer, "/key_log") != NULL;

    log_event(log, SECHO_LEVEL_WARN, key_log ? "key_log" : "certificate_warning",
              log_text("listener", listener->config->name), log_text("why", why));
}

void announce_warnings(const struct log *log, const struct service *service,
                       const struct crew *crew)
{
    struct log copy = *log;

    check_descriptors(log, crew, (unsigned long)service->config->limits.connections);
    for (size_t i = 0; i < service->listener_count; i++) {
        check_lent(log, &service->listeners[i]);
    }
    service_warn(service, log_warning, &copy);
}

static void log_change(void *context, const char *pointer, const char *before, const char *after)
{
    const struct log *log = context;

    log_event(log, SECHO_LEVEL_INFO, "changed", log_text("key", pointer), log_text("from", before),
              log_text("to", after));
}

void announce_changes(const struct log *log, int before, const struct secho_config *after)
{
    struct log copy = *log;

    handover_compare(before, after, log_change, &copy);
}

/* ---- it serves ---- */

static void announce_listener(const struct log *log, const struct listener *listener)
{
    char host[ADDRESS_TEXT_SIZE];

    address_print_host(&listener->address, host);
    log_event(log, SECHO_LEVEL_INFO, "ready", log_text("listener", listener->config->name),
              log_text("transport", listener->context != NULL ? "tls" : "tcp"),
              log_text("address", host), log_number("port", address_port(&listener->address)));
}

void announce_serving(const struct log *log, const struct service *service, const struct crew *crew,
                      uint32_t generation)
{
    if (generation == 1) { /* the same for those that follow */
        sandbox_tell(log);
    }
    for (size_t i = 0; i < service->listener_count; i++) {
        announce_listener(log, &service->listeners[i]);
    }
    log_event(log, SECHO_LEVEL_INFO, "serving", log_number("processes", crew->processes),
              log_number("threads", crew->threads), log_number("generation", generation));
}

/* ---- a worker ends ---- */

void announce_exit(const struct log *log, const struct crew *crew, const struct announce_exit *end)
{
    int status = end->status;
    bool done = end->is_meant && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    char signal_name[CREW_SIGNAL_SIZE];

    crew_signal_name(status, signal_name);
    log_event(log, done || (end->is_meant && end->is_last) ? SECHO_LEVEL_INFO : SECHO_LEVEL_ERROR,
              "worker_exit", log_number("worker", end->index),
              log_number("pid", (uint64_t)crew->children[end->index].pid),
              log_text("signal", signal_name),
              log_number("status", WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 0),
              log_number("lost", end->lost),
              log_text("why", done                  ? "drained"
                              : end->is_last        ? "its generation will not serve"
                              : end->is_meant       ? "it did not end as it should"
                              : WIFSIGNALED(status) ? "killed by this signal; it is replaced"
                                                    : "it ended by itself; it is replaced"));
}
