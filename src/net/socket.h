/*
 * socket.h - socket, bind, listen, accept, connect: the only file that calls them.
 *
 * Every descriptor is non-blocking and close-on-exec.
 */
#ifndef SECHO_SOCKET_H
#define SECHO_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "net/address.h"

/*
 * socket_listen - socket, bind, listen.
 *
 *   address  where; port 0 means any free one. After success it holds the real port.
 *   backlog  how many connections wait in the kernel for accept, 1..65535 (the kernel may cap it)
 *   shared   false: fail when anybody listens there already. true: join the sockets that this
 *            user bound there before with socket_listen (SO_REUSEPORT, socket(7))
 *   fd       set on success; close it with socket_close()
 *
 * "::" serves IPv4 too.
 */
MUST_CHECK int socket_listen(struct address *address, int backlog, bool shared, int *fd,
                             struct secho_error *err);

/*
 * As many may wait at one that listens already, 1..65535; nobody who waits is lost. One that
 * socket_stop() has stopped listens again, if it was bound to a port and not to 0, "any".
 */
void socket_set_backlog(int fd, int backlog);

/*
 * socket_listen() at a path (unix(7)): made with mode 0600, for this user only.
 *
 * What an earlier process has left there is replaced; where somebody answers, or where something
 * else stands, it fails. Whoever has listened removes the path: unlink(2).
 */
MUST_CHECK int socket_listen_path(const char *path, int backlog, int *fd, struct secho_error *err);

/* Is this the socket that stands at that path? */
bool socket_is_path(int fd, const char *path);

/*
 * socket_adopt - takes a listening socket that somebody else has bound and passed to us.
 *
 *   fd       stays open and the caller's, also on failure; from now on as all of ours
 *   address  set on success: where it listens
 *
 * Fails with SECHO_ERR_CONFIG when it is no TCP socket that listens.
 */
MUST_CHECK int socket_adopt(int fd, struct address *address, struct secho_error *err);

/* Would it take who comes? */
bool socket_listens(int fd);

/* Two descriptors, one socket? */
bool socket_is_same(int a, int b);

/* What one try to accept gave. */
enum accepted {
    ACCEPTED,           /* *fd is a connection */
    ACCEPTED_NOTHING,   /* nobody waits any more */
    ACCEPTED_GONE,      /* somebody came and left again: try the next */
    ACCEPTED_STOPPED,   /* socket_stop() was called: nobody will ever come again */
    ACCEPTED_EXHAUSTED, /* no descriptor or no memory: pause, or the loop spins */
};

/* Takes one waiting connection. It inherits TCP_NODELAY from its listener: tcp(7). */
enum accepted socket_accept(int listener, int *fd, struct address *peer);

/*
 * Starts to connect. 0: *fd is connecting (or connected); wait until it can be written to, then
 * ask socket_connect_result().
 */
MUST_CHECK int socket_connect(const struct address *address, int *fd, struct secho_error *err);

/* The same to a path. */
MUST_CHECK int socket_connect_path(const char *path, int *fd, struct secho_error *err);

/* 0 when the connection is there; else -1 and errno is why it is not. */
int socket_connect_result(int fd);

/* What one try to move bytes gave. */
enum moved {
    MOVED,         /* *count bytes, at least 1 */
    MOVED_NOTHING, /* not now: wait for readiness */
    MOVED_END,     /* receiving only: the peer sent FIN */
    MOVED_FAILED,  /* errno is why */
};

enum moved socket_receive(int fd, void *buffer, size_t len, size_t *count);
enum moved socket_send(int fd, const void *data, size_t len, size_t *count); /* no SIGPIPE */

/* The same for what socket_finish() follows at once: they share a segment (MSG_MORE, send(2)). */
enum moved socket_send_last(int fd, const void *data, size_t len, size_t *count);

void socket_finish(int fd); /* sends FIN; receiving goes on */
void socket_stop(int fd);   /* a listener refuses from now on, in every process that has it */
void socket_close(int fd);  /* -1 is fine */

/* The address that a socket is bound to. */
int socket_address(int fd, struct address *out);

#endif
