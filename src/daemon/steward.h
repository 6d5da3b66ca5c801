/*
 * steward.h - the supervisor's care for the admin process: which socket and settings it has, when
 * it is due, what it asks for. Forks nobody: birth.c does.
 *
 * Whatever happens to the admin process, service goes on: nothing here waits for it.
 */
#ifndef SECHO_STEWARD_H
#define SECHO_STEWARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/message.h"

struct supervisor;

struct steward {
    struct message offered; /* by the leader that loads: MESSAGE_ADMIN */
    int offered_fd;         /* -1: none */
    struct message now;     /* in force */
    int fd;                 /* the listening socket; -1: nobody listens */
    pid_t pid;              /* 0: none */
    int control;            /* to the admin process; -1: none */
    pid_t leaving;          /* one that was told to end; 0: none */
    int64_t leaving_until_ms;
    int64_t born_ms, delay_ms, due_ms;
    uint32_t wanted; /* the last reload that the admin process has asked for */
    uint32_t begun;  /* this one and those before are answered by the reload that runs */
};

void steward_init(struct steward *steward);

/* ---- as generations come and go ---- */

/* A leader hands up what it wants. */
void steward_offer(struct steward *steward, const struct message *message, int fd);

/* It never served: all stays as it was. */
void steward_forget(struct steward *steward);

/* It serves: what it has handed up is in force. */
void steward_settle(struct supervisor *supervisor);

/* A leader is started that reads what is there now: for all who have asked so far. */
void steward_reload_begins(struct steward *steward);

/* It is on the board how that ended: whoever waits is told. */
void steward_reload_ended(struct steward *steward);

/* Nobody is served any more: the admin process ends, too. */
void steward_end(struct steward *steward);

/* The same without patience; and nobody finds the socket any more. */
void steward_done(struct steward *steward);

/* ---- the process ---- */

/* Is one to be born now? */
bool steward_is_due(const struct steward *steward);

/* In how many ms there is something to do; INT64_MAX: never. */
int64_t steward_due_in_ms(const struct steward *steward, int64_t now_ms);

/* One was born (`control` is owned from now on), or could not be: pid -1, and errno is why. */
void steward_born(struct supervisor *supervisor, pid_t pid, int control);

/* Was this process ours? Then another one is due. */
bool steward_buried(struct supervisor *supervisor, pid_t pid, int status);

/* Hears one message: its channel is readable. */
void steward_hear(struct supervisor *supervisor);

/* Kills the one that does not end, where it is time. */
void steward_hurry(struct steward *steward);

#endif
