/* closed.h - the one line that a connection leaves behind. */
#ifndef SECHO_CLOSED_H
#define SECHO_CLOSED_H

#include "base/log.h"
#include "server/conn.h"

/* Explains, counts and logs how the connection ended. Call once, before conn_done(). */
void closed_tell(const struct conn *conn, const struct log *log);

#endif
