/*
 * admin.h - the admin process: HTTP for administrators, metrics and health checks.
 *
 * A program of its own, as a leader is. It has no key and sees no byte of a peer: a listening
 * socket, the shared counters and the board to read, a line to the supervisor.
 */
#ifndef SECHO_ADMIN_H
#define SECHO_ADMIN_H

#include <stdbool.h>

/* What it finds open when it is executed. */
enum {
    ADMIN_CONTROL = 3,
    ADMIN_LOG = 4,
    ADMIN_COUNTERS = 5,
    ADMIN_BOARD = 6,
    ADMIN_LISTENER = 7,
    ADMIN_FDS = 5
};

#define ADMIN_TITLE "secho-server: admin"

/* Whether this process was executed by a supervisor to be that. */
bool admin_is_meant(char **argv);

/* The version of the library that speaks HTTP, or why it cannot be loaded. */
const char *admin_library(void);

/* All of it. Returns the exit status: 0 told to end, 71 the system said no. */
int admin_main(void);

#endif
