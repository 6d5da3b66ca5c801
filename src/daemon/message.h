/*
 * message.h - what supervisor, leader and worker processes say to each other.
 *
 * One struct for each message over a SOCK_SEQPACKET pair (unix(7)); a descriptor may ride along.
 */
#ifndef SECHO_MESSAGE_H
#define SECHO_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/log.h"
#include "daemon/admin_settings.h"
#include "tls/ratchet.h"

#define MESSAGE_NAME_SIZE 128 /* the configuration allows shorter names only */

enum message_type {
    /* supervisor to leader */
    MESSAGE_SOCKET,  /* (and back) a listening socket: listener, slot, and the descriptor */
    MESSAGE_START,   /* all sockets were sent: load, bind, serve; generation, block, seed, and with
                        is_reload the format of the log, and as a file the configuration that
                        serves now */
    MESSAGE_ADMIN,   /* (and back, and supervisor to admin) `admin`, and its listening socket */
    MESSAGE_STOP,    /* end your workers at once, then yourself */
    MESSAGE_TAKEN,   /* the answer to BOUND: everything has arrived */
    MESSAGE_NO_ROOM, /* or: a descriptor has not; this configuration cannot serve */
    MESSAGE_KNOWN,   /* the answer to SERVING: whoever asks finds us ready */
    /* leader to supervisor */
    MESSAGE_BOUND,   /* all sockets were handed up; as a file the configuration */
    MESSAGE_SERVING, /* all workers accept; format, drain_delay_ms */
    MESSAGE_CHANGED, /* files that the configuration names have changed: a reload is wanted */
    /* admin to supervisor */
    MESSAGE_RELOAD, /* somebody wants one: `ticket` counts on */
    MESSAGE_PING,   /* (and back) are you there, `ticket`? What was said before is done */
    /* supervisor to admin */
    MESSAGE_RELOADED, /* it is on the board how the reload ended that all up to `ticket` wanted */
    /* leader to worker */
    MESSAGE_WATCH,   /* accept on slot */
    MESSAGE_UNWATCH, /* no longer */
    /* supervisor to leader to worker */
    MESSAGE_REFUSE, /* a new generation does without this listener: accept what is queued, refuse */
    MESSAGE_RETIRE, /* a new generation accepts: end when those who are here have ended */
    MESSAGE_DRAIN,  /* refuse, echo what was received, end */
    /* worker to leader */
    MESSAGE_READY,  /* its loops run */
    MESSAGE_FAILED, /* it cannot serve; `listener` is why */
    MESSAGE_LEFT,   /* (also leader to supervisor) after RETIRE: nobody comes in here any more */
    /* whoever listens to administrators, to supervisor */
    MESSAGE_LEVEL, /* the log is to have this level */
};

struct message {
    enum message_type type;
    uint32_t slot;
    uint32_t generation;
    uint32_t block;  /* of the counters */
    bool is_reload;  /* somebody serves already */
    bool falls_back; /* with START: not the file of users counts, but the one that rides along */
    bool is_kept;    /* MESSAGE_ADMIN to supervisor: the socket is the one that was handed down */
    bool fd_lost;    /* a descriptor was to ride along, and there was no room for it on the way */
    uint32_t ticket;
    bool lent; /* the socket is systemd's: who waits there waits for whoever serves next */
    int64_t drain_delay_ms;
    enum secho_level level;
    enum log_format format;
    char listener[MESSAGE_NAME_SIZE]; /* NUL-terminated; MESSAGE_ADMIN: the path, or "" */
    struct admin_settings admin;
    struct ratchet_seed seed; /* a secret: whoever had one in a message erases that */
};

/* Two ends, both close-on-exec. -1 and errno. */
MUST_CHECK int message_channel(int ends[2]);

/*
 * `fd` -1: none rides along. Waits while the other side's queue is full: it holds a hundred. So
 * only the supervisor is spoken to like this, which waits for nobody; others by an outbox. Where
 * the kernel has too many descriptors of this user on their way, the message goes without it and
 * says so. 0, or -1: the other side is gone.
 */
int message_send(int channel, const struct message *message, int fd);

/* The same, but never waits: -1 also when the queue is full. */
int message_offer(int channel, const struct message *message, int fd);

/* What one try to receive gave. */
enum heard {
    HEARD,         /* *message, and *fd (-1: none, or fd_lost) which is ours now, close-on-exec */
    HEARD_NOTHING, /* not now */
    HEARD_END,     /* the other side is gone, or has sent what is no message */
};

/* Never waits. Descriptors of what is no message are closed. */
enum heard message_receive(int channel, struct message *message, int *fd);

#endif
