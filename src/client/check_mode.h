/*
 * check_mode.h - the mode "check" as a person asks for it: the check, what is said of it, more
 * connections (--resume), session files.
 */
#ifndef SECHO_CHECK_MODE_H
#define SECHO_CHECK_MODE_H

#include <stdbool.h>

#include "client/client.h"

struct check_wishes {
    const char *program; /* its name, in front of what goes to stderr */
    bool json, quiet;
    int again;                      /* so many connections more; 0: none */
    const char *sess_in, *sess_out; /* or NULL; session_files_open() has seen them */
};

/*
 * Does all of it with a client that was made and not opened; the result is on stdout afterwards. 0
 * when all that was asked for is proven; else -1 and client->failure says why.
 */
int check_mode(struct secho_client *client, const struct check_wishes *wishes);

#endif
