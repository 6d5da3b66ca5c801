/* machine.h - facts about the machine that measures; the struct is in result.h. */
#ifndef SECHO_MACHINE_H
#define SECHO_MACHINE_H

#include "bench/result.h"

/* Never fails: what cannot be found out is "unknown" (cpus: 1). */
void machine_look(struct machine *machine);

#endif
