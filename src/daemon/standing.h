/* standing.h - what the supervisor puts on the board: who serves, whether we are ready, reloads. */
#ifndef SECHO_STANDING_H
#define SECHO_STANDING_H

#include "daemon/succession.h"

/* The board, for all that will live. 0, or -1 and errno. */
MUST_CHECK int standing_begin(struct supervisor *supervisor);

/* Generations and readiness, where anything has changed: at each turn, and before it is told. */
void standing_tell(struct supervisor *supervisor);

/* What a reload came to. */
struct standing_reload {
    int status;                          /* as in board.h; 0: it went well */
    const struct generation *generation; /* its leader may have said more; NULL: there was none */
    int64_t duration_ms;
    const char *why; /* when nobody else has said it; "" */
};

void standing_reloaded(struct supervisor *supervisor, const struct standing_reload *reload);

/* After a reload that failed what served before cannot serve again: that is told along with it. */
void standing_not_back(struct supervisor *supervisor, const struct standing_reload *reload);

#endif
