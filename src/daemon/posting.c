#include "daemon/posting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tls/certificate.h"
#include "tls/context.h"

static void fit(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

/* ---- what is served ---- */

static size_t post_certificates(struct board *board, size_t block, const struct service *service,
                                size_t listener, size_t next)
{
    const SSL_CTX *context = service->listeners[listener].context;

    for (size_t i = 0; i < context_certificates(context); i++) {
        const X509 *leaf = context_certificate(context, i);
        struct board_certificate entry = {
            .listener = (uint32_t)listener,
            .not_before_s = certificate_seconds(X509_get0_notBefore(leaf)),
            .not_after_s = certificate_seconds(X509_get0_notAfter(leaf)),
        };

        certificate_subject(leaf, entry.subject, sizeof entry.subject);
        certificate_serial(leaf, entry.serial, sizeof entry.serial);
        certificate_names(leaf, entry.names, sizeof entry.names);
        board_write_certificate(board, block, next++, &entry);
    }
    return next;
}

void posting_service(struct board *board, size_t block, const struct service *service)
{
    size_t certificates = 0;

    atomic_store(&board->blocks[block].connections_limit,
                 (uint64_t)service->config->limits.connections);
    for (size_t i = 0; i < service->listener_count && i < BOARD_LISTENERS; i++) {
        const struct listener *listener = &service->listeners[i];
        struct board_listener entry = {.port = address_port(&listener->address)};
        char host[ADDRESS_TEXT_SIZE];

        address_print_host(&listener->address, host);
        fit(entry.name, sizeof entry.name, listener->config->name);
        fit(entry.transport, sizeof entry.transport, listener->context != NULL ? "tls" : "tcp");
        fit(entry.address, sizeof entry.address, host);
        board_write_listener(board, block, i, &entry);
        certificates = post_certificates(board, block, service, i, certificates);
    }
}

/* ---- who works ---- */

static enum board_worker_state state_of(const struct child *child, bool leaving)
{
    return child->pid == 0 ? BOARD_WORKER_AWAY
           : leaving       ? BOARD_WORKER_LEAVES
           : child->ready  ? BOARD_WORKER_SERVES
                           : BOARD_WORKER_STARTS;
}

/* Is anything different? */
static bool post_worker(struct board *board, struct board_worker *told, const struct child *child,
                        bool leaving)
{
    enum board_worker_state state = state_of(child, leaving);
    uint64_t restarts = child->births > 1 ? child->births - 1 : 0;

    if (told->state == state && told->pid == child->pid && told->restarts == restarts) {
        return false;
    }
    (void)atomic_fetch_add(&board->worker_restarts, restarts - told->restarts);
    *told = (struct board_worker){
        .state = state, .pid = child->pid, .since_s = clock_wall_ms() / 1000, .restarts = restarts};
    return true;
}

void posting_crew(struct board *board, size_t block, const struct crew *crew, bool leaving,
                  struct board_crew *told)
{
    bool changed = told->count != crew->processes;

    told->count = (uint32_t)crew->processes;
    for (size_t i = 0; i < crew->processes && i < BOARD_WORKERS; i++) {
        changed |= post_worker(board, &told->workers[i], &crew->children[i], leaving);
    }
    if (changed) {
        board_write_crew(board, block, told);
    }
}

/* ---- what there is to say ---- */

void posting_line(struct board *board, size_t block, const char *line)
{
    static const char rest[] = "...\n";
    struct board_report *report = malloc(sizeof *report);

    if (report == NULL) {
        return; /* the log has it */
    }
    (void)board_read_report(board, block, report);
    size_t used = strlen(report->text), len = strlen(line);
    bool fits = used + len + 1 + sizeof rest <= sizeof report->text;

    if (!report->is_cut) {
        (void)snprintf(report->text + used, sizeof report->text - used, "%s\n",
                       fits ? line : "...");
        report->is_cut = !fits;
        board_write_report(board, block, report);
    }
    free(report);
}
