/* admin_read.h - what libmicrohttpd knows of a request, as what is asked of us. */
#ifndef SECHO_ADMIN_READ_H
#define SECHO_ADMIN_READ_H

#include <microhttpd.h>
#include <stddef.h>

#include "daemon/admin_answer.h"

/*
 * When the head has come. `out` points into itself and into the library's memory of this request:
 * do not copy it, do not keep it for longer.
 *
 *   target  of the request, without its query: a path, or a whole URL (RFC 9112 3.2.2)
 */
void admin_read(struct MHD_Connection *connection, const char *target, const char *method,
                struct admin_request *out);

/* Bytes of the body, as the head says; 0 where it says nothing, as with chunks. */
size_t admin_read_length(struct MHD_Connection *connection);

#endif
