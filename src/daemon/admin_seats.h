/*
 * admin_seats.h - who is connected to the admin listener, and for how long already. Those who say
 * nothing, or say it slowly, go: each after a while, and the oldest ones when it gets crowded.
 */
#ifndef SECHO_ADMIN_SEATS_H
#define SECHO_ADMIN_SEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEATS          64           /* connections at a time; more of them wait in the kernel */
#define SEATS_CROWD    (SEATS - 16) /* with more than these the oldest goes */
#define SEATS_GRACE_MS 500          /* who has just come has not had the time to ask yet */

struct seat {
    int fd; /* the library's; -1: nobody sits here */
    int64_t since_ms, until_ms;
    bool is_owed; /* an answer: it goes for its own deadline only */
    bool is_cut;
};

struct seats {
    struct seat all[SEATS];
};

void seats_init(struct seats *seats);

/* A seat for somebody who has come; NULL: there is none. */
struct seat *seats_take(struct seats *seats, int fd, int64_t patience_ms);
void seats_leave(struct seat *seat); /* NULL is fine */

/* From now on it has this long; NULL is fine. */
void seats_sit(struct seat *seat, int64_t patience_ms);

/*
 * It waits for somebody else than itself: no deadline until seats_sit(), and no crowd drives it
 * away until seats_settle(), when its answer is out. NULL is fine.
 */
void seats_owe(struct seat *seat);
void seats_settle(struct seat *seat, int64_t patience_ms);

/* How many sit there and were not told to go. */
size_t seats_count(const struct seats *seats);

/* Ends the connections of those whose time is over, and of the oldest in a crowd (shutdown(2)). */
void seats_make_room(struct seats *seats);

#endif
