/* farewell.h - the last lines of the log: what was cut, what was lost. */
#ifndef SECHO_FAREWELL_H
#define SECHO_FAREWELL_H

#include "daemon/succession.h"

/* All other processes have ended; nothing is logged after it. */
void farewell(const struct supervisor *supervisor);

#endif
