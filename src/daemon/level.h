/*
 * level.h - the level of the log changes while the server runs, and the log says so.
 *
 * The event `log_level` is written whatever the level: who reads a log has to know what is missing
 * from it, and since when.
 */
#ifndef SECHO_LEVEL_H
#define SECHO_LEVEL_H

#include "base/log.h"

/* Somebody wants another level: for all processes of all generations, from their next event on. */
void level_change(const struct log *log, struct log_level *shared, enum secho_level level);

/*
 * The leader of a new configuration, when it serves: its level is in force, unless the last
 * configuration had the same one and somebody has changed it since (log_level_follow()). From now
 * on `log` itself follows `shared`.
 */
void level_follow(struct log *log, struct log_level *shared, enum secho_level file);

#endif
