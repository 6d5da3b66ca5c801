/* systemd.h - what systemd tells its services by their environment: systemd.exec(5). No library. */
#ifndef SECHO_SYSTEMD_H
#define SECHO_SYSTEMD_H

#include <stdbool.h>

#include "base/attributes.h"

/* Whether stderr leads to the journal: it adds the time itself and reads the priority prefix. */
bool systemd_journal_is_stderr(void);

/*
 * A line to whoever has started us, about why that does not work: to stderr, which is theirs until
 * we serve. In the journal it is an error.
 */
PRINTF_LIKE(1, 2) void systemd_complain(const char *format, ...);

#endif
