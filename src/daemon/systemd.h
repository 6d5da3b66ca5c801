/* systemd.h - what systemd tells its services by their environment: systemd.exec(5). No library. */
#ifndef SECHO_SYSTEMD_H
#define SECHO_SYSTEMD_H

#include <stdbool.h>

/* Whether stderr leads to the journal: it adds the time itself and reads the priority prefix. */
bool systemd_journal_is_stderr(void);

#endif
