/*
 * catalogue.h - the codes and the TLS alerts as a book of reference: --explain of the programs, and
 * secho-explain(7), which scripts/generate makes of it.
 */
#ifndef SECHO_CATALOGUE_H
#define SECHO_CATALOGUE_H

#include <stdio.h>

/*
 * Prints what a code (or an alert, by its name in RFC 8446) means, what to do, who logs it, and the
 * exit status of secho-client. 0, or -1 when there is none of this name: nothing is printed.
 */
int catalogue_explain(FILE *out, const char *name);

/* All codes, one line each, then all alerts. */
void catalogue_list(FILE *out);

/* The name of a code or alert that looks most like `name`. Static, never NULL. */
const char *catalogue_nearest(const char *name);

/* The lists of secho-explain(7), in mdoc(7). */
void catalogue_man(FILE *out);

#endif
