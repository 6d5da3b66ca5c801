/* place.h - problems that show only after the configuration was read, told like all others. */
#ifndef SECHO_CONFIG_PLACE_H
#define SECHO_CONFIG_PLACE_H

#include "config/config.h"

/*
 * Calls `report` with "FILE:LINE:COLUMN: POINTER: words". The file is read again to find the
 * place; where that fails (it has changed, or there never was one) LINE and COLUMN are left out.
 *
 *   pointer  RFC 6901, without escapes: "/listeners/0/tls/certificates/1/key". Where it names
 *            nothing in the file, the place is that of the nearest object around it.
 */
void config_report(const struct secho_config *config, const char *pointer, const char *words,
                   secho_problem_fn *report, void *context);

#endif
