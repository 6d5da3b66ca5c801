/*
 * landlock.h - a process takes rights from itself that its user has: landlock(7).
 *
 * It binds the calling thread and those that it starts later: call it before there are others.
 */
#ifndef SECHO_LANDLOCK_H
#define SECHO_LANDLOCK_H

#include <secho/error.h>

#include "base/attributes.h"

/*
 * Which version of Landlock the kernel has: 1..; 0: none, or it is switched off. From 4 on it
 * knows TCP, from 5 on ioctl(2) on devices, from 6 on signals and abstract sockets.
 */
int landlock_version(void);

/*
 * No path can be opened, made, moved or removed any more, no TCP port bound or connected to, no
 * process outside signalled, as far as this version of Landlock knows these. What is open stays.
 * Nothing happens where the kernel has no Landlock. PR_SET_NO_NEW_PRIVS must be set before.
 */
MUST_CHECK int landlock_enter(struct secho_error *err);

#endif
