/* report.h - the inside of the step CONN_REPORT. */
#ifndef SECHO_SERVER_REPORT_H
#define SECHO_SERVER_REPORT_H

#include "diagnosis/report.h"
#include "server/conn.h"

/* A connection that reports, until it has answered. */
struct report {
    unsigned char question[REPORT_REQUEST_BYTES];
    size_t len; /* bytes of it that came */
};

/* Our view of the connection as JSON, for the question that it has. NULL without memory; free() it.
 */
char *report_of(struct conn *conn);

#endif
