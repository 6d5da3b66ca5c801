/*
 * stuck.h - processes that live and do nothing are killed: what is said of the dead holds for them
 * from then on, and they are replaced. A leader looks at its workers, the supervisor at leaders,
 * the admin process and workers whose leader is gone.
 */
#ifndef SECHO_STUCK_H
#define SECHO_STUCK_H

#include "daemon/crew.h"
#include "daemon/prepare.h"
#include "daemon/succession.h"
#include "daemon/watchdog.h"
#include "server/counters.h"

/*
 * For the watchdogs: ten seconds, and what may lie between the last turn of a loop and what it has
 * written last. A leader reads files, and its death costs its workers their connections in time.
 */
#define STUCK_WORKER_MS (10000 + COUNTERS_PULSE_MS)
#define STUCK_OTHERS_MS (30000 + COUNTERS_PULSE_MS)

/*
 * Until a leader serves: for so long it may not get on (base/progress.h). While it reads a file it
 * cannot say that it lives. How long all of it takes does not count.
 */
#define STUCK_LOAD_MS 60000

/*
 * Kills workers in which a loop stands still, and says that their leader, which we are, turns. Call
 * it in each turn, when watchdog_wait_ms() has passed at the latest.
 */
void stuck_workers(struct watchdog *watchdog, const struct crew *crew, const struct prepared *own);

/*
 * Kills leaders that stand still once they have workers, those that load and get no further, the
 * admin process, and workers whose leader is gone. In each turn.
 */
void stuck_others(struct supervisor *supervisor);

/* Kills all leaders, and all workers whose leader is gone. Those of who dies now are orphans then.
 */
void stuck_end_all(struct supervisor *supervisor);

#endif
