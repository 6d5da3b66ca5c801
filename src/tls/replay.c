#include "tls/replay.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"

#if ATOMIC_LLONG_LOCK_FREE != 2
#error "processes share these cells: a lock beside them would be each one's own"
#endif

/* The wall clock goes ahead of the other one, or back, by more only when somebody sets it. */
#define DRIFT_MS_MAX INT64_C(1000)

#define PERIOD_BITS 20
#define PERIOD_MASK ((UINT64_C(1) << PERIOD_BITS) - 1)
#define TRIES       8 /* others may take a cell before us so often */

_Static_assert(REPLAY_CELLS == 1u << PERIOD_BITS,
               "a cell has the bits that its place does not say");

/* ---- when nothing is taken ---- */

static void open_at(struct replay *window, int64_t opens_ms)
{
    int64_t before = atomic_load(&window->opens_ms);

    while (before < opens_ms &&
           !atomic_compare_exchange_weak(&window->opens_ms, &before, opens_ms)) {
    }
}

void replay_begin(struct replay *window, struct replay_clocks now)
{
    atomic_store(&window->drift_ms, now.wall_ms - now.even_ms);
    open_at(window, now.even_ms + REPLAY_PERIOD_MS);
}

/*
 * With the wall clock set back by an hour, what was recorded an hour ago is fresh again. First
 * comes the closing, then the note that it is closed: who dies between them has done no harm.
 */
static void look_at_clocks(struct replay *window, struct replay_clocks now)
{
    int64_t drift_ms = now.wall_ms - now.even_ms;
    int64_t known_ms = atomic_load(&window->drift_ms);

    if (drift_ms > known_ms + DRIFT_MS_MAX || drift_ms < known_ms - DRIFT_MS_MAX) {
        open_at(window, now.even_ms + REPLAY_PERIOD_MS);
        (void)atomic_compare_exchange_strong(&window->drift_ms, &known_ms, drift_ms);
    }
}

static bool is_open(struct replay *window, struct replay_clocks now)
{
    look_at_clocks(window, now);
    int64_t opens_ms = atomic_load(&window->opens_ms);

    return opens_ms != 0 && now.even_ms >= opens_ms;
}

/* ---- cells ---- */

static uint64_t period_of(int64_t even_ms)
{
    return (uint64_t)(even_ms / REPLAY_PERIOD_MS) & PERIOD_MASK;
}

/*
 * Written in this period or in the one before; or in the next one, by somebody whose clock was
 * read after ours. The numbers begin again after half a year: what is so old looks new then, and
 * is in the way for a moment.
 */
static bool is_alive(uint64_t cell, uint64_t period)
{
    uint64_t age = (period - cell) & PERIOD_MASK;

    return cell != 0 && (age <= 1 || age == PERIOD_MASK);
}

static uint64_t cell_of(uint64_t tag, uint64_t period)
{
    uint64_t kept = tag >> PERIOD_BITS;

    return (kept != 0 ? kept : 1) << PERIOD_BITS | period; /* 0 would be a free cell */
}

/* The cells of one tag. */
struct street {
    struct replay *window;
    uint64_t mine; /* what is written */
    uint64_t begin, period;
};

static _Atomic uint64_t *cell_at(const struct street *street, uint64_t place)
{
    return &street->window->cells[(street->begin + place) % REPLAY_CELLS];
}

/* How often it is there already; `free` becomes the first free place, or REPLAY_PROBES. */
static unsigned look(const struct street *street, uint64_t *free, uint64_t *free_cell)
{
    unsigned found = 0;

    *free = REPLAY_PROBES;
    for (uint64_t i = 0; i < REPLAY_PROBES; i++) {
        uint64_t cell = atomic_load(cell_at(street, i));
        bool alive = is_alive(cell, street->period);

        if (alive && cell >> PERIOD_BITS == street->mine >> PERIOD_BITS) {
            found++;
        } else if (!alive && *free == REPLAY_PROBES) {
            *free = i;
            *free_cell = cell;
        }
    }
    return found;
}

bool replay_is_first(struct replay *window, uint64_t tag, struct replay_clocks now)
{
    uint64_t period = period_of(now.even_ms);
    const struct street street = {window, cell_of(tag, period), tag % REPLAY_CELLS, period};

    if (!is_open(window, now)) {
        return false;
    }
    for (int i = 0; i < TRIES; i++) {
        uint64_t place = 0, cell = 0;

        if (look(&street, &place, &cell) > 0 || place == REPLAY_PROBES) {
            return false;
        }
        if (atomic_compare_exchange_strong(cell_at(&street, place), &cell, street.mine)) {
            /*
             * Somebody whose clock says another period may have found another place free, at the
             * same time. Both have written before they look again, so one of them sees the other.
             */
            return look(&street, &place, &cell) == 1;
        }
    }
    return false;
}

/* ---- what it is asked about ---- */

struct replay_clocks replay_clocks(void)
{
    return (struct replay_clocks){.even_ms = clock_now_ms(), .wall_ms = clock_wall_ms()};
}

uint64_t replay_tag(const SSL *tls)
{
    uint64_t words[SSL3_RANDOM_SIZE / sizeof(uint64_t)] = {0};

    (void)SSL_get_client_random(tls, (unsigned char *)words, sizeof words);
    return words[0] ^ words[1] ^ words[2] ^ words[3];
}
