#include "net/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ZONES_MAX 64

/* Written before there are threads, then only read. */
static struct {
    bool are_learnt;
    size_t count;
    struct {
        unsigned index;
        char name[IF_NAMESIZE];
    } all[ZONES_MAX];
} zones;

void zone_learn_all(void)
{
    struct if_nameindex *list = if_nameindex();

    zones.count = 0;
    for (size_t i = 0; list != NULL && list[i].if_index != 0 && i < ZONES_MAX; i++) {
        zones.all[i].index = list[i].if_index;
        (void)snprintf(zones.all[i].name, IF_NAMESIZE, "%s", list[i].if_name);
        zones.count++;
    }
    if (list != NULL) {
        if_freenameindex(list);
    }
    zones.are_learnt = true;
}

static const char *find_learnt(unsigned index)
{
    for (size_t i = 0; i < zones.count; i++) {
        if (zones.all[i].index == index) {
            return zones.all[i].name;
        }
    }
    return NULL;
}

void zone_name(unsigned index, char name[static IF_NAMESIZE])
{
    char asked[IF_NAMESIZE];
    const char *known = zones.are_learnt ? find_learnt(index) : if_indextoname(index, asked);

    if (known != NULL) {
        (void)snprintf(name, IF_NAMESIZE, "%s", known);
    } else {
        (void)snprintf(name, IF_NAMESIZE, "%u", index);
    }
}
