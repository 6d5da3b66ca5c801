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
 *   config    shared: it may be freed with secho_config_free() at once or whenever you like
 *   on_event  hears, in the server's threads, what the log of secho-server says at the level that
 *             is configured; may be NULL
 *   context   handed to on_event; must stay until secho_server_stop() has returned
 *   out       set on success only; end it with secho_server_stop()
 *   err       SECHO_ERR_CONFIG: a certificate, key or setting is of no use (the first problem);
 *             SECHO_ERR_SYSTEM: a port or a thread cannot be had; SECHO_ERR_MEMORY
 *
 * Serves in `workers.threads` threads of this process; `workers.processes` and `user` belong to
 * secho-server and mean nothing here. When it returns, clients can connect. On failure nothing is
 * left running or open. Thread: any.
 */
SECHO_API int secho_server_start(const struct secho_config *config, secho_event_fn *on_event,
                                 void *context, struct secho_server **out, struct secho_error *err);

/*
 * The port 1..65535 that the listener with this name (/listeners/N/name; "listener-N" without one)
 * is bound to: the real one where 0 was asked for. -1: there is no such listener. Thread: any.
 */
SECHO_API int secho_server_port(const struct secho_server *server, const char *listener);

/*
 * Drains and frees: no new connections, what was received is echoed, every peer gets
 * close_notify, at the latest after `timeouts.drain`. Blocks until its threads have ended, so not
 * from within on_event. Call it once, from any thread. NULL is fine.
 */
SECHO_API void secho_server_stop(struct secho_server *server);

SECHO_END_DECLS

#endif
