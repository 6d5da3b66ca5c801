#include "server/addresses.h"

#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "server/counters.h"

#define NOBODY   UINT64_C(0)
#define CHANGING UINT64_C(1)
#define PROBES   128u /* rows in a line that may be an address's */

int addresses_begin(struct addresses *addresses)
{
    return getrandom(&addresses->seed, sizeof addresses->seed, 0) == sizeof addresses->seed ? 0
                                                                                            : -1;
}

/* ---- an address as a number ---- */

/* The first 64 bits of an IPv6 address; the whole of an IPv4 one, where no IPv6 network is. */
static uint64_t network_of(const struct address *peer)
{
    const unsigned char *bytes = peer->ipv6.sin6_addr.s6_addr;
    uint64_t network = 0;
    uint32_t ipv4 = 0;

    if (!address_is_ipv6(peer)) {
        return UINT64_C(1) << 32 | ntohl(peer->ipv4.sin_addr.s_addr);
    }
    if (IN6_IS_ADDR_V4MAPPED(&peer->ipv6.sin6_addr)) {
        memcpy(&ipv4, bytes + 12, sizeof ipv4);
        return UINT64_C(1) << 32 | ntohl(ipv4);
    }
    for (size_t i = 0; i < 8; i++) {
        network = network << 8 | bytes[i];
    }
    return network;
}

/* No two networks have the same key: each step can be undone (the finalizer of SplitMix64). */
static uint64_t key_of(const struct addresses *addresses, const struct address *peer)
{
    uint64_t key = network_of(peer) ^ addresses->seed;

    key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    key = (key ^ key >> 27) * UINT64_C(0x94d049bb133111eb);
    key ^= key >> 31;
    return key <= CHANGING ? CHANGING + 1 : key; /* but for these two, of 2^64 */
}

/* ---- rows: found, or taken from who needs his no more ---- */

uint64_t addresses_open(const struct counters_shared *all, addresses_place place)
{
    uint64_t open = 0;

    for (size_t g = 0; g < COUNTERS_GENERATIONS && place > 0; g++) {
        const struct counters_generation *generation = &all->generations[g];
        uint64_t used = atomic_load(&generation->threads_used);

        for (size_t t = 0; t < used && t < COUNTERS_THREADS; t++) {
            open += atomic_load(&generation->threads[t].addresses[place - 1]);
        }
    }
    return open;
}

struct bucket *addresses_bucket(struct counters_shared *all, addresses_place place)
{
    return &all->addresses.rows[place - 1].handshakes;
}

static bool is_idle(struct counters_shared *all, uint32_t row)
{
    return bucket_is_full(&all->addresses.rows[row].handshakes, clock_now_ns()) &&
           addresses_open(all, row + 1) == 0;
}

/*
 * Makes it the row of `key`. Between our look and our mark somebody may have counted a connection
 * of the old address here: then it stays his. Whoever counts after the mark sees it, and goes.
 */
static bool take_row(struct counters_shared *all, uint32_t row, uint64_t key)
{
    _Atomic uint64_t *owner = &all->addresses.rows[row].key;
    uint64_t before = atomic_load(owner);

    if (before == key) {
        return true; /* somebody else has just taken it, for the same */
    }
    if (before == CHANGING || (before != NOBODY && !is_idle(all, row)) ||
        !atomic_compare_exchange_strong(owner, &before, CHANGING)) {
        return false;
    }
    bool idle = is_idle(all, row);

    atomic_store(owner, idle ? key : before);
    return idle;
}

/* The row of `key`, or ADDRESSES_ROWS when all where it could be are in use. */
static uint32_t find_row(struct counters_shared *all, uint64_t key)
{
    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t row = (uint32_t)(key + i) % ADDRESSES_ROWS;

        if (atomic_load(&all->addresses.rows[row].key) == key) {
            return row;
        }
    }
    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t row = (uint32_t)(key + i) % ADDRESSES_ROWS;

        if (take_row(all, row, key)) {
            return row;
        }
    }
    return ADDRESSES_ROWS;
}

/* ---- connections come and go ---- */

/* Only the thread of the block writes it; the order matters (take_row). */
static void count(struct counters *own, uint32_t row, uint32_t more)
{
    atomic_store(&own->addresses[row], atomic_load(&own->addresses[row]) + more);
}

addresses_place addresses_enter(struct counters_shared *all, struct counters *own,
                                const struct address *peer)
{
    uint64_t key = key_of(&all->addresses, peer);

    atomic_store_explicit(&all->addresses.in_use, true, memory_order_relaxed);
    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t row = find_row(all, key);

        if (row == ADDRESSES_ROWS) {
            break;
        }
        count(own, row, 1);
        if (atomic_load(&all->addresses.rows[row].key) == key) {
            return row + 1;
        }
        count(own, row, UINT32_MAX); /* it changed hands meanwhile: one less */
    }
    return 0;
}

void addresses_leave(struct counters *own, addresses_place place)
{
    if (place > 0) {
        count(own, place - 1, UINT32_MAX);
    }
}

void addresses_bury(struct counters_shared *all, struct counters *dead)
{
    for (size_t row = 0; row < ADDRESSES_ROWS && atomic_load(&all->addresses.in_use); row++) {
        atomic_store_explicit(&dead->addresses[row], 0, memory_order_relaxed);
    }
}
