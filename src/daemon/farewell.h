/* farewell.h - the last lines of the log: what was lost, what was cut. */
#ifndef SECHO_FAREWELL_H
#define SECHO_FAREWELL_H

#include "daemon/succession.h"

/* All other processes have ended. */
void farewell(const struct supervisor *supervisor);

#endif
