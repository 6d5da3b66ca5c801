/*
 * watchdog.h - who stands still: several that say when they have turned, and one that looks.
 *
 * What is counted is the time of whoever looks: when it was halted itself, or the machine slept,
 * one late look counts for no more than two, so that everybody gets the time to turn again.
 */
#ifndef SECHO_WATCHDOG_H
#define SECHO_WATCHDOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCHDOG_LOOK_MS 2000 /* between two looks */
#define WATCHDOG_MAX     64

struct watchdog {
    int64_t stuck_ms;  /* nobody should stand still for so long; set it before the first look */
    int64_t looked_ms; /* clock_now_ms(); 0: not yet */
    int64_t step_ms;   /* what this look counts for */
    struct {
        int64_t turned_ms; /* what it has said last */
        int64_t still_ms;  /* for how long it has said nothing else */
    } of[WATCHDOG_MAX];
};

/* In how many ms the next look is due. */
int64_t watchdog_wait_ms(const struct watchdog *watchdog, int64_t now_ms);

/* Is it time to look? Then ask for each with watchdog_sees_stuck(). */
bool watchdog_looks(struct watchdog *watchdog, int64_t now_ms);

/*
 * Has it been the same for stuck_ms? True once; then it is counted anew.
 *
 *   index      0..WATCHDOG_MAX-1
 *   turned_ms  when it says that it has turned; 0: it is not there, and not stuck
 */
bool watchdog_sees_stuck(struct watchdog *watchdog, size_t index, int64_t turned_ms);

#endif
