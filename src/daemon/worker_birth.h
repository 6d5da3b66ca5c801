/* worker_birth.h - a leader forks a worker process. */
#ifndef SECHO_WORKER_BIRTH_H
#define SECHO_WORKER_BIRTH_H

#include <stddef.h>
#include <sys/types.h>

#include "daemon/prepare.h"

/*
 * Forks worker `index` of a generation whose workers have `threads` each; it never returns there.
 *
 *   argv     of this program: the worker's name for ps(1) is written over argv[0]
 *   channel  set on success: our end of the line to it, owned by the caller
 *
 * Its pid; -1 and errno.
 */
pid_t worker_birth(char **argv, struct prepared *own, size_t index, size_t threads, int *channel);

#endif
