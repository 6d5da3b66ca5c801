/* posting.h - what a leader puts on the board: what it serves, its workers, what it has to say. */
#ifndef SECHO_POSTING_H
#define SECHO_POSTING_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/board.h"
#include "daemon/crew.h"
#include "server/service.h"

/* Listeners with their real ports, and the certificate of each pair. Once, when all is bound. */
void posting_service(struct board *board, size_t block, const struct service *service);

/*
 * Workers, where anything has changed since the last call; births after the first of a place are
 * added to the restarts of the server.
 *
 *   told     what the last call has put there; at first {0}
 *   leaving  nobody comes in here any more
 */
void posting_crew(struct board *board, size_t block, const struct crew *crew, bool leaving,
                  struct board_crew *told);

/*
 * Adds one more line. The first that has no room, and all after it, are left out; one line "..."
 * says so.
 */
void posting_line(struct board *board, size_t block, const char *line);

#endif
