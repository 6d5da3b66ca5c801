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
struct question {
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

static struct question *question_new(const char *host, const char *port, int family)
{
    struct question *question = calloc(1, sizeof *question);
    pthread_condattr_t clock;

    if (question == NULL) {
        return NULL;
    }
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC); /* nobody may turn our deadline */
    (void)pthread_mutex_init(&question->lock, NULL);
    (void)pthread_cond_init(&question->answered, &clock);
    (void)pthread_condattr_destroy(&clock);
    question->users = 1;
    question->family = family;
    (void)snprintf(question->port, sizeof question->port, "%s", port);
    (void)snprintf(question->host, sizeof question->host, "%s", host);
    return question;
}

/* Called with the lock held; gives it back. */
static void question_leave(struct question *question)
{
    bool last = --question->users == 0;

    (void)pthread_mutex_unlock(&question->lock);
    if (last) {
        (void)pthread_cond_destroy(&question->answered);
        (void)pthread_mutex_destroy(&question->lock);
        free(question);
    }
}

static void *answer(void *context)
{
    struct question *question = context;
    struct secho_error err = {0};
    struct resolved found = {0};
    int rc = address_resolve(question->host, question->port, question->family, found.addresses,
                             RESOLVE_ADDRESSES_MAX, &found.count, &err);

    (void)pthread_mutex_lock(&question->lock);
    question->rc = rc;
    question->err = err;
    question->found = found;
    question->done = true;
    (void)pthread_cond_signal(&question->answered);
    question_leave(question);
    return NULL;
}

/* The thread must not run the signal handlers of the program that we are part of. */
static int start_thread(struct question *question)
{
    sigset_t all, before;
    pthread_attr_t detached;
    pthread_t thread;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    (void)pthread_attr_init(&detached);
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    question->users++;
    int rc = pthread_create(&thread, &detached, answer, question);

    (void)pthread_attr_destroy(&detached);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        question->users--;
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
static int await(struct question *question, int64_t timeout_ms)
{
    struct timespec deadline = after(timeout_ms < 0 ? 0 : timeout_ms);
    int rc = 0;

    while (!question->done && rc == 0) {
        rc = timeout_ms < 0
                 ? pthread_cond_wait(&question->answered, &question->lock)
                 : pthread_cond_timedwait(&question->answered, &question->lock, &deadline);
    }
    return question->done ? 0 : -1;
}

static int ask(struct question *question, int64_t timeout_ms, struct resolved *out,
               struct secho_error *err)
{
    int started = start_thread(question), rc = -1;

    (void)pthread_mutex_lock(&question->lock);
    if (started != 0) {
        errno = started;
        error_errno(err, "a thread for the resolver");
    } else if (await(question, timeout_ms) != 0) {
        error_set(err, SECHO_ERR_TIMEOUT, "the resolver did not answer within %lld ms",
                  (long long)timeout_ms);
    } else if (question->rc != 0) {
        if (err != NULL) {
            *err = question->err;
        }
    } else {
        *out = question->found;
        rc = 0;
    }
    question_leave(question);
    return rc;
}

/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
int resolve_host(const char *host, const char *port, int family, int64_t timeout_ms,
                 struct resolved *out, struct secho_error *err)
{
    if (address_parse(host, (unsigned)strtoul(port, NULL, 10), &out->addresses[0]) == 0) {
        out->count = 1;
        return 0;
    }
    if (strlen(host) >= HOST_SIZE) {
        return error_set(err, SECHO_ERR_RESOLVE, "resolving %.60s...: a name has at most 253 bytes",
                         host);
    }
    struct question *question = question_new(host, port, family);

    if (question == NULL) {
        return error_set(err, SECHO_ERR_MEMORY, "resolving %s", host);
    }
    return ask(question, timeout_ms, out, err);
}
