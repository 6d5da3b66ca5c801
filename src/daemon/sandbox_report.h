/* sandbox_report.h - what is in force in each kind of process, found out by trying it. */
#ifndef SECHO_SANDBOX_REPORT_H
#define SECHO_SANDBOX_REPORT_H

#include <stdbool.h>

#include "config/config.h"
#include "daemon/privilege.h"

/*
 * Starts a process of each kind that a server with this configuration has, as far as its sandbox;
 * looks at it from outside (/proc), tries in one of its kind what must not work, each in a process
 * of its own, and prints a table. Nothing is served.
 *
 * Returns whether all of it is in force.
 */
bool sandbox_report(const struct secho_config *config, const struct privilege *privilege);

#endif
