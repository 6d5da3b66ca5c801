/* caller_echo.c - messages there and back, each byte compared. */
#include <stdio.h>

#include "base/clock.h"
#include "bench/caller_steps.h"
#include "tls/stream.h"

#define PIECE_BYTES 65536u  /* so much of a message is written in one go; PATTERN_SLICE_MAX */
#define SEND_BYTES  131072u /* then the kernel gets it; the wire keeps what the kernel leaves */
#define SIGN_BYTES  65536u  /* of a message that is not whole yet: a sign of life */
#define TURN_PIECES 512     /* of a stream: then the others have their turns, and this one reads */

/* ---- what came back ---- */

static int wrong_byte(struct caller *caller, size_t same, unsigned char came)
{
    const struct pattern *pattern = &caller->common->run->pattern;
    char detail[160];

    (void)snprintf(detail, sizeof detail, "byte %ju of connection %ju is 0x%02x in place of 0x%02x",
                   (uintmax_t)(caller->bytes_back + same), (uintmax_t)caller->number, came,
                   pattern->bytes[caller->in_at + same]);
    caller_fail(caller, ENDING_ECHO_WRONG, 0, detail);
    return -1;
}

static int too_many(struct caller *caller)
{
    char detail[160];

    (void)snprintf(detail, sizeof detail,
                   "more than the %ju bytes that were sent on connection %ju",
                   (uintmax_t)(caller->bytes_back + caller->under_way), (uintmax_t)caller->number);
    caller_fail(caller, ENDING_ECHO_LONG, 0, detail);
    return -1;
}

/* When the oldest message that is under way was sent (open loop: was due). */
static int64_t oldest_ns(const struct caller *caller)
{
    return run_is_open_loop(caller->common->run)
               ? schedule_at(&caller->schedule, caller->done)
               : caller->sent_ns[caller->done % caller->common->depth];
}

/* `len` bytes came that are right. Returns how many messages are whole by them. */
static uint64_t count_messages(struct caller *caller, size_t len, int64_t now_ns)
{
    struct caller_common *common = caller->common;
    bool measured = caller->state == CALLER_LOAD && !common->streams;
    uint64_t before = caller->done;

    while (len >= caller->in_left) {
        if (measured) {
            meter_latency(&common->meter, oldest_ns(caller), now_ns);
        }
        len -= caller->in_left;
        caller->in_left = common->size;
        caller->done++;
    }
    caller->in_left -= len;
    return caller->done - before;
}

static void count(struct caller *caller, size_t len)
{
    struct caller_common *common = caller->common;
    int64_t now_ns = clock_now_ns();
    uint64_t messages = count_messages(caller, len, now_ns);

    common->now_ns = now_ns;
    caller->quiet_bytes += len;
    if (messages > 0 || caller->quiet_bytes >= SIGN_BYTES) {
        caller->alive_ns = now_ns;
        caller->quiet_bytes = 0;
    }
    if (common->streams) {
        messages = 0;
    }
    meter_back(&common->meter, now_ns, len, messages);
    progress_add(&common->progress.messages, messages);
    progress_add(&common->progress.bytes, len);
}

/* Compares up to PATTERN_SLICE_MAX bytes. */
static int take(struct caller *caller, const unsigned char *bytes, size_t len)
{
    const struct pattern *pattern = &caller->common->run->pattern;
    size_t expected = len < caller->under_way ? len : (size_t)caller->under_way;
    size_t same = pattern_same(pattern, caller->in_at, bytes, expected);

    if (same < expected) {
        return wrong_byte(caller, same, bytes[same]);
    }
    if (len > expected) {
        return too_many(caller);
    }
    caller->in_at = pattern_after(caller->in_at, len);
    caller->under_way -= len;
    caller->bytes_back += len;
    count(caller, len);
    return 0;
}

/* The server has ended its direction. */
static enum step ended(struct caller *caller)
{
    char detail[160];

    if (caller->under_way == 0) {
        caller_fail(caller, ENDING_CLOSED_EARLY, 0, NULL);
        return STEP_FAIL;
    }
    (void)snprintf(detail, sizeof detail, "%ju bytes of connection %ju are missing",
                   (uintmax_t)caller->under_way, (uintmax_t)caller->number);
    caller_fail(caller, ENDING_ECHO_SHORT, 0, detail);
    return STEP_FAIL;
}

static enum step receive_tls(struct caller *caller)
{
    unsigned char *plain = caller->common->buffers.plain;
    struct secho_error err;

    while (wire_input(&caller->wire) > 0) {
        size_t got = 0;

        switch (stream_read(caller->tls, plain, WIRE_PLAIN_BYTES, &got, &err)) {
        case IO_DONE:
            if (take(caller, plain, got) != 0) {
                return STEP_FAIL;
            }
            break;
        case IO_WANT_READ:
        case IO_WANT_WRITE:
            break;
        case IO_EOF:
            return ended(caller);
        case IO_FAILED:
            caller_fail(caller, ENDING_TLS, err.os_errno, err.text);
            return STEP_FAIL;
        }
    }
    if (caller->wire.at_end) { /* FIN without close_notify */
        caller_fail(caller, ENDING_EOF, 0, NULL);
        return STEP_FAIL;
    }
    return STEP_DONE;
}

static enum step receive_plain(struct caller *caller)
{
    size_t len;
    const unsigned char *bytes = wire_take(&caller->wire, &len);

    while (len > 0) {
        size_t piece = len < PATTERN_SLICE_MAX ? len : PATTERN_SLICE_MAX;

        if (take(caller, bytes, piece) != 0) {
            return STEP_FAIL;
        }
        bytes += piece;
        len -= piece;
    }
    return caller->wire.at_end ? ended(caller) : STEP_DONE;
}

