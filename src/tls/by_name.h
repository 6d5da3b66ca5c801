/*
 * by_name.h - a context for each set of certificates that serve a name together, and the choice
 * between them when a client has told the name it wants (SNI, RFC 6066 3).
 */
#ifndef SECHO_BY_NAME_H
#define SECHO_BY_NAME_H

#include "tls/build.h"
#include "tls/identity.h"

/* Makes build->context from scratch, but for its certificates. */
typedef void by_name_dress_fn(struct build *build);

/*
 * Gives the first context its certificates, and makes the others with the help of `dress`.
 *
 *   identities  one for each pair of the settings
 *
 * What is wrong becomes a problem.
 */
void by_name_use(struct build *build, const struct identity *identities, by_name_dress_fn *dress);

#endif
