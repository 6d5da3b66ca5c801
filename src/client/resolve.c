#include "client/resolve.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

#define HOST_SIZE 256

/* A question to the resolver. Shared by two threads; the last one frees it. */
struct lookup {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    int users; /* threads that still look at it */
    bool done;
    int rc;
    struct secho_error err;
    struct resolved found;
    int family;
    char port[8];
    char host[HOST_SIZE];
};

static struct lookup *lookup_new(const struct resolve_question *question)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    pthread_condattr_t clock;

    if (lookup == NULL) {
        return NULL;
    }
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC); /* nobody may turn our deadline */
    (void)pthread_mutex_init(&lookup->lock, NULL);
    (void)pthread_cond_init(&lookup->answered, &clock);
    (void)pthread_condattr_destroy(&clock);
    lookup->users = 1;
    lookup->family = question->family;
    (void)snprintf(lookup->port, sizeof lookup->port, "%s", question->port);
    (void)snprintf(lookup->host, sizeof lookup->host, "%s", question->host);
    return lookup;
}

/* Called with the lock held; gives it back. */
static void lookup_leave(struct lookup *lookup)
{
    bool last = --lookup->users == 0;

    (void)pthread_mutex_unlock(&lookup->lock);
    if (last) {
        (void)pthread_cond_destroy(&lookup->answered);
        (void)pthread_mutex_destroy(&lookup->lock);
        free(lookup);
    }
}

static void *answer(void *context)
{
    struct lookup *lookup = context;
    struct secho_error err = {0};
    struct resolved found = {0};
    int rc = address_resolve(lookup->host, lookup->port, lookup->family, found.addresses,
                             RESOLVE_ADDRESSES_MAX, &found.count, &err);

    (void)pthread_mutex_lock(&lookup->lock);
    lookup->rc = rc;
    lookup->err = err;
    lookup->found = found;
    lookup->done = true;
    (void)pthread_cond_signal(&lookup->answered);
    lookup_leave(lookup);
    return NULL;
}

/* The thread must not run the signal handlers of the program that we are part of. */
static int start_thread(struct lookup *lookup)
{
    sigset_t all, before;
    pthread_attr_t detached;
    pthread_t thread;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    (void)pthread_attr_init(&detached);
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    lookup->users++;
    int rc = pthread_create(&thread, &detached, answer, lookup);

    (void)pthread_attr_destroy(&detached);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        lookup->users--;
    }
    return rc;
}

static struct timespec after(int64_t ms)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* Called with the lock held. */
static int await(struct lookup *lookup, int64_t timeout_ms)
{
    struct timespec deadline = after(timeout_ms < 0 ? 0 : timeout_ms);
    int rc = 0;

    while (!lookup->done && rc == 0) {
        rc = timeout_ms < 0 ? pthread_cond_wait(&lookup->answered, &lookup->lock)
                            : pthread_cond_timedwait(&lookup->answered, &lookup->lock, &deadline);
    }
    return lookup->done ? 0 : -1;
}

static int ask(struct lookup *lookup, int64_t timeout_ms, struct resolved *out,
               struct secho_error *err)
{
    int started = start_thread(lookup), rc = -1;

    (void)pthread_mutex_lock(&lookup->lock);
    if (started != 0) {
        errno = started;
        error_errno(err, "a thread for the resolver");
    } else if (await(lookup, timeout_ms) != 0) {
        error_set(err, SECHO_ERR_TIMEOUT, "the resolver did not answer within %lld ms",
                  (long long)timeout_ms);
    } else if (lookup->rc != 0) {
        if (err != NULL) {
            *err = lookup->err;
        }
    } else {
        *out = lookup->found;
        rc = 0;
    }
    lookup_leave(lookup);
    return rc;
}

int resolve_host(const struct resolve_question *question, struct resolved *out,
                 struct secho_error *err)
{
    const char *host = question->host;

    if (address_parse(host, (unsigned)strtoul(question->port, NULL, 10), &out->addresses[0]) == 0) {
        out->count = 1;
        return 0;
    }
    if (strlen(host) >= HOST_SIZE) {
        return error_set(err, SECHO_ERR_RESOLVE, "resolving %.60s...: a name has at most 253 bytes",
                         host);
    }
    struct lookup *lookup = lookup_new(question);

    if (lookup == NULL) {
        return error_set(err, SECHO_ERR_MEMORY, "resolving %s", host);
    }
    return ask(lookup, question->timeout_ms, out, err);
}
