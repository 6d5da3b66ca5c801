/* check.h - what no single key can say: rules between several of them. */
#ifndef SECHO_CHECK_H
#define SECHO_CHECK_H

#include "config/config.h"
#include "config/read.h"

/* Fills in what is derived (names, pointers, the number of processes) and notes problems. */
void check_config(struct reader *reader, const struct json_at *root, struct secho_config *config);

#endif
