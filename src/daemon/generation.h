/*
 * generation.h - the leader of a generation: one configuration, its certificates, its workers.
 *
 * A program of its own (the supervisor executes secho-server anew for it): it reads everything,
 * binds, passes the sockets up to the supervisor, forks the workers, replaces those that die and
 * says which worker watches which slot.
 */
#ifndef SECHO_GENERATION_H
#define SECHO_GENERATION_H

#include <stdbool.h>

/* What the leader finds open when it is executed. */
enum {
    GENERATION_CONTROL = 3,
    GENERATION_LOG = 4,
    GENERATION_COUNTERS = 5,
    GENERATION_LIFELINE = 6,
    GENERATION_BOARD = 7,
    GENERATION_FDS = 5
};

/* argv[0] of a leader; as long as the workers' title, which is written over it. */
#define GENERATION_TITLE "secho-server: leader"

/* Whether this process was executed by a supervisor to be a leader. */
bool generation_is_meant(char **argv);

/* Everything a leader does. Returns its exit status: 0 drained, 78 configuration, 71 system. */
int generation_main(char **argv, const char *config_path);

#endif
