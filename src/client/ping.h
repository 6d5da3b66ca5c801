/*
 * ping.h - the mode "ping": a message, its echo, the time between them, again and again.
 *
 * The messages go out by the clock, whether the last one has come back or not.
 */
#ifndef SECHO_PING_H
#define SECHO_PING_H

#include "client/client.h"
#include "client/ping_plan.h"

/* How much is said on stdout. */
enum ping_talk {
    PING_LINES, /* a line for each echo, then the summary */
    PING_QUIET, /* the summary */
    PING_JSON,  /* a JSON object for each echo, then one with the summary */
    PING_JSON_QUIET,
};

struct ping_wishes {
    const char *program; /* its name, in front of what goes to stderr */
    struct ping_plan plan;
    enum ping_talk talk;
    const char *sess_in, *sess_out; /* or NULL; session_files_open() has seen them */
};

/*
 * Does all of it with a client that was made and not opened. Takes SIGINT, SIGTERM and SIGQUIT
 * while it runs. Prints to stdout; nothing more when nobody reads it any longer (ferror).
 *
 *   still_busy  set to true when connections that nobody waits for any more are still being
 *               opened, in threads: then end the process by _exit(2), not exit(3)
 *
 * Returns the exit status: EXIT_PROVEN, EXIT_THRESHOLD, or that of client->failure, which says why.
 */
int ping_run(struct secho_client *client, const struct ping_wishes *wishes, bool *still_busy);

#endif
