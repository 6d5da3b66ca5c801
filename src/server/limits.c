#include "server/limits.h"

#include "base/clock.h"

bool limits_is_full(const struct limits *limits)
{
    int most = limits->config->limits.connections;

    return most > 0 && counters_open(limits->all) >= (uint64_t)most;
}

bool limits_is_busy(const struct limits *limits)
{
    uint64_t most = (uint64_t)limits->config->limits.handshakes_in_flight;
    uint64_t share = most / limits->workers > 0 ? most / limits->workers : 1;
    uint64_t over = atomic_load_explicit(&limits->own->handshakes_over, memory_order_relaxed);
    uint64_t begun = atomic_load_explicit(&limits->own->handshakes_begun, memory_order_relaxed);

    return most > 0 && begun - over >= share;
}

/* ---- at the door ---- */

static bool needs_place(const struct limits *limits, bool shakes)
{
    return limits->config->limits.connections_per_address > 0 ||
           (shakes && limits->config->limits.handshakes_per_second_per_address > 0);
}

static bool are_too_many(const struct limits *limits, addresses_place address)
{
    int most = limits->config->limits.connections_per_address;

    return address > 0 && most > 0 && addresses_open(limits->all, address) > (uint64_t)most;
}

static bool are_too_fast(const struct limits *limits, addresses_place address)
{
    int most = limits->config->limits.handshakes_per_second_per_address;

    return address > 0 && most > 0 &&
           !bucket_take(addresses_bucket(limits->all, address), most, clock_now_ns());
}

static bool are_all_too_fast(const struct limits *limits)
{
    int most = limits->config->limits.handshakes_per_second;

    return most > 0 && !bucket_take(&limits->all->handshakes, most, clock_now_ns());
}

enum ending_cause limits_enter(const struct limits *limits, const struct address *peer, bool shakes,
                               struct limits_place *place, int64_t *limit)
{
    enum ending_cause cause = ENDING_NONE;

    if (needs_place(limits, shakes)) {
        place->address = addresses_enter(limits->all, limits->own, peer);
    }
    if (are_too_many(limits, place->address)) {
        cause = ENDING_LIMIT_ADDRESS;
        *limit = limits->config->limits.connections_per_address;
    } else if (shakes && are_too_fast(limits, place->address)) {
        cause = ENDING_LIMIT_ADDRESS_RATE;
        *limit = limits->config->limits.handshakes_per_second_per_address;
    } else if (shakes && are_all_too_fast(limits)) {
        cause = ENDING_LIMIT_RATE;
        *limit = limits->config->limits.handshakes_per_second;
    }
    if (cause != ENDING_NONE) {
        limits_leave(limits, place);
    }
    return cause;
}

/* ---- what a connection is counted for ---- */

void limits_shake(const struct limits *limits, struct limits_place *place)
{
    place->shaking = true;
    counters_add(&limits->own->handshakes_begun, 1);
}

void limits_shaken(const struct limits *limits, struct limits_place *place)
{
    if (place->shaking) {
        place->shaking = false;
        counters_add(&limits->own->handshakes_over, 1);
    }
}

void limits_leave(const struct limits *limits, struct limits_place *place)
{
    limits_shaken(limits, place);
    addresses_leave(limits->own, place->address);
    place->address = 0;
}
