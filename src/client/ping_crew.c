#include "client/ping_crew.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "client/blame.h"
#include "client/check.h"

struct ping_crew {
    const struct secho_client *model; /* whoever made the crew has it; not for the threads */
    struct ping_shape shape;
    bool resume;
    int bell;
    pthread_mutex_t lock;          /* of all below */
    struct ping_try *first, *last; /* those that are done, the oldest first */
    int busy;                      /* connections under way */
    bool left;                     /* nobody asks for what is done any more */
    int users; /* threads and the one that made the crew: the last one frees it */
    struct session newest;
};

struct ping_crew *ping_crew_new(const struct secho_client *model, const struct ping_shape *shape,
                                bool resume)
{
    struct ping_crew *crew = calloc(1, sizeof *crew);

    if (crew == NULL) {
        return NULL;
    }
    crew->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (crew->bell < 0 || pthread_mutex_init(&crew->lock, NULL) != 0) {
        if (crew->bell >= 0) {
            (void)close(crew->bell);
        }
        free(crew);
        return NULL;
    }
    crew->model = model;
    crew->shape = *shape;
    crew->resume = resume;
    crew->users = 1;
    return crew;
}

void ping_try_free(struct ping_try *attempt)
{
    if (attempt != NULL) {
        secho_client_free(attempt->client);
        free(attempt);
    }
}

/* Called with the lock held; gives it back. */
static void drop_user(struct ping_crew *crew)
{
    bool last = --crew->users == 0;

    (void)pthread_mutex_unlock(&crew->lock);
    if (!last) {
        return;
    }
    session_done(&crew->newest);
    (void)pthread_mutex_destroy(&crew->lock);
    (void)close(crew->bell);
    free(crew);
}

/* ---- in the thread: one connection ---- */

/* Reads until the message is back. 0, or -1 and the failure. */
static int take_echo(struct ping_try *attempt, struct ping_finder *finder, uint64_t number)
{
    struct ping_find find = {0};
    enum ping_found found;

    while ((found = ping_finder_next(finder, &find)) == PING_FOUND_NOTHING) {
        size_t len = 0, got = 0;
        unsigned char *room = ping_finder_room(finder, &len);

        if (secho_client_receive(attempt->client, room, len, &got, NULL) != 0) {
            return -1;
        }
        if (got == 0) {
            blame_bytes(attempt->client, ENDING_ECHO_SHORT, NULL);
            return -1;
        }
        ping_finder_take(finder, got);
    }
    if (found == PING_FOUND_MESSAGE && find.number == number) {
        return 0;
    }
    attempt->wrong = true;
    blame_bytes(attempt->client, ENDING_ECHO_WRONG, NULL);
    return -1;
}

/* One message there and back. */
static int exchange(struct ping_try *attempt, struct ping_finder *finder, uint64_t number,
                    int64_t *took_ns)
{
    size_t size = attempt->crew->shape.size;
    unsigned char *message = malloc(size);
    struct secho_error err;
    int rc = -1;

    if (message == NULL) {
        (void)error_set(&err, SECHO_ERR_MEMORY, "no memory for a message");
        failure_from_error(&attempt->client->failure, FAILURE_ECHO, &err);
        return -1;
    }
    ping_message(&attempt->crew->shape, number, message);
    int64_t start = clock_now_ns();

    if (secho_client_send(attempt->client, message, size, NULL) == 0 &&
        take_echo(attempt, finder, number) == 0) {
        *took_ns = clock_now_ns() - start;
        rc = 0;
    }
    free(message);
    return rc;
}

/* The ticket of TLS 1.3 has come with the first echo at the latest. */
static void keep_session(struct ping_try *attempt)
{
    struct ping_crew *crew = attempt->crew;
    struct session newest = {0};

    if (client_take_session(attempt->client, &newest, NULL) != 0) {
        return;
    }
    (void)pthread_mutex_lock(&crew->lock);
    session_done(&crew->newest);
    crew->newest = newest;
    (void)pthread_mutex_unlock(&crew->lock);
}

/* close_notify both ways; a server that does not answer it in time is not blamed: the echo counts.
 */
static int say_goodbye(struct ping_try *attempt)
{
    int64_t deadline = clock_now_ms() + CHECK_GOODBYE_MS;
    struct secho_client *client = attempt->client;
    unsigned char more[16384];
    size_t got = 0;
    enum io io;

    client->stage = FAILURE_GOODBYE;
    if (stream_goodbye(client->tls, NULL) == IO_FAILED) {
        return 0;
    }
    while ((io = stream_read(client->tls, more, sizeof more, &got, NULL)) == IO_WANT_READ) {
        if (client_wait(client, io, deadline) != 0) {
            return 0;
        }
    }
    if (io == IO_DONE) {
        attempt->wrong = true;
        blame_bytes(client, ENDING_ECHO_LONG, NULL);
    }
    return io == IO_DONE ? -1 : 0;
}

static void ask_twice(struct ping_try *attempt, struct ping_finder *finder)
{
    attempt->ok = exchange(attempt, finder, 2 * attempt->number - 1, &attempt->first_ns) == 0 &&
                  exchange(attempt, finder, 2 * attempt->number, &attempt->echo_ns) == 0;
    if (attempt->ok) {
        keep_session(attempt);
        attempt->ok = say_goodbye(attempt) == 0;
    }
}

