/* caller_tls.c - the handshake, with a session of an earlier one or without, and the goodbye. */
#include "base/clock.h"
#include "base/error.h"
#include "bench/caller_steps.h"
#include "net/socket.h"
#include "tls/stream.h"

/* ---- sessions ---- */

/*
 * The share of handshakes that offer a session is spread evenly: each one adds to what is owed.
 * Who has none yet stays in debt, but for one handshake at most.
 */
static void offer_session(struct caller *caller)
{
    struct caller_common *common = caller->common;

    common->resume_owed += common->run->plan->resume;
    if (common->resume_owed < 0.999999) {
        return;
    }
    if (caller->session == NULL || SSL_set_session(caller->tls, caller->session) != 1) {
        common->resume_owed = 1;
        return;
    }
    common->resume_owed -= 1;
    caller_forget(caller); /* RFC 8446 C.4: a ticket is used once */
}

/* The newest session of the connection. In TLS 1.3 there is none until a ticket has come. */
static void keep_session(struct caller *caller)
{
    if (caller->tls == NULL || caller->common->run->plan->resume <= 0) {
        return;
    }
    SSL_SESSION *session = SSL_get1_session(caller->tls);

    if (session == NULL || SSL_SESSION_is_resumable(session) != 1) {
        SSL_SESSION_free(session);
        return;
    }
    caller_forget(caller);
    caller->session = session;
}

/* ---- the handshake ---- */

static int start_tls(struct caller *caller)
{
    struct caller_common *common = caller->common;
    const struct run *run = common->run;
    struct secho_error err = {.text = ""};
    BIO *bio = NULL;

    caller->tls = trust_session(common->context, run->server_name, run->plan->insecure,
                                &caller->verdict, &err);
    if (caller->tls != NULL) {
        bio = wire_bio(&caller->wire);
    }
    if (bio == NULL) {
        caller_fail(caller, ENDING_MEMORY, 0, err.text);
        return -1;
    }
    SSL_set_bio(caller->tls, bio, bio); /* owns it now */
    stream_watch(caller->tls, &caller->facts);
    if (run->plan->mode == PLAN_HANDSHAKE) {
        offer_session(caller);
    }
    return 0;
}

static enum step finished(struct caller *caller)
{
    struct meter *meter = &caller->common->meter;
    int64_t now_ns = clock_now_ns();

    meter_stage(meter, &meter->tally.tls, caller->begun_ns, now_ns - caller->since_ns);
    meter_handshake(meter, now_ns, SSL_session_reused(caller->tls) == 1);
    progress_add(&caller->common->progress.handshakes, 1);
    caller->since_ns = caller->alive_ns = now_ns;
    return STEP_DONE;
}

enum step handshake_step(struct caller *caller)
{
    struct secho_error err;
    size_t before;

    if (caller->common->context == NULL) {
        return STEP_DONE;
    }
    if (caller->tls == NULL && start_tls(caller) != 0) {
        return STEP_FAIL;
    }
    do {
        before = wire_input(&caller->wire);
        switch (stream_handshake(caller->tls, &err)) {
        case IO_DONE:
            return finished(caller);
        case IO_WANT_READ:
        case IO_WANT_WRITE: /* never: the wire takes everything */
            break;
        case IO_EOF:
        case IO_FAILED:
            caller_fail(caller, ENDING_TLS, err.os_errno, err.text);
            return STEP_FAIL;
        }
    } while (wire_input(&caller->wire) > 0 && wire_input(&caller->wire) < before);
    if (caller->wire.at_end) {
        caller_fail(caller, ENDING_EOF, 0, NULL);
        return STEP_FAIL;
    }
    return STEP_WAIT;
}

/* ---- the goodbye ---- */

static void say_goodbye(struct caller *caller)
{
    if (caller->said_goodbye) {
        return;
    }
    caller->said_goodbye = true;
    caller->since_ns = caller->alive_ns = clock_now_ns();
    if (caller->tls == NULL) {
        socket_finish(caller->wire.fd); /* all is back, so all was sent */
    } else if (stream_goodbye(caller->tls, NULL) == IO_FAILED) {
        caller->wire.at_end = true; /* nobody is left to answer */
    }
}

/* More came than was sent. */
static enum step too_long(struct caller *caller)
{
    caller_fail(caller, ENDING_ECHO_LONG, 0, "after our goodbye");
    return STEP_FAIL;
}

/* What came after our goodbye: tickets, the server's goodbye, an alert; no data. */
static enum step hear(struct caller *caller)
{
    struct wire_buffers *buffers = &caller->common->buffers;
    struct secho_error err;
    size_t got = 0;

    while (wire_input(&caller->wire) > 0) {
        switch (stream_read(caller->tls, buffers->plain, WIRE_PLAIN_BYTES, &got, &err)) {
        case IO_DONE:
            return too_long(caller);
        case IO_WANT_READ:
        case IO_WANT_WRITE:
            break;
        case IO_EOF:
            return STEP_DONE;
        case IO_FAILED:
            caller_fail(caller, ENDING_TLS, err.os_errno, err.text);
            return STEP_FAIL;
        }
    }
    return STEP_WAIT;
}

enum step goodbye_step(struct caller *caller)
{
    enum step step = STEP_WAIT;
    size_t more = 0;

    say_goodbye(caller);
    if (caller->tls != NULL) {
        step = hear(caller);
    } else if (wire_take(&caller->wire, &more), more > 0) {
        return too_long(caller);
    }
    if (step == STEP_WAIT && caller->wire.at_end) {
        step = STEP_DONE; /* a server may leave without a word: everything is back */
    }
    if (step == STEP_DONE) {
        keep_session(caller);
        if (caller->common->run->plan->mode == PLAN_HANDSHAKE) {
            meter_latency(&caller->common->meter, caller->begun_ns, clock_now_ns());
        }
    }
    return step;
}
