/* list.h - a list whose links live inside its members. Allocates nothing. */
#ifndef SECHO_LIST_H
#define SECHO_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A link in a member, or the head of the list itself. In no list: both point to itself. */
struct list {
    struct list *next, *prev;
};

/* The struct of `type` whose `member` is `link`. */
#define list_entry(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void list_init(struct list *list)
{
    list->next = list;
    list->prev = list;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

/* Fine for a link that is in no list. */
static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

static inline void list_append(struct list *head, struct list *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

/* Moves all members of `from` to the end of `head`. */
static inline void list_take(struct list *head, struct list *from)
{
    if (!list_is_empty(from)) {
        from->next->prev = head->prev;
        head->prev->next = from->next;
        from->prev->next = head;
        head->prev = from->prev;
        list_init(from);
    }
}

#endif
