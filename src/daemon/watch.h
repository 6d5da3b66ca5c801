/*
 * watch.h - have the files that a configuration names changed, and do they hold still?
 *
 * Looks at them now and then (stat(2)): that also sees a symbolic link that points elsewhere and
 * file systems that tell nobody (inotify(7), "Limitations").
 */
#ifndef SECHO_WATCH_H
#define SECHO_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

#define WATCH_LOOK_MS  250  /* between two looks */
#define WATCH_STILL_MS 1000 /* so long nothing may change before it is believed */

struct watch {
    uint64_t known; /* how the files looked when they were loaded, or last told about */
    uint64_t seen;  /* how they looked last */
    int64_t seen_ms;
};

/* How certificates, keys, CAs, revocation lists, OCSP responses and ticket keys look now. */
uint64_t watch_files(const struct secho_config *config);

/* True once for each change, when the files have held still. `now_ms`: clock_now_ms(). */
bool watch_look(struct watch *watch, const struct secho_config *config, int64_t now_ms);

#endif
