/*
 * handover.h - what a leader lets the next one know: the configuration that it serves, as the JSON
 * of secho-server -T in a file without a name, which the supervisor keeps.
 */
#ifndef SECHO_HANDOVER_H
#define SECHO_HANDOVER_H

#include "base/attributes.h"
#include "base/log.h"
#include "config/changes.h"
#include "config/config.h"

/* MESSAGE_SERVING to the supervisor, with such a file. */
void handover_serving(int channel, const struct secho_config *config, enum log_format format);

/*
 * What cannot change while the server runs is a problem.
 *
 *   before  such a file; -1: nobody has served yet
 *
 * 0, or -1 when there was a problem.
 */
MUST_CHECK int handover_check(int before, const struct secho_config *after,
                              secho_problem_fn *report, void *context);

/* The text of such a file; "{}" for -1. NULL without memory; free() it. */
char *handover_read(int fd);

/* Tells everything that is different. */
void handover_compare(int before, const struct secho_config *after, config_change_fn *tell,
                      void *context);

#endif
