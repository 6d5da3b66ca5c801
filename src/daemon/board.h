/*
 * board.h - how the server is, in memory that supervisor, leaders and the admin process share:
 * generations, workers, listeners, certificates, readiness, the last reload. No secret is on it.
 *
 * Each entry has one writer: the supervisor its own, a leader those of its generation's block (the
 * same index as the block of the counters). Entries are written under a sequence count, so that a
 * reader gets one whole or tries again; a writer that dies in the middle hangs nobody.
 */
#ifndef SECHO_BOARD_H
#define SECHO_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/words.h"
#include "server/counters.h"

#define BOARD_GENERATIONS  COUNTERS_GENERATIONS
#define BOARD_WORKERS      64    /* processes of a generation */
#define BOARD_LISTENERS    256   /* of a generation: as many as a configuration may have */
#define BOARD_CERTIFICATES 1024  /* of a generation; of more only the number is known */
#define BOARD_TEXT_SIZE    16384 /* of what a reload had to say, with NUL; longer ones are cut */
#define BOARD_NAME_SIZE    128
#define BOARD_PATH_SIZE    1024

/* ---- entries; times are seconds since 1970, 0: never; texts end with NUL ---- */

enum board_state { BOARD_FREE, BOARD_LOADS, BOARD_SERVES, BOARD_RETIRES, BOARD_DRAINS };

struct board_generation {
    enum board_state state; /* as enum generation_state; BOARD_FREE: nobody is in this block */
    uint32_t number;
    int64_t since_s; /* in this state */
    int64_t leader;  /* pid; 0: none any more */
};

/* By the supervisor. */
struct board_server {
    int64_t pid, started_s;
    bool ready; /* a generation serves, and nobody drains */
    bool draining;
    struct board_generation generations[BOARD_GENERATIONS];
    char config_path[BOARD_PATH_SIZE];
};

/* By the supervisor: how the last reload ended. */
struct board_reload {
    bool happened;
    bool ok;
    int status; /* why not, as exit status: 69 it drains, 71 the system, 78 configuration */
    int64_t when_s, duration_ms;
    uint32_t generation;        /* that serves since then, or that could not */
    char text[BOARD_TEXT_SIZE]; /* a line for each problem, or for each change */
};

enum board_worker_state {
    BOARD_WORKER_AWAY, /* dead or not born; a new one is due */
    BOARD_WORKER_STARTS,
    BOARD_WORKER_SERVES,
    BOARD_WORKER_LEAVES, /* a newer generation serves, or it drains */
};

struct board_worker {
    enum board_worker_state state;
    int64_t pid; /* 0: none */
    int64_t since_s;
    uint64_t restarts; /* of this place, in this generation */
};

/* By a leader. */
struct board_crew {
    uint32_t count; /* workers */
    struct board_worker workers[BOARD_WORKERS];
};

struct board_listener {
    char name[BOARD_NAME_SIZE];
    char transport[8];
    char address[80]; /* without brackets */
    uint32_t port;    /* the real one */
};

struct board_certificate { /* of a server, not its issuers */
    uint32_t listener;     /* index */
    int64_t not_before_s, not_after_s;
    char subject[256]; /* RFC 4514 */
    char serial[64];   /* hexadecimal digits */
    char names[512];   /* with ", " between them */
};

/* By a leader: problems, or changes, while it loads. */
struct board_report {
    char text[BOARD_TEXT_SIZE]; /* lines with a newline each */
    bool is_cut; /* there was more: its last line is "...", as that of a value may be, too */
};

/* ---- the memory ---- */

#define BOARD_CELL(type)                                                                           \
    struct {                                                                                       \
        _Atomic uint64_t sequence; /* odd while it is written */                                   \
        _Atomic uint64_t words[WORDS_OF(type)];                                                    \
    }

struct board_block {
    _Atomic uint64_t connections_limit; /* limits.connections */
    _Atomic uint64_t listener_count;
    _Atomic uint64_t certificate_count; /* may be more than BOARD_CERTIFICATES */
    BOARD_CELL(struct board_crew) crew;
    BOARD_CELL(struct board_report) report;
    BOARD_CELL(struct board_listener) listeners[BOARD_LISTENERS];
    BOARD_CELL(struct board_certificate) certificates[BOARD_CERTIFICATES];
};

struct board {
    _Atomic uint64_t worker_restarts; /* of all generations ever; atomic additions */
    _Atomic uint64_t admin_restarts;
    _Atomic uint64_t reloads_ok, reloads_failed;
    BOARD_CELL(struct board_server) server;
    BOARD_CELL(struct board_reload) reload;
    struct board_block blocks[BOARD_GENERATIONS];
};

/*
 * Memory for all processes: a descriptor to inherit (close-on-exec is set), zeroed. -1 and errno.
 * What is never written takes no memory.
 */
int board_create(void);

/*
 * NULL and errno on failure. The mapping lasts until the process ends; children do not get it.
 * To watch it is to read only: a write ends the process.
 */
struct board *board_map(int fd);
const struct board *board_watch(int fd);

/* Memory for one process only: tests. NULL without memory; board_free() it. */
struct board *board_new(void);
void board_free(struct board *board);

/* ---- write: the entry's one writer only ---- */

void board_write_server(struct board *board, const struct board_server *server);
void board_write_reload(struct board *board, const struct board_reload *reload);

/* `block` 0..BOARD_GENERATIONS-1, `index` below BOARD_LISTENERS, BOARD_CERTIFICATES. */
void board_write_crew(struct board *board, size_t block, const struct board_crew *crew);
void board_write_report(struct board *board, size_t block, const struct board_report *report);
void board_write_listener(struct board *board, size_t block, size_t index,
                          const struct board_listener *listener);
void board_write_certificate(struct board *board, size_t block, size_t index,
                             const struct board_certificate *certificate);

/* A new generation has this block: nothing is known of it yet. */
void board_clear(struct board *board, size_t block);

/* ---- read: any process ---- */

/*
 * Each fills `out`; its texts always end. False: the writer died in the middle, and `out` may mix
 * old and new. Nothing written yet: all zero.
 */
bool board_read_server(const struct board *board, struct board_server *out);
bool board_read_reload(const struct board *board, struct board_reload *out);
bool board_read_crew(const struct board *board, size_t block, struct board_crew *out);
bool board_read_report(const struct board *board, size_t block, struct board_report *out);
bool board_read_listener(const struct board *board, size_t block, size_t index,
                         struct board_listener *out);
bool board_read_certificate(const struct board *board, size_t block, size_t index,
                            struct board_certificate *out);

/* How many entries there are to read. */
size_t board_listeners(const struct board *board, size_t block);
size_t board_certificates(const struct board *board, size_t block);

/* The block of the generation that serves; BOARD_GENERATIONS: none does. */
size_t board_serving(const struct board_server *server);

/* "loads", "serves", "retires", "drains", or "free"; "away", "starts", "serves", "leaves". */
const char *board_state_name(enum board_state state);
const char *board_worker_name(enum board_worker_state state);

#endif
