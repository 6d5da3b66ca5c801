/*
 * crew.h - the workers of a generation, as their leader sees them: who lives, who is due to be
 * born, who watches which slot. Forks nobody: generation.c does.
 */
#ifndef SECHO_CREW_H
#define SECHO_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/outbox.h"

#define CREW_MAX 64 /* processes times threads, too */

struct child {
    pid_t pid;   /* 0: none */
    int channel; /* -1: none */
    struct outbox outbox;
    bool ready;     /* its loops run */
    bool was_ready; /* so did those of one in this place, once */
    uint64_t births;
    bool left;                   /* retired: it accepts nobody any more */
    char why[MESSAGE_NAME_SIZE]; /* it cannot serve; "" */
    int64_t born_ms;
    int64_t delay_ms; /* before the next birth */
    int64_t due_ms;   /* when that is */
};

struct crew {
    struct child children[CREW_MAX];
    size_t processes, threads;
    size_t watcher[CREW_MAX]; /* which child watches slot k, or CREW_NOBODY */
};

#define CREW_NOBODY SIZE_MAX

void crew_init(struct crew *crew, size_t processes, size_t threads);

/*
 * A child was forked: `channel` is our end of the line to it, owned by the crew. The first one in a
 * place is a step (base/progress.h), and so is the first that gets ready; those that follow bring
 * nobody further.
 */
void crew_born(struct crew *crew, size_t index, pid_t pid, int channel);

/* It could not be forked, or is dead. It will be due again, later each time that it dies young. */
void crew_postpone(struct crew *crew, size_t index);
void crew_buried(struct crew *crew, size_t index);

/* The child with this pid, or CREW_NOBODY. */
size_t crew_find(const struct crew *crew, pid_t pid);

/* One that is due to be born now, or CREW_NOBODY; and in how many ms the next one is, -1: none. */
size_t crew_due(const struct crew *crew);
int64_t crew_next_birth_ms(const struct crew *crew);

bool crew_is_ready(const struct crew *crew);    /* all of them */
bool crew_has_left(const struct crew *crew);    /* all that live */
bool crew_has_anybody(const struct crew *crew); /* a process that lives */

#define CREW_WHY_SIZE (MESSAGE_NAME_SIZE + 32)

/* Why a child ended, with a status of waitpid(2): its last words or ours. Before it is buried. */
void crew_last_words(struct crew *crew, size_t index, int status, char why[static CREW_WHY_SIZE]);

/* What poll(2) has to look for at the channel of a child, and what to do when it tells something.
 */
short crew_events(const struct crew *crew, size_t index);
void crew_hear(struct crew *crew, size_t index);

/* Nobody waits for a child that does not read. */
void crew_tell_all(struct crew *crew, enum message_type type);
void crew_pass_on(struct crew *crew, const struct message *message); /* to all */

/*
 * Gives each slot to the child that it belongs to, or while that one is away to a sibling. Computed
 * from who is ready, told only where it changes: call it after everything that happens.
 */
void crew_assign_slots(struct crew *crew);

#define CREW_SIGNAL_SIZE 32

/* "SIGKILL" for a status of waitpid(2); "" when it was no signal that ended the process. */
void crew_signal_name(int status, char name[static CREW_SIGNAL_SIZE]);

void crew_kill_all(const struct crew *crew);

#endif
