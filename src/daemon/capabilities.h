/* capabilities.h - what a thread may do that others may not: capabilities(7). Linux only. */
#ifndef SECHO_CAPABILITIES_H
#define SECHO_CAPABILITIES_H

#include <linux/capability.h>
#include <stdint.h>

#include <secho/error.h>

#include "base/attributes.h"

/* A set of capabilities: CAPABILITY(CAP_KILL) | ... */
#define CAPABILITY(number) (UINT64_C(1) << (number))
#define CAPABILITIES_NONE  UINT64_C(0)

/*
 * Takes all but `kept` from the bounding set: nothing that is executed later gets them either.
 * Only who has CAP_SETPCAP can do that; with anybody else nothing changes.
 */
void capabilities_bound(uint64_t kept);

/*
 * Of what the calling thread has, nothing but `kept` remains: permitted, effective, inheritable
 * and ambient. 0, or -1 when the system says no.
 */
MUST_CHECK int capabilities_hold(uint64_t kept, struct secho_error *err);

#endif
