/*
 * activation.h - listening sockets that systemd has opened for us: sd_listen_fds(3), no library.
 */
#ifndef SECHO_ACTIVATION_H
#define SECHO_ACTIVATION_H

#include "base/attributes.h"
#include "daemon/shelf.h"

/*
 * Puts what LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say onto the shelf, as lent, and takes these
 * out of the environment. Call it before anything is opened. Without them, or where LISTEN_PID is
 * somebody else, nothing happens.
 *
 * -1: what is passed is not what it should be; told on stderr.
 */
MUST_CHECK int activation_take(struct shelf *shelf);

#endif
