#include "server/deadlines.h"

void deadlines_init(struct deadlines *deadlines)
{
    *deadlines = (struct deadlines){0};
    for (int kind = 0; kind < DEADLINE_KINDS; kind++) {
        list_init(&deadlines->queues[kind]);
    }
}

void deadlines_entry_init(struct deadline_entry *entry)
{
    *entry = (struct deadline_entry){.kind = DEADLINE_NONE};
    list_init(&entry->link);
}

void deadlines_leave(struct deadline_entry *entry)
{
    list_remove(&entry->link);
    entry->kind = DEADLINE_NONE;
}

void deadlines_wait(struct deadlines *deadlines, struct deadline_entry *entry, enum deadline kind,
                    int64_t now_ms)
{
    list_remove(&entry->link);
    entry->kind = kind;
    entry->since_ms = now_ms;
    if (kind != DEADLINE_NONE && deadlines->duration_ms[kind] > 0) {
        list_append(&deadlines->queues[kind], &entry->link);
    }
}

static struct deadline_entry *first(const struct deadlines *deadlines, int kind)
{
    const struct list *queue = &deadlines->queues[kind];

    return list_is_empty(queue) ? NULL : list_entry(queue->next, struct deadline_entry, link);
}

static int64_t due_ms(const struct deadlines *deadlines, const struct deadline_entry *entry)
{
    return entry->since_ms + deadlines->duration_ms[entry->kind];
}

bool deadlines_is_due(const struct deadlines *deadlines, const struct deadline_entry *entry,
                      int64_t now_ms)
{
    return !list_is_empty(&entry->link) && due_ms(deadlines, entry) <= now_ms;
}

struct deadline_entry *deadlines_expired(const struct deadlines *deadlines, int64_t now_ms)
{
    for (int kind = DEADLINE_NONE + 1; kind < DEADLINE_KINDS; kind++) {
        struct deadline_entry *entry = first(deadlines, kind);

        if (entry != NULL && deadlines_is_due(deadlines, entry, now_ms)) {
            return entry;
        }
    }
    return NULL;
}

int64_t deadlines_next_ms(const struct deadlines *deadlines)
{
    int64_t next = -1;

    for (int kind = DEADLINE_NONE + 1; kind < DEADLINE_KINDS; kind++) {
        struct deadline_entry *entry = first(deadlines, kind);

        if (entry != NULL && (next == -1 || due_ms(deadlines, entry) < next)) {
            next = due_ms(deadlines, entry);
        }
    }
    return next;
}
