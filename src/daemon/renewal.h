/* renewal.h - which certificates a reload has brought that were not served before. */
#ifndef SECHO_RENEWAL_H
#define SECHO_RENEWAL_H

#include <stddef.h>

#include "base/log.h"
#include "daemon/board.h"

/*
 * Tells the log, and the report of the generation, of each certificate in its block that the one
 * that serves now does not have on the listener of that name. Nobody serves yet: nothing is told.
 */
void renewal_tell(const struct log *log, struct board *board, size_t block);

#endif
