/* secrets.h - memory that holds keys: nobody looks into it, and it is never written to a disk. */
#ifndef SECHO_SECRETS_H
#define SECHO_SECRETS_H

#include <stdint.h>

/*
 * No debugger of the same user, no /proc/PID/mem, no core dump: PR_SET_DUMPABLE, RLIMIT_CORE. For
 * processes that hold keys, before they load them; a change of user and exec do not undo the limit,
 * but the rest. Nothing happens in a build without a sandbox.
 */
void secrets_hide(void);

/*
 * Remembers where the process has its own memory now: the data, heap and stack that hold what it
 * has loaded. For secrets_lock() here, and in the processes that are forked from it, which may not
 * read /proc any more.
 */
void secrets_find(void);

/*
 * Locks the pages of this memory, so that they are never swapped out. What is allocated later is
 * not locked, and fork(2) undoes it.
 *
 * Returns how many bytes are locked: 0 where the limit (RLIMIT_MEMLOCK) does not allow all of it.
 */
uint64_t secrets_lock(void);

#endif
