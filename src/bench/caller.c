/*
 * caller.c - the life of one connection of the load.
 *
 *      CONNECT
 *         |
 *     HANDSHAKE      (at once without TLS)
 *         |
 *       FIRST        one message (none with --no-echo)
 *         |
 *       HOLD         until all others have got here
 *         |
 *       LOAD         echo and stream only
 *         |  the window is over, all is back
 *      GOODBYE
 *         |  the server's goodbye
 *      CLOSED <---- from everywhere: it failed
 *
 * A step tries and says how far it came. Only advance() and caller_expire() change the state.
 */
#include "bench/caller.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "bench/caller_steps.h"
#include "net/socket.h"

static const struct {
    enum step (*run)(struct caller *caller);
    enum caller_state next;
    enum failure_stage stage;
    enum ending_stage ending;
} protocol[] = {
    [CALLER_CONNECT] = {connect_step, CALLER_HANDSHAKE, FAILURE_CONNECT, ENDING_STAGE_ACCEPTED},
    [CALLER_HANDSHAKE] = {handshake_step, CALLER_FIRST, FAILURE_HANDSHAKE, ENDING_STAGE_HANDSHAKE},
    [CALLER_FIRST] = {first_step, CALLER_HOLD, FAILURE_ECHO, ENDING_STAGE_ECHO},
    [CALLER_HOLD] = {hold_step, CALLER_LOAD, FAILURE_ECHO, ENDING_STAGE_ECHO},
    [CALLER_LOAD] = {load_step, CALLER_GOODBYE, FAILURE_ECHO, ENDING_STAGE_ECHO},
    [CALLER_GOODBYE] = {goodbye_step, CALLER_CLOSED, FAILURE_GOODBYE, ENDING_STAGE_GOODBYE},
    [CALLER_CLOSED] = {NULL, CALLER_CLOSED, FAILURE_GOODBYE, ENDING_STAGE_GOODBYE},
};

/* ---- how it ended ---- */

/* After this nothing that the run has counted can be trusted. */
static bool is_wrong(enum ending_cause cause)
{
    return cause == ENDING_ECHO_WRONG || cause == ENDING_ECHO_LONG;
}

static const char *advice_of(const struct ending *ending)
{
    if (ending->os_errno == EADDRNOTAVAIL) {
        return "The ports of this machine towards that address are used up: allow more of them "
               "(sysctl net.ipv4.ip_local_port_range), open fewer connections (-n), or run a "
               "secho-bench for each of several addresses of the server: each has all the ports.";
    }
    if (ending->os_errno == EMFILE || ending->os_errno == ENFILE) {
        return "Allow more open files (ulimit -n), or open fewer connections (-n).";
    }
    return NULL;
}

void caller_fail(struct caller *caller, enum ending_cause cause, int os_errno, const char *detail)
{
    struct run *run = caller->common->run;
    struct ending ending = {
        .side = ENDING_CLIENT,
        .stage = protocol[caller->state].ending,
        .cause = cause,
        .os_errno = os_errno,
        .tls = caller->facts,
        .limit = run->timeout_ns == RUN_NEVER ? 0 : run->timeout_ns / 1000000,
        .detail = detail,
    };
    struct failure failure;

    failure_set(&failure, protocol[caller->state].stage, &ending, "%.253s (%s), connection %ju",
                run->host, run->place, (uintmax_t)caller->number);
    if (advice_of(&ending) != NULL) {
        failure_advise(&failure, advice_of(&ending));
    }
    caller->failed = true;
    caller->code = failure.number;
    run_fail(run, &failure, is_wrong(cause) || !atomic_load(&run->proven));
}

/* ---- birth ---- */

static enum ending_cause connect_cause(int os_errno)
{
    switch (os_errno) {
    case ECONNREFUSED:
        return ENDING_REFUSED;
    case ECONNRESET:
        return ENDING_SOCKET;
    case EADDRNOTAVAIL:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
        return ENDING_SYSTEM;
    default:
        return ENDING_UNREACHABLE;
    }
}

enum caller_next caller_begin(struct caller *caller, uint64_t number, int64_t begun_ns)
{
    struct caller_common *common = caller->common;
    struct secho_error err;
    int fd = -1;

