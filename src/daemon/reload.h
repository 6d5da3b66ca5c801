/*
 * reload.h - the account of reloads: when one begins, and how it ended: on the board, in a line of
 * the log and to those who asked for it, once each. The inside of the supervisor.
 *
 * A reload is each time that a leader reads the files of users while the server runs: also one that
 * replaces a leader that died, for which nobody has asked.
 */
#ifndef SECHO_RELOAD_H
#define SECHO_RELOAD_H

#include "daemon/standing.h"
#include "daemon/succession.h"

/*
 * Is a leader to be started now beside the one that serves, since a reload is wanted? True once for
 * each. Where nobody serves the next leader is due at once, and its reload is the one.
 */
bool reload_is_due(struct supervisor *supervisor);

/* A leader is about to read the files: for all who have asked so far. */
void reload_begins(struct supervisor *supervisor);

/* Tells that it went well, where one runs, somebody serves, and nobody else lets anybody in. */
void reload_may_be_over(struct supervisor *supervisor);

/*
 * The one that runs has failed.
 *
 *   reload  with its status and why; what its leader has posted comes first
 *   line    why, for the log
 */
void reload_failed(struct supervisor *supervisor, const struct standing_reload *reload,
                   const char *line);

/* The server ends: the one that runs, or is about to, if there is one, has failed for that. */
void reload_give_up(struct supervisor *supervisor);

#endif
