#include "results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGES   100000
#define HANDSHAKES 20
#define SLICES     100

/* The time of message i: most are about 100 us, few are slow. */
static uint64_t time_of(int i)
{
    double share = (i + 0.5) / MESSAGES;

    return (uint64_t)(80000 * pow(1 / (1 - share), 0.42));
}

static void fill_machine(struct machine *machine)
{
    *machine = (struct machine){
        .cpu = "Imaginary CPU <3 GHz>",
        .cpus = 2,
        .kernel = "Linux 6.1.0 x86_64",
        .openssl = "OpenSSL 3.0.19 27 Jan 2026",
        .congestion = "cubic",
        .time = "2026-11-22T18:42:15.123Z",
    };
}

static void fill_tally(struct tally *tally, enum plan_mode mode)
{
    for (int i = 0; i < MESSAGES && mode != PLAN_IDLE; i++) {
        struct tally_slice *slice = &tally->slices[i % SLICES];
        uint64_t ns = time_of(i);

        histogram_add(&tally->latency, ns);
        slice->messages++;
        slice->bytes += 64;
        slice->handshakes += mode == PLAN_HANDSHAKE ? 1 : 0;
        slice->latency_max_ns = ns > slice->latency_max_ns ? ns : slice->latency_max_ns;
    }
    for (int i = 0; i < HANDSHAKES; i++) {
        histogram_add(&tally->tcp, 30000 + 1000 * (uint64_t)i);
        histogram_add(&tally->tls, 900000 + 10000 * (uint64_t)i);
        histogram_add(&tally->first_echo, 110000 + 1000 * (uint64_t)i);
    }
    tally->messages = tally->latency.count;
    tally->bytes = tally->messages * 64;
    tally->opened = tally->full = HANDSHAKES;
    tally->ends[EXPLAIN_OK] = HANDSHAKES;
    if (mode == PLAN_HANDSHAKE) {
        tally->opened = tally->full = tally->ends[EXPLAIN_OK] = MESSAGES;
    }
}

struct result *results_new(enum plan_mode mode)
{
    struct result *result = calloc(1, sizeof *result);

    if (result == NULL) {
        abort();
    }
    result->plan = (struct plan){
        .mode = mode,
        .way = {.host = "localhost", .port = "8443"},
        .connections = HANDSHAKES,
        .threads = 2,
        .duration_ms = 10000,
        .warmup_ms = 1000,
        .size = 64,
        .depth = 1,
        .pids = {4711},
        .pid_count = 1,
    };
    (void)snprintf(result->address, sizeof result->address, "127.0.0.1:8443");
    (void)snprintf(result->version, sizeof result->version, "TLSv1.3");
    (void)snprintf(result->suite, sizeof result->suite, "TLS_AES_128_GCM_SHA256");
    (void)snprintf(result->group, sizeof result->group, "X25519");
    result->measured_s = 10.0002;
    result->usage = (struct usage){true, UINT64_C(2000000000), 4000000, 4400000, 3};
    fill_machine(&result->machine);
    fill_tally(&result->tally, mode);
    return result;
}

struct result *results_refused(void)
{
    struct result *result = results_new(PLAN_ECHO);
    struct ending ending = {.cause = ENDING_REFUSED, .side = ENDING_CLIENT};

    result->tally = (struct tally){0};
    result->usage = (struct usage){0};
    result->measured_s = 0;
    result->version[0] = '\0';
    failure_set(&result->failure, FAILURE_CONNECT, &ending, "TCP: 127.0.0.1:8443");
    return result;
}
