/*
 * prepare.h - what a leader has before it forks: its configuration with certificates and keys, its
 * sockets, the shared counters, the way to the log.
 */
#ifndef SECHO_PREPARE_H
#define SECHO_PREPARE_H

#include "base/attributes.h"
#include "base/log.h"
#include "daemon/admin_door.h"
#include "daemon/board.h"
#include "daemon/load.h"
#include "daemon/message.h"
#include "daemon/relay.h"
#include "server/counters.h"

struct prepared {
    struct message start; /* what the supervisor has told; without the seed */
    struct load load;
    struct log log;
    struct relay_sender sender; /* where its lines go */
    struct counters_shared *counters;
    struct board *board;
    struct admin_door door;
};

/*
 * Takes over the sockets that an earlier leader had, loads, binds what is new, and hands all of
 * them up to the supervisor. What is wrong is told.
 *
 * Returns an exit status: 0, 78 configuration, 71 system. load_done() in any case.
 */
MUST_CHECK int prepare_all(struct prepared *own, const char *path);

/*
 * Everything is open, and no file will be read any more: the leader becomes the user of its workers
 * (sandbox_lead). Returns an exit status: 0, or 71 when the system said no, which is told.
 */
MUST_CHECK int prepare_step_down(struct prepared *own);

/* All was prepared, and yet it will not serve: tells `why`. Returns 71, to exit with. */
MUST_CHECK int prepare_failed(struct prepared *own, const char *why);

#endif
