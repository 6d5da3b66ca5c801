/*
 * deadlines.h - who has waited too long. Each kind has one duration, so that a list in order of
 * time is a queue: joining, moving to the end and leaving cost the same for any number.
 */
#ifndef SECHO_DEADLINES_H
#define SECHO_DEADLINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

enum deadline {
    DEADLINE_NONE,
    DEADLINE_HANDSHAKE, /* from accept to the end of the handshake */
    DEADLINE_IDLE,      /* nothing came in */
    DEADLINE_WRITE,     /* nothing could be sent, although there was something to send */
    DEADLINE_GOODBYE,   /* from our goodbye to the peer's FIN */
    DEADLINE_QUIET,     /* while draining: nothing came in for a moment */
    DEADLINE_AGE,       /* from accept on, whatever it does */
    DEADLINE_KINDS,
};

/* A place in one of the queues. Part of whatever waits. */
struct deadline_entry {
    struct list link;
    int64_t since_ms;
    enum deadline kind;
};

struct deadlines {
    struct list queues[DEADLINE_KINDS];
    int64_t duration_ms[DEADLINE_KINDS]; /* 0: never */
};

void deadlines_init(struct deadlines *deadlines);
void deadlines_entry_init(struct deadline_entry *entry);

/* Starts (again) to wait from `now_ms` on; DEADLINE_NONE, or a kind that never ends: leaves. */
void deadlines_wait(struct deadlines *deadlines, struct deadline_entry *entry, enum deadline kind,
                    int64_t now_ms);

/* In no queue afterwards; fine when it was in none. */
void deadlines_leave(struct deadline_entry *entry);

/* Has its time come? Never for who is in no queue. */
bool deadlines_is_due(const struct deadlines *deadlines, const struct deadline_entry *entry,
                      int64_t now_ms);

/* One whose time has come, or NULL. It stays in its queue. */
struct deadline_entry *deadlines_expired(const struct deadlines *deadlines, int64_t now_ms);

/* When the first one's time comes, or -1 when nobody waits. */
int64_t deadlines_next_ms(const struct deadlines *deadlines);

#endif
