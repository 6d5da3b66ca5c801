/* closed.h - the one line that a connection leaves behind. */
#ifndef SECHO_CLOSED_H
#define SECHO_CLOSED_H

#include "base/log.h"
#include "server/conn.h"
#include "server/ends.h"
#include "server/sampling.h"

/*
 * Explains, counts and logs how the connection ended. Call once, before conn_done().
 *
 *   sampling  the worker's; not looked at when the log has a listener
 *   ends      gets all that did not end as they should, whatever the log wants
 */
void closed_tell(const struct conn *conn, const struct log *log, struct sampling *sampling,
                 struct ends *ends);

#endif