/* All of this turn's input. */
static enum step receive(struct caller *caller)
{
    return caller->tls != NULL ? receive_tls(caller) : receive_plain(caller);
}

/* ---- what goes out ---- */

static bool load_is_over(const struct caller *caller, int64_t now_ns)
{
    return run_is_open_loop(caller->common->run)
               ? caller->common->last_is_due && caller->begun >= caller->due
               : now_ns >= run_end_ns(caller->common->run);
}

static bool may_begin(const struct caller *caller, int64_t now_ns)
{
    const struct caller_common *common = caller->common;

    if (caller->state == CALLER_FIRST) {
        return caller->begun == 0;
    }
    if (caller->state != CALLER_LOAD || caller->begun - caller->done >= common->depth) {
        return false;
    }
    return run_is_open_loop(common->run) ? caller->begun < caller->due
                                         : now_ns < run_end_ns(common->run);
}

static void begin_message(struct caller *caller, int64_t now_ns)
{
    struct caller_common *common = caller->common;

    if (caller->under_way == 0) {
        caller->alive_ns = now_ns;
    }
    if (caller->state == CALLER_LOAD && !common->streams && !run_is_open_loop(common->run)) {
        caller->sent_ns[caller->begun % common->depth] = now_ns;
        meter_begun(&common->meter, now_ns);
    }
    caller->begun++;
    caller->out_left = common->size;
}

/* Writes up to `len` bytes of the message: OpenSSL takes a record at a time. */
static int put(struct caller *caller, size_t len, size_t *done)
{
    const unsigned char *bytes = caller->common->run->pattern.bytes + caller->out_at;
    struct secho_error err;

    *done = len;
    if (caller->tls == NULL) {
        if (wire_put(&caller->wire, bytes, len) != 0) {
            return -1; /* the wire has noted why */
        }
    } else if (stream_write(caller->tls, bytes, len, done, &err) != IO_DONE) {
        caller_fail(caller, ENDING_TLS, err.os_errno, err.text);
        return -1;
    }
    caller->out_at = pattern_after(caller->out_at, *done);
    caller->out_left -= *done;
    caller->under_way += *done;
    return 0;
}

/* Small messages leave together, at the end of the turn; of large ones what the kernel takes. */
static int send_messages(struct caller *caller, int64_t now_ns)
{
    size_t unsent = 0;
    int begun = 0;

    caller->more = false;
    while (!wire_has_backlog(&caller->wire) && caller->wire.os_errno == 0) {
        if (caller->out_left == 0) {
            if (!may_begin(caller, now_ns)) {
                break;
            }
            if (caller->common->streams && begun++ == TURN_PIECES) {
                caller->more = true;
                break;
            }
            begin_message(caller, now_ns);
        }
        size_t piece = caller->out_left < PIECE_BYTES ? caller->out_left : PIECE_BYTES;

        size_t done = 0;

        if (put(caller, piece, &done) != 0) {
            return -1;
        }
        unsent += done;
        if (unsent >= SEND_BYTES) {
            wire_send(&caller->wire);
            unsent = 0;
        }
    }
    return 0;
}

static enum step exchange(struct caller *caller)
{
    struct caller_common *common = caller->common;
    enum step step = receive(caller);

    if (step != STEP_DONE) {
        return step;
    }
    if (common->now_ns == 0) {
        common->now_ns = clock_now_ns();
    }
    if (send_messages(caller, common->now_ns) != 0) {
        return caller->failed ? STEP_FAIL : STEP_WAIT;
    }
    return STEP_DONE;
}

/* ---- the three states ---- */

enum step first_step(struct caller *caller)
{
    struct caller_common *common = caller->common;
    const struct plan *plan = common->run->plan;
    struct meter *meter = &common->meter;
    bool echoes = plan->mode != PLAN_HANDSHAKE || !plan->no_echo;

    if (echoes) {
        enum step step = exchange(caller);

        if (step != STEP_DONE || caller->done == 0) {
            return step == STEP_DONE ? STEP_WAIT : step;
        }
        meter_stage(meter, &meter->tally.first_echo, caller->begun_ns,
                    common->now_ns - caller->since_ns);
    }
    caller->begun = caller->done = 0;
    if (!atomic_load_explicit(&common->run->proven, memory_order_relaxed)) {
        atomic_store(&common->run->proven, true);
    }
    return STEP_DONE;
}

enum step hold_step(struct caller *caller)
{
    const struct run *run = caller->common->run;
    enum step step;

    if (run->plan->mode == PLAN_HANDSHAKE) {
        return STEP_DONE;
    }
    step = exchange(caller); /* nothing may come, and nothing goes out */
    if (step != STEP_DONE) {
        return step;
    }
    if (run->plan->mode != PLAN_IDLE && caller->common->now_ns >= run_go_ns(run)) {
        return STEP_DONE;
    }
    return atomic_load(&run->leaving) ? STEP_DONE : STEP_WAIT;
}

enum step load_step(struct caller *caller)
{
    const struct run *run = caller->common->run;
    enum step step;

    if (run->plan->mode == PLAN_HANDSHAKE || run->plan->mode == PLAN_IDLE) {
        return STEP_DONE;
    }
    step = exchange(caller);
    if (step != STEP_DONE) {
        return step;
    }
    return caller->begun == caller->done && load_is_over(caller, caller->common->now_ns) &&
                   atomic_load(&run->leaving)
               ? STEP_DONE
               : STEP_WAIT;
}
