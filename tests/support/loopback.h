/* loopback.h - real sockets of this machine, on ports that the kernel chooses. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <stdbool.h>

#include "net/address.h"

int loopback_listen(struct address *address); /* 127.0.0.1; `address` gets the port */

/* Connects and waits for it. Returns the descriptor, or -1 and errno. */
int loopback_connect(const struct address *address);

/* Waits (seconds, if need be) for POLLIN or POLLOUT. */
bool loopback_wait(int fd, short events);

#endif
