/* embed.c - the public face: secho_server_start() and secho_server_stop() of <secho/server.h>. */
#include <secho/server.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "server/pool.h"
#include "server/service.h"

struct secho_server {
    struct secho_config *config; /* our share: the caller may free his */
    struct service service;
    struct log log;
    struct counters_shared *counters;
    struct pool pool;
};

static void first_problem(void *context, const char *line)
{
    struct secho_error *err = context;

    if (err->text[0] == '\0') {
        error_set(err, SECHO_ERR_CONFIG, "%s", line);
    }
}

static int prepare(struct secho_server *server, struct secho_error *err)
{
    const struct secho_config *config = server->config;
    struct secho_error problem = {0};

    server->counters = counters_new();
    if (server->counters == NULL) {
        return error_set(err, SECHO_ERR_MEMORY, "no memory for the counters");
    }
    /* One process: its threads are all the workers there are. */
    if (service_load(&server->service, config, (size_t)config->workers.threads, first_problem,
                     &problem) != 0) {
        return error_set(err, SECHO_ERR_CONFIG, "%s", problem.text);
    }
    if (addresses_begin(&server->counters->addresses) != 0) {
        return error_set(err, SECHO_ERR_SYSTEM, "this system gives no random numbers");
    }
    replay_begin(&server->counters->replay, replay_clocks());
    service_watch_replays(&server->service, &server->counters->replay);
    service_count(&server->service, server->counters);
    return service_bind(&server->service, err);
}

static int begin(struct secho_server *server, struct secho_error *err)
{
    size_t threads = server->service.slot_count;
    const struct pool_settings settings = {.service = &server->service,
                                           .log = &server->log,
                                           .all = server->counters,
                                           .threads = threads};

    counters_use(server->counters, 0, threads);
    if (pool_start(&server->pool, &settings, err) != 0) {
        return -1;
    }
    for (size_t slot = 0; slot < threads; slot++) {
        pool_watch(&server->pool, slot, true);
    }
    return 0;
}

static void ignore_line(void *context, const char *line, size_t len)
{
    (void)context, (void)line, (void)len;
}

static void destroy(struct secho_server *server)
{
    service_done(&server->service);
    counters_free(server->counters);
    secho_config_free(server->config);
    free(server);
}

int secho_server_start(const struct secho_config *config, secho_event_fn *on_event, void *context,
                       struct secho_server **out, struct secho_error *err)
{
    struct secho_server *server = calloc(1, sizeof *server);

    if (server == NULL) {
        return error_set(err, SECHO_ERR_MEMORY, "no memory for a server");
    }
    server->config = config_share(config);
    server->log = (struct log){
        .level = config->log.level, .sink = ignore_line, .listener = on_event, .context = context};
    if (prepare(server, err) != 0 || begin(server, err) != 0) {
        destroy(server);
        return -1;
    }
    *out = server;
    return 0;
}

int secho_server_port(const struct secho_server *server, const char *listener)
{
    for (size_t i = 0; i < server->service.listener_count; i++) {
        if (strcmp(server->service.listeners[i].config->name, listener) == 0) {
            return (int)address_port(&server->service.listeners[i].address);
        }
    }
    return -1;
}

void secho_server_stop(struct secho_server *server)
{
    if (server != NULL) {
        pool_drain(&server->pool, WORKER_REFUSES_SLOTS);
        pool_join(&server->pool);
        destroy(server);
    }
}
