/*
 * watch.h - have the files that a configuration names changed, and do they hold still?
 *
 * Looks at them now and then (stat(2)): that also sees a symbolic link that points elsewhere and
 * file systems that tell nobody (inotify(7), "Limitations").
 */
#ifndef SECHO_WATCH_H
#define SECHO_WATCH_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

#define WATCH_LOOK_MS     250  /* between two looks */
#define WATCH_STILL_MS    1000 /* so long nothing may change before it is believed */
#define WATCH_ENTRIES_MAX 4096 /* of a folder are looked at */

struct watch {
    uint64_t known; /* how the files looked when they were loaded, or last told about */
    uint64_t seen;  /* how they looked last */
    int64_t seen_ms;
    DIR **folders; /* owned: of the CAs of each listener; NULL: a file, or the folder of an earlier
                      listener. Open, since later no path can be opened any more: sandbox_lead() */
    size_t folder_count;
};

/*
 * Remembers how all files look now, before they are read: certificates, keys, CAs, revocation
 * lists, OCSP responses, ticket keys and the token; of a folder of CAs the files that count
 * (authorities_counts). Without memory folders are seen only when they are replaced.
 */
void watch_begin(struct watch *watch, const struct secho_config *config);

/* True once for each change, when the files have held still. `now_ms`: clock_now_ms(). */
bool watch_look(struct watch *watch, const struct secho_config *config, int64_t now_ms);

void watch_done(struct watch *watch); /* {0} is fine */

#endif
