/*
 * birth.h - the supervisor's children are born here: leaders and the admin process. Each is this
 * program, executed anew: it inherits nothing but a few descriptors.
 */
#ifndef SECHO_BIRTH_H
#define SECHO_BIRTH_H

#include "daemon/succession.h"

/*
 * Forks the leader of a generation, which gets its two lines and its pid. Returns that, or -1 and
 * errno.
 */
pid_t birth_leader(struct supervisor *supervisor, struct generation *generation);

/* Forks the admin process and tells the steward. */
void birth_admin(struct supervisor *supervisor);

#endif
