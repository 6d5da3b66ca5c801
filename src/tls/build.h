/* build.h - a listener's contexts while they are made. Inside of context.h. */
#ifndef SECHO_BUILD_H
#define SECHO_BUILD_H

#include "tls/context.h"
#include "tls/shared.h"

/* What is being built, and what was wrong with it so far. */
struct build {
    const struct context_settings *settings;
    SSL_CTX *context;      /* the one that is made now */
    struct shared *shared; /* of all of them */
    struct context_problem *problems;
    size_t max, count;
};

/* A place for the next problem's words; the last place is used again when all are full. */
struct secho_error *build_problem(struct build *build, enum context_setting setting, size_t pair);

#endif
