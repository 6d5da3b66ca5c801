/*
 * progress.h - a process that has much to do before it serves says that it gets on.
 *
 * How long that lasts depends on how much it is and how busy the machine is; how long one step of
 * it may last does not. So whoever waits looks at the steps, not at the whole.
 */
#ifndef SECHO_PROGRESS_H
#define SECHO_PROGRESS_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Where steps are told from now on: clock_now_ms() of the latest one; this is the first. NULL, as
 * at first: nowhere. It must outlive the process's steps. Before other threads make any.
 */
void progress_to(_Atomic int64_t *stamp);

/* A step is done: a file was opened, a listener made, a socket bound. Any thread. */
void progress_made(void);

#endif
