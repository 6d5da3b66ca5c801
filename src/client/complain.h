/*
 * complain.h - what secho-client and secho-bench tell people in the same words. Prints; control
 * characters and bytes that are no UTF-8 are escaped (base/excerpt.h).
 */
#ifndef SECHO_COMPLAIN_H
#define SECHO_COMPLAIN_H

#include <stdbool.h>

#include "client/failure.h"

/* All of these return the exit status that belongs to it. `program` is a name: "secho-client". */

/* An error without a connection, on stderr; after a usage error also where the help is. */
int complain(const char *program, const struct secho_error *err);

/* A failed connection: what happened, what to do. */
int complain_failure(const char *program, const struct failure *failure);

/* The same; with `verbose` (-v) also the stage, the code and the words of OpenSSL. */
int complain_in_full(const char *program, const struct failure *failure, bool verbose);

/* --explain CODE, on stdout; "list" lists all. An unknown one is a usage error. */
int complain_code(const char *program, const char *code);

/* At the end: a result that did not reach its reader is none (`> /dev/full`). */
int complain_stdout(const char *program, int status);

#endif
