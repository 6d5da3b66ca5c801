#include "daemon/generations.h"

#include "base/clock.h"
#include "net/socket.h"

void generations_init(struct generations *generations)
{
    *generations = (struct generations){0};
    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        generations->all[i].control = -1;
        generations->all[i].lifeline = -1;
    }
}

/* ---- find ---- */

struct generation *generations_in(struct generations *generations, enum generation_state state)
{
    struct generation *oldest = NULL;

    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        struct generation *one = &generations->all[i];

        if (one->state == state && (oldest == NULL || one->number < oldest->number)) {
            oldest = one;
        }
    }
    return oldest;
}

struct generation *generations_of(struct generations *generations, pid_t leader)
{
    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        if (generations->all[i].leader == leader && leader > 0) {
            return &generations->all[i];
        }
    }
    return NULL;
}

bool generations_live(const struct generations *generations)
{
    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        if (generations->all[i].state != GENERATION_FREE) {
            return true;
        }
    }
    return false;
}

bool generations_leave(const struct generations *generations)
{
    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        if (generations->all[i].leaves) {
            return true;
        }
    }
    return false;
}

/* ---- come, talk, go ---- */

struct generation *generations_add(struct generations *generations)
{
    struct generation *place = generations_in(generations, GENERATION_FREE);

    if (place != NULL) {
        *place = (struct generation){.state = GENERATION_LOADS,
                                     .number = ++generations->last,
                                     .control = -1,
                                     .lifeline = -1,
                                     .born_ms = clock_now_ms()};
    }
    return place;
}

void generation_tell(struct generation *generation, const struct message *message, int fd)
{
    if (generation->control != -1) {
        outbox_send(&generation->outbox, generation->control, message, fd);
    }
}

void generation_hang_up(struct generation *generation)
{
    socket_close(generation->control);
    generation->control = -1;
    outbox_done(&generation->outbox);
}

void generation_say(struct generation *generation, enum message_type type)
{
    const struct message message = {.type = type};

    generation_tell(generation, &message, -1);
}

void generations_say(struct generations *generations, enum message_type type)
{
    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        generation_say(&generations->all[i], type);
    }
}

void generations_bury(struct generations *generations, struct counters_shared *counters)
{
    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        struct generation *one = &generations->all[i];
        const struct counters_generation *block = &counters->generations[i];

        if (one->state == GENERATION_FREE || one->leader != 0 || one->lifeline != -1) {
            continue;
        }
        for (size_t t = 0; t < COUNTERS_THREADS && t < atomic_load(&block->threads_used); t++) {
            (void)counters_bury(counters, i, t); /* again, where the leader has done it */
        }
        generation_hang_up(one);
        *one = (struct generation){.control = -1, .lifeline = -1};
    }
}