static void connect_and_ask(struct ping_try *attempt)
{
    struct ping_finder *finder = NULL;
    struct secho_error err;

    if (secho_client_open(attempt->client, NULL) != 0) {
        return;
    }
    attempt->resumed = client_resumed(attempt->client);
    attempt->how = again_how(attempt->client, attempt->client->offered.tls != NULL);
    if (attempt->number == 0) {
        attempt->ok = true;
        return;
    }
    finder = ping_finder_new(&attempt->crew->shape);
    if (finder == NULL) {
        (void)error_set(&err, SECHO_ERR_MEMORY, "no memory for the echo");
        failure_from_error(&attempt->client->failure, FAILURE_ECHO, &err);
        return;
    }
    ask_twice(attempt, finder);
    ping_finder_free(finder);
}

/* Called with the lock held. */
static void hand_over(struct ping_crew *crew, struct ping_try *attempt)
{
    static const uint64_t one = 1;

    if (crew->first == NULL) {
        crew->first = attempt;
    } else {
        crew->last->next = attempt;
    }
    crew->last = attempt;
    ssize_t rung = write(crew->bell, &one, sizeof one); /* cannot fill up: 2^64 - 2 */

    (void)rung;
}

static void *work(void *context)
{
    struct ping_try *attempt = context;
    struct ping_crew *crew = attempt->crew;

    connect_and_ask(attempt);
    (void)pthread_mutex_lock(&crew->lock);
    bool wanted = !crew->left;

    crew->busy--;
    if (wanted) {
        hand_over(crew, attempt);
    }
    drop_user(crew);
    if (!wanted) {
        ping_try_free(attempt);
    }
    return NULL;
}

/* ---- starting it ---- */

int ping_crew_newest(struct ping_crew *crew, struct session *out, struct secho_error *err)
{
    int rc = 0;

    *out = (struct session){0};
    (void)pthread_mutex_lock(&crew->lock);
    if (crew->newest.tls != NULL) {
        rc = session_copy(&crew->newest, out, err);
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return rc;
}

/* The newest session of the connections before, or the one that the model would offer. */
static int offer_newest(struct ping_crew *crew, struct secho_client *client,
                        struct secho_error *err)
{
    struct session newest = {0};

    if (ping_crew_newest(crew, &newest, err) != 0) {
        return -1;
    }
    const struct session *best = newest.tls != NULL ? &newest : &crew->model->offered;
    int rc = best->tls != NULL ? client_offer(client, best, err) : 0;

    session_done(&newest);
    return rc;
}

static struct ping_try *try_new(struct ping_crew *crew, uint64_t number, struct secho_error *err)
{
    struct ping_try *attempt = calloc(1, sizeof *attempt);

    if (attempt == NULL) {
        (void)error_set(err, SECHO_ERR_MEMORY, "no memory for a connection");
        return NULL;
    }
    attempt->crew = crew;
    attempt->number = number;
    attempt->first_ns = attempt->echo_ns = -1;
    if (secho_client_new(&crew->model->settings, &attempt->client, err) != 0) {
        ping_try_free(attempt);
        return NULL;
    }
    attempt->client->insecure = crew->model->insecure;
    attempt->client->trace = crew->model->trace;
    attempt->client->trace_context = crew->model->trace_context;
    if ((crew->resume || number == 0) && offer_newest(crew, attempt->client, err) != 0) {
        ping_try_free(attempt);
        return NULL;
    }
    return attempt;
}

/* Signals are for the thread with the clock. */
static int start_thread(struct ping_try *attempt)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    int rc = pthread_create(&attempt->thread, NULL, work, attempt);

    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static void count(struct ping_crew *crew, int change)
{
    (void)pthread_mutex_lock(&crew->lock);
    crew->busy += change;
    crew->users += change;
    (void)pthread_mutex_unlock(&crew->lock);
}

int ping_crew_start(struct ping_crew *crew, uint64_t number, struct secho_error *err)
{
    if (ping_crew_busy(crew) >= PING_CREW_MAX) {
        return error_set(err, SECHO_ERR_LIMIT, "%d connections are under way", PING_CREW_MAX);
    }
    struct ping_try *attempt = try_new(crew, number, err);

    if (attempt == NULL) {
        return -1;
    }
    count(crew, 1);
    int rc = start_thread(attempt);

    if (rc != 0) {
        count(crew, -1);
        ping_try_free(attempt);
        errno = rc;
        return error_errno(err, "a thread for a connection");
    }
    return 0;
}

/* ---- what came of it ---- */

int ping_crew_bell(const struct ping_crew *crew)
{
    return crew->bell;
}

/* OpenSSL has something of each thread, which goes when the thread ends: before exit(3) does. */
static struct ping_try *joined(struct ping_try *attempt)
{
    if (attempt != NULL) {
        (void)pthread_join(attempt->thread, NULL); /* all that is left to it is to end */
    }
    return attempt;
}

struct ping_try *ping_crew_done(struct ping_crew *crew)
{
    uint64_t rings;
    ssize_t heard = read(crew->bell, &rings, sizeof rings);

    (void)heard; /* nothing to hear: then the list is empty, or its bell rings again */
    (void)pthread_mutex_lock(&crew->lock);
    struct ping_try *attempt = crew->first;

    if (attempt != NULL) {
        crew->first = attempt->next;
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return joined(attempt);
}

int ping_crew_busy(struct ping_crew *crew)
{
    (void)pthread_mutex_lock(&crew->lock);
    int busy = crew->busy;

    (void)pthread_mutex_unlock(&crew->lock);
    return busy;
}

bool ping_crew_leave(struct ping_crew *crew)
{
    struct ping_try *attempt;

    if (crew == NULL) {
        return true;
    }
    (void)pthread_mutex_lock(&crew->lock);
    int busy = crew->busy;

    crew->left = true;
    (void)pthread_mutex_unlock(&crew->lock);
    while ((attempt = ping_crew_done(crew)) != NULL) {
        ping_try_free(attempt);
    }
    (void)pthread_mutex_lock(&crew->lock);
    drop_user(crew);
    return busy == 0;
}
