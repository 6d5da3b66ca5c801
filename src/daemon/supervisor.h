/*
 * supervisor.h - what outlives everything else: sockets, signals, shared counters, the log.
 *
 * Has no private key, sees no byte of a peer, and runs no TLS.
 */
#ifndef SECHO_SUPERVISOR_H
#define SECHO_SUPERVISOR_H

/*
 * Serves until a signal ends it (secho-server(8), SIGNALS). Returns the exit status: 0 drained,
 * 1 ended at once by a second signal, 71 the system said no, 78 configuration or certificate.
 *
 *   config_path  of secho.json; for each leader that is executed: execve(2) takes no const
 */
int supervisor_run(char *config_path);

#endif
