/* server.h - an echo server in threads of your program. */
#ifndef SECHO_SERVER_H
#define SECHO_SERVER_H

#include <secho/config.h>
#include <secho/error.h>
#include <secho/event.h>
#include <secho/export.h>

SECHO_BEGIN_DECLS

struct secho_server;

/*
 * secho_server_start - bind every listener, load every certificate, and serve.
 *
 *   config    must stay until secho_server_stop()
 *   on_event  hears what the log of secho-server says; may be NULL
 *   context   handed to on_event
 *   out       set on success only; end it with secho_server_stop()
 *
 * Serves in `workers.threads` threads of this process; `workers.processes` and `user` belong to
 * secho-server and mean nothing here. Returns when all of them accept connections.
 */
SECHO_API int secho_server_start(const struct secho_config *config, secho_event_fn *on_event,
                                 void *context, struct secho_server **out, struct secho_error *err);

/* The port that a listener is bound to (the real one where 0 was asked for), or -1. */
SECHO_API int secho_server_port(const struct secho_server *server, const char *listener);

/*
 * Drains and frees: no new connections, what was received is echoed, every peer gets
 * close_notify, at the latest after `timeouts.drain`. NULL is fine.
 */
SECHO_API void secho_server_stop(struct secho_server *server);

SECHO_END_DECLS

#endif
