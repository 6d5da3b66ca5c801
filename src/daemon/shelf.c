#include "daemon/shelf.h"

#include <stdlib.h>

#include "net/socket.h"

void shelf_put(struct shelf *shelf, const struct message *message, int fd)
{
    struct shelf_item *grown = realloc(shelf->items, (shelf->count + 1) * sizeof *grown);

    if (grown == NULL || fd == -1) {
        socket_close(fd);
        shelf->lacks = true;
        shelf->items = grown != NULL ? grown : shelf->items;
        return;
    }
    shelf->items = grown;
    shelf->items[shelf->count++] = (struct shelf_item){.message = *message, .fd = fd};
}

void shelf_lend(struct shelf *shelf, const struct message *message, int fd)
{
    size_t before = shelf->count;

    shelf_put(shelf, message, fd);
    shelf->settled += shelf->count - before;
}

static bool is_still_wanted(const struct shelf *shelf, int fd)
{
    for (size_t i = shelf->settled; i < shelf->count; i++) {
        if (socket_is_same(shelf->items[i].fd, fd)) {
            return true;
        }
    }
    return false;
}

void shelf_settle(struct shelf *shelf, shelf_give_up_fn *give_up, void *context)
{
    size_t kept = 0;

    if (shelf->lacks) {
        shelf->lacks = false;
        shelf->settled = shelf->count;
        return;
    }
    for (size_t i = 0; i < shelf->settled; i++) {
        if (!is_still_wanted(shelf, shelf->items[i].fd)) {
            give_up(context, &shelf->items[i]);
        }
        socket_close(shelf->items[i].fd); /* a wanted one came again, with its own descriptor */
    }
    for (size_t i = shelf->settled; i < shelf->count; i++) {
        shelf->items[kept++] = shelf->items[i];
    }
    shelf->count = kept;
    shelf->settled = kept;
}

void shelf_forget(struct shelf *shelf)
{
    shelf->lacks = false;
    while (shelf->count > shelf->settled) {
        shelf->count--;
        socket_close(shelf->items[shelf->count].fd);
    }
}

void shelf_stop(const struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++) {
        if (!shelf->items[i].message.lent) {
            socket_stop(shelf->items[i].fd);
        }
    }
}

void shelf_done(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++) {
        socket_close(shelf->items[i].fd);
    }
    free(shelf->items);
    *shelf = (struct shelf){0};
}
