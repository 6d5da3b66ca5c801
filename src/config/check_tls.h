/* check_tls.h - what no single key of a listener's TLS can say. */
#ifndef SECHO_CHECK_TLS_H
#define SECHO_CHECK_TLS_H

#include "config/config.h"
#include "config/read.h"

/* Notes the problems of the listener at `at`, and whether there were some. */
void check_tls(struct reader *reader, const struct json_at *at, struct config_listener *listener);

#endif
