/*
 * generations.h - all generations that live, as the supervisor sees them: one serves, one may be
 * loading, older ones retire. Forks nobody: supervisor.c does.
 */
#ifndef SECHO_GENERATIONS_H
#define SECHO_GENERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/message.h"
#include "daemon/outbox.h"
#include "server/counters.h"

enum generation_state {
    GENERATION_FREE,    /* nobody */
    GENERATION_LOADS,   /* a leader that does not serve yet */
    GENERATION_SERVES,  /* the one that accepts */
    GENERATION_RETIRES, /* a newer one accepts; its connections end in their own time */
    GENERATION_DRAINS,  /* its connections are told to end, or its leader died */
};

struct generation {
    enum generation_state state;
    uint32_t number; /* counts on: the oldest has the lowest */
    pid_t leader;    /* 0: none any more */
    int control;     /* to the leader; -1: none */
    struct outbox outbox;
    int lifeline; /* ends with the last process of the generation; -1: it has */
    int64_t born_ms;
    bool leaves;            /* it retires, and somebody who comes may still get to it */
    bool is_given_up;       /* it was to load; of its end nothing is told any more */
    const char *killed_for; /* why we have killed its leader; NULL: we have not */
};

struct generations {
    struct generation all[COUNTERS_GENERATIONS]; /* the index is the block of the counters */
    uint32_t last;                               /* the number of the latest one */
};

void generations_init(struct generations *generations);

/* The oldest one in this state, or NULL. */
struct generation *generations_in(struct generations *generations, enum generation_state state);

/* Whose leader has this pid, or NULL. */
struct generation *generations_of(struct generations *generations, pid_t leader);

/* Is anybody there? */
bool generations_live(const struct generations *generations);

/* Does one leave that has not left yet? */
bool generations_leave(const struct generations *generations);

/* A place for a new one with the next number, state LOADS; NULL: too many live. */
struct generation *generations_add(struct generations *generations);

/* Tells its leader, if it has one, and never waits for it. `fd` -1: no descriptor rides along. */
void generation_tell(struct generation *generation, const struct message *message, int fd);
void generation_say(struct generation *generation, enum message_type type);
void generations_say(struct generations *generations, enum message_type type);

/* Nothing more is heard of its leader, or told to it. */
void generation_hang_up(struct generation *generation);

/*
 * Frees the places of those of whom no process is left, and buries their counters: what a worker
 * that died after its leader had open is lost.
 */
void generations_bury(struct generations *generations, struct counters_shared *counters);

#endif
