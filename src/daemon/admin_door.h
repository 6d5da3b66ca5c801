/*
 * admin_door.h - the listening socket of the admin process: a leader opens it, or takes over the
 * one that an earlier leader has opened, and hands it up to the supervisor.
 */
#ifndef SECHO_ADMIN_DOOR_H
#define SECHO_ADMIN_DOOR_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/admin_settings.h"
#include "net/address.h"

struct admin_door {
    struct admin_settings settings;
    const char *path;       /* of the configuration; "": there is an address */
    struct address address; /* with the real port */
    int fd;                 /* owned; -1: none */
    bool is_kept;           /* it is the one from before */
};

/*
 * Opens it where the configuration wants one.
 *
 *   settings  of this configuration
 *   before    the socket from before, or -1: -1 afterwards where it is taken over
 *
 * Fails with SECHO_ERR_SYSTEM.
 */
MUST_CHECK int admin_door_open(struct admin_door *door, const struct secho_config *config,
                               const struct admin_settings *settings, int *before,
                               struct secho_error *err);

/* Sends it up, with the settings, also where there is none; the leader has no more use for it. */
void admin_door_hand_up(struct admin_door *door, int channel);

/* `admin` with its real place, where there is one. */
void admin_door_announce(const struct log *log, const struct admin_door *door);

#endif
