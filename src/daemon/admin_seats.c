#include "daemon/admin_seats.h"

#include "base/clock.h"
#include "net/socket.h"

void seats_init(struct seats *seats)
{
    for (size_t i = 0; i < SEATS; i++) {
        seats->all[i] = (struct seat){.fd = -1};
    }
}

struct seat *seats_take(struct seats *seats, int fd, int64_t patience_ms)
{
    for (size_t i = 0; i < SEATS; i++) {
        struct seat *seat = &seats->all[i];

        if (seat->fd == -1) {
            *seat = (struct seat){.fd = fd};
            seats_sit(seat, patience_ms);
            return seat;
        }
    }
    return NULL;
}

void seats_leave(struct seat *seat)
{
    if (seat != NULL) {
        seat->fd = -1;
    }
}

void seats_sit(struct seat *seat, int64_t patience_ms)
{
    if (seat != NULL) {
        seat->since_ms = clock_now_ms();
        seat->until_ms = seat->since_ms + patience_ms;
    }
}

void seats_owe(struct seat *seat)
{
    if (seat != NULL) {
        seat->is_owed = true;
        seat->until_ms = INT64_MAX;
    }
}

void seats_settle(struct seat *seat, int64_t patience_ms)
{
    if (seat != NULL) {
        seat->is_owed = false;
        seats_sit(seat, patience_ms);
    }
}

static bool is_there(const struct seat *seat)
{
    return seat->fd != -1 && !seat->is_cut;
}

size_t seats_count(const struct seats *seats)
{
    size_t count = 0;

    for (size_t i = 0; i < SEATS; i++) {
        count += is_there(&seats->all[i]);
    }
    return count;
}

static void cut(struct seat *seat)
{
    seat->is_cut = true;
    socket_stop(seat->fd); /* the library sees the end of it */
}

/* NULL: all of them are owed an answer, or have just come. */
static struct seat *oldest(struct seats *seats, int64_t now_ms)
{
    struct seat *found = NULL;

    for (size_t i = 0; i < SEATS; i++) {
        struct seat *seat = &seats->all[i];

        if (is_there(seat) && !seat->is_owed && now_ms - seat->since_ms >= SEATS_GRACE_MS &&
            (found == NULL || seat->since_ms < found->since_ms)) {
            found = seat;
        }
    }
    return found;
}

void seats_make_room(struct seats *seats)
{
    int64_t now_ms = clock_now_ms();
    struct seat *seat;

    for (size_t i = 0; i < SEATS; i++) {
        seat = &seats->all[i];
        if (is_there(seat) && now_ms >= seat->until_ms) {
            cut(seat);
        }
    }
    while (seats_count(seats) > SEATS_CROWD && (seat = oldest(seats, now_ms)) != NULL) {
        cut(seat);
    }
}
