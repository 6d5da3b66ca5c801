#include "client/ping.h"

#include <openssl/rand.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "client/ping_inside.h"
#include "client/session_files.h"

#define NS_PER_MS INT64_C(1000000)

static void fill_in(struct ping_plan *plan)
{
    plan->interval_ms = plan->interval_ms > 0 ? plan->interval_ms : PING_INTERVAL_MS;
    plan->size = plan->size > 0 ? plan->size : PING_SIZE;
    plan->depth = plan->depth > 0 ? plan->depth : PING_DEPTH;
    if (plan->flood && plan->count == 0 && plan->deadline_ms == 0) {
        plan->deadline_ms = PING_FLOOD_MS;
    }
    if (plan->again > 0) {
        plan->reconnect = PING_RESUME;
        plan->count = plan->again + 1;
    }
}

/* NULL without memory or random bytes. */
static struct ping *ping_new(struct secho_client *client, const struct ping_wishes *wishes)
{
    struct ping *ping = calloc(1, sizeof *ping);
    int64_t timeout_ms = client_timeout_ms(client);

    if (ping == NULL) {
        return NULL;
    }
    ping->client = client;
    ping->wishes = wishes;
    ping->talk = wishes->talk;
    ping->plan = wishes->plan;
    fill_in(&ping->plan);
    ping_ledger_init(&ping->ledger);
    ping->shape.size = ping->plan.size;
    ping->look = look_for(stdout);
    ping->timeout_ns = timeout_ms < 0 ? INT64_MAX : timeout_ms * NS_PER_MS;
    ping->start_ns = ping->end_ns = clock_now_ns();
    ping->deadline_ns = ping->plan.deadline_ms > 0
                            ? ping->start_ns + ping->plan.deadline_ms * NS_PER_MS
                            : INT64_MAX;
    if (RAND_bytes((unsigned char *)&ping->shape.nonce, sizeof ping->shape.nonce) == 1) {
        ping->crew = ping_crew_new(client, &ping->shape, ping->plan.reconnect == PING_RESUME);
    }
    if (ping->crew == NULL) {
        free(ping);
        return NULL;
    }
    return ping;
}

static void tell_lost(void *context, uint64_t number)
{
    const struct ping_echo echo = {.number = number, .fate = PING_LOST, .took_ns = -1};

    ping_tell_echo(context, &echo);
}

#define GRACE_NS    INT64_C(1000000000) /* an echo may be on its way for so long, or ... */
#define GRACE_TIMES 2 /* ... so many times as long as the slowest one took (ping(8) waits so) */

/* When a message that is still on its way was sent at the earliest. */
static int64_t recent_ns(const struct ping *ping)
{
    int64_t slowest =
        (int64_t)ping->stats[ping->ledger.apart ? PING_TOTAL : PING_ECHO].histogram.max;
    int64_t grace = slowest * GRACE_TIMES > GRACE_NS ? slowest * GRACE_TIMES : GRACE_NS;

    return ping->end == PING_DEADLINE || ping->end == PING_STOPPED ? ping->end_ns - grace
                                                                   : INT64_MAX;
}

/* Once bytes have come back. What went wrong before is not forgotten over it. 0 or a status. */
static int keep_session(struct ping *ping)
{
    struct secho_client *client = ping->client;
    const struct failure before = client->failure;
    struct session newest = {0};

    if (ping->wishes->sess_out == NULL || ping_received(&ping->ledger.counts) == 0) {
        return 0;
    }
    if (ping->opened != NULL) {
        (void)client_take_session(client, &newest, NULL);
    } else {
        (void)ping_crew_newest(ping->crew, &newest, NULL);
    }
    int rc = session_files_save(client, &newest, ping->wishes->sess_out);

    session_done(&newest);
    if (before.happened) {
        client->failure = before;
    }
    return rc == 0 ? 0 : (int)client->failure.exit;
}

static int finish(struct ping *ping)
{
    ping_ledger_end(&ping->ledger, recent_ns(ping), tell_lost, ping);
    int status = ping_judge(ping), saved = keep_session(ping);

    status = status != EXIT_PROVEN ? status : saved;
    ping_tell_summary(ping, status);
    return status;
}

static void run(struct ping *ping)
{
    if (ping->plan.reconnect != PING_KEEP) {
        ping_tell_start(ping);
        ping_fresh(ping);
        return;
    }
    ping_open(ping);
    if (ping->end == PING_GOES_ON) {
        ping_tell_start(ping);
        ping_steady(ping);
    }
}

static int fail(struct secho_client *client)
{
    struct secho_error err;

    (void)error_set(&err, SECHO_ERR_MEMORY, "no memory for ping");
    failure_from_error(&client->failure, FAILURE_SETUP, &err);
    return (int)client->failure.exit;
}

int ping_run(struct secho_client *client, const struct ping_wishes *wishes, bool *still_busy)
{
    struct ping *ping = ping_new(client, wishes);

    if (ping == NULL) {
        return fail(client);
    }
    ping_signals_take(&ping->signals);
    run(ping);
    ping_signals_return(&ping->signals);
    int status = finish(ping);

    client->failure = ping->client->failure;
    *still_busy = !ping_crew_leave(ping->crew);
    ping_try_free(ping->opened);
    free(ping);
    return status;
}