    caller->state = CALLER_CONNECT;
    caller->number = number;
    caller->facts =
        (struct stream_facts){.alert_received = STREAM_NO_ALERT, .alert_sent = STREAM_NO_ALERT};
    caller->said_goodbye = caller->failed = caller->more = false;
    caller->code = EXPLAIN_OK;
    caller->begun_ns = begun_ns;
    caller->since_ns = caller->alive_ns = clock_now_ns();
    caller->in_at = caller->out_at = pattern_place(number);
    caller->in_left = common->size;
    caller->out_left = caller->quiet_bytes = 0;
    caller->under_way = caller->bytes_back = caller->begun = caller->done = caller->due = 0;
    if (socket_connect(&common->run->address, &fd, &err) != 0) {
        wire_init(&caller->wire, &common->buffers, -1);
        caller_fail(caller, connect_cause(err.os_errno), err.os_errno, err.text);
        caller->state = CALLER_CLOSED;
        return CALLER_OVER;
    }
    wire_init(&caller->wire, &common->buffers, fd);
    caller->wire.duplex = true;
    return CALLER_WAIT;
}

enum step connect_step(struct caller *caller)
{
    struct meter *meter = &caller->common->meter;
    int64_t now_ns;

    if (socket_connect_result(caller->wire.fd) != 0) {
        int why = errno;

        caller_fail(caller, connect_cause(why), why, NULL);
        return STEP_FAIL;
    }
    now_ns = clock_now_ns();
    meter_stage(meter, &meter->tally.tcp, caller->begun_ns, now_ns - caller->since_ns);
    caller->since_ns = caller->alive_ns = now_ns;
    return STEP_DONE;
}

/* ---- turns ---- */

/*
 * The socket is dead. After our goodbye that is how some servers leave, and no news: everything is
 * back by then.
 */
static void note_socket_failure(struct caller *caller)
{
    int why = caller->wire.os_errno;

    if (caller->state != CALLER_GOODBYE && !caller->failed) {
        caller_fail(caller, why == ENOMEM ? ENDING_MEMORY : ENDING_SOCKET, why, NULL);
    }
    caller->state = CALLER_CLOSED;
}

static enum step advance(struct caller *caller)
{
    enum step step = protocol[caller->state].run(caller);

    if (step == STEP_DONE) {
        caller->state = protocol[caller->state].next;
    } else if (step == STEP_FAIL) {
        caller->state = CALLER_CLOSED;
    }
    return step;
}

static enum caller_next run_steps(struct caller *caller)
{
    while (caller->state != CALLER_CLOSED) {
        if (caller->wire.os_errno != 0) {
            note_socket_failure(caller);
        } else if (advance(caller) == STEP_WAIT) {
            return CALLER_WAIT;
        }
    }
    return CALLER_OVER;
}

enum caller_next caller_turn(struct caller *caller)
{
    caller->common->now_ns = 0;
    if (caller->state == CALLER_CONNECT && advance(caller) == STEP_FAIL) {
        return CALLER_OVER; /* the wire would take the socket's error away */
    }
    wire_flush(&caller->wire);
    wire_begin(&caller->wire);
    enum caller_next next = run_steps(caller);

    wire_end(&caller->wire);
    if (caller->wire.os_errno != 0 && caller->state != CALLER_CLOSED) { /* found by the end */
        note_socket_failure(caller);
        next = CALLER_OVER;
    }
    return next;
}

/* ---- who waited too long ---- */

enum caller_next caller_expire(struct caller *caller, int64_t now_ns)
{
    const struct run *run = caller->common->run;
    bool waits = caller->state != CALLER_HOLD && caller->state != CALLER_CLOSED &&
                 (caller->state != CALLER_LOAD || caller->under_way > 0);

    if (!waits || run->timeout_ns == RUN_NEVER || now_ns - caller->alive_ns <= run->timeout_ns) {
        return CALLER_WAIT;
    }
    caller_fail(caller, caller->state == CALLER_CONNECT ? ENDING_CONNECT_TIMEOUT : ENDING_TIMEOUT,
                0, NULL);
    caller->state = CALLER_CLOSED;
    return CALLER_OVER;
}

/* ---- death ---- */

void caller_done(struct caller *caller)
{
    SSL_free(caller->tls);
    caller->tls = NULL;
    wire_done(&caller->wire);
    socket_close(caller->wire.fd);
    caller->wire.fd = -1;
}

void caller_forget(struct caller *caller)
{
    SSL_SESSION_free(caller->session);
    caller->session = NULL;
}
