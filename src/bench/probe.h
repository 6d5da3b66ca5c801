/*
 * probe.h - one connection before the load: whatever is wrong with the way is told at once, in the
 * words of secho-client.
 */
#ifndef SECHO_PROBE_H
#define SECHO_PROBE_H

#include "bench/plan.h"
#include "client/client.h"

/*
 * probe_run - connect, shake hands, verify, echo (not with plan->no_echo), close. With plan->plain
 * without TLS.
 *
 *   out  set in any case but one (no memory): free it with secho_client_free(). Its race.list and
 *        race.winner say who answered; after -1 its failure says why
 *
 * 0, or -1. When *out is NULL `err` says why.
 */
MUST_CHECK int probe_run(const struct plan *plan, struct secho_client **out,
                         struct secho_error *err);

#endif
