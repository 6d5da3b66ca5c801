/*
 * manager.h - what the supervisor tells the service manager, systemd: ready, reloading, stopping,
 * how it is in plain words, and that it lives.
 */
#ifndef SECHO_MANAGER_H
#define SECHO_MANAGER_H

#include <stdint.h>

#include "daemon/notify.h"

#define MANAGER_LOOK_MS 5000 /* how often the words are looked at while nothing happens */

struct supervisor;

enum manager_state { MANAGER_STARTS, MANAGER_SERVES, MANAGER_RELOADS, MANAGER_STOPS };

struct manager {
    struct notify notify;
    enum manager_state told;    /* what it knows */
    char words[512];            /* the same in words */
    unsigned asked, told_asked; /* reloads by signal: each is answered */
    int64_t due_ms, pet_due_ms; /* when there is something to say, clock_now_ms() */
};

/* From the environment: notify_open(). -1: what is wrong there is told on stderr. */
MUST_CHECK int manager_open(struct manager *manager);

/* Says what has changed. Call it in each turn of the loop, and from nowhere else. */
void manager_tell(struct supervisor *supervisor);

/* In how many ms it is to be called at the latest. */
int64_t manager_wait_ms(const struct manager *manager, int64_t now_ms);

#endif
