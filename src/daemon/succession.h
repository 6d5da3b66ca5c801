/*
 * succession.h - a leader serves, and the one before it retires; a leader ends, and another one
 * is due. The inside of the supervisor, with supervisor.c, which forks and hears signals.
 */
#ifndef SECHO_SUCCESSION_H
#define SECHO_SUCCESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/board.h"
#include "daemon/generations.h"
#include "daemon/manager.h"
#include "daemon/scribe.h"
#include "daemon/shelf.h"
#include "daemon/steward.h"
#include "daemon/watchdog.h"
#include "server/counters.h"

#define SUCCESSION_WHY_SIZE 160

struct supervisor {
    char *config_path;
    struct log log;
    struct scribe *scribe; /* never freed while its thread may write */
    int log_writer;
    int counters_fd;
    struct counters_shared *counters;
    int board_fd;
    struct board *board;
    struct board_server standing; /* what the board says of us */
    struct shelf shelf;           /* the listening sockets */
    struct ratchet_seed seed;     /* of the ticket keys */
    struct generations generations;
    struct steward steward; /* of the admin process */
    bool falls_back;        /* the next leader takes config_fd, since the file was of no use: */
    int fell_for;           /* exit status of the leader that tried that */
    char fell_because[SUCCESSION_WHY_SIZE];
    int config_fd;         /* the configuration that serves, for the next leader; -1: none yet */
    int offered_config_fd; /* that of the leader that loads; -1: it is not so far */
    bool is_served;        /* a leader has served: from now on a dead one is replaced */
    bool wants_reload;     /* somebody has asked for one that has not begun */
    bool reload_is_asked;  /* the one that runs, or is about to, was asked for */
    bool reload_runs;      /* a leader reads the files, or has; how it ended is not told yet */
    bool draining;
    bool is_told_to_drain;
    int64_t drain_began_ms;
    int64_t drain_delay_ms; /* timeouts.drain_delay of the one that serves */
    int64_t delay_ms, due_ms;
    char reload_failed[CLOCK_TEXT_SIZE]; /* when the last one did; "": it did not */
    struct manager manager;              /* what systemd is told */
    struct watchdog watchdog;            /* over leaders and the admin process */
    struct watchdog patience;            /* with leaders that load */
    struct watchdog orphans;             /* over workers whose leader is gone */
    int status;
};

/* Hears one message of a leader whose channel is readable. */
void succession_hear(struct supervisor *supervisor, struct generation *generation);

/* Its leader has ended with this status of waitpid(2). */
void succession_end(struct supervisor *supervisor, struct generation *generation, int status);

/*
 * It could not be forked; it has no place any more. Before anybody has served that ends the server,
 * later another one is due.
 */
void succession_not_born(struct supervisor *supervisor, int os_errno);

/* The server is to end: a leader that loads is killed, and its reload, if it is one, has failed. */
void succession_cancel(struct supervisor *supervisor);

#endif
