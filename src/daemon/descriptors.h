/* descriptors.h - after birth, a process keeps only the descriptors that are on its list. */
#ifndef SECHO_DESCRIPTORS_H
#define SECHO_DESCRIPTORS_H

#include <stddef.h>

#include "base/attributes.h"

/* Closes all but 0, 1, 2 and those in `keep` (any order; -1 is ignored; sorted afterwards). */
void descriptors_keep(int *keep, size_t count);

/*
 * 0, 1 and 2 lead nowhere from now on: what is read there is at its end, what is written fails. It
 * takes no path, unlike /dev/null. -1 and errno: no descriptor is left.
 */
MUST_CHECK int descriptors_drop_standard(void);

/*
 * Raises the soft limit of open descriptors (RLIMIT_NOFILE, getrlimit(2)) to the hard one.
 * Returns what is allowed now.
 */
unsigned long descriptors_allow_all(void);

/*
 * Moves fds[i] to descriptor 3 + i, without close-on-exec, and closes all above: what a program
 * that is executed next gets. -1 and errno.
 */
int descriptors_hand_over(const int *fds, size_t count);

#endif
