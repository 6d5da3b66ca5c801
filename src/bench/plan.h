/* plan.h - what a run of secho-bench is to do: the command line, checked. */
#ifndef SECHO_PLAN_H
#define SECHO_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <secho/client.h>

enum plan_mode {
    PLAN_ECHO,      /* messages there and back, `depth` of them under way on each connection */
    PLAN_STREAM,    /* as many bytes as the path takes, in both directions at once */
    PLAN_HANDSHAKE, /* connect, shake hands, (echo one message,) close, again */
    PLAN_IDLE,      /* connect, echo one message, hold */
};

#define PLAN_CONNECTIONS_MAX 1000000
#define PLAN_THREADS_MAX     64
#define PLAN_DEPTH_MAX       1024
#define PLAN_SIZE_MAX        (16u << 20)
#define PLAN_PIDS_MAX        64

struct plan {
    enum plan_mode mode;
    struct secho_client_settings way; /* host, port and everything about TLS */
    bool insecure;
    bool plain;          /* TCP without TLS */
    int connections;     /* 1..PLAN_CONNECTIONS_MAX */
    int threads;         /* 1..PLAN_THREADS_MAX, at most `connections` */
    int64_t duration_ms; /* of the measured window; > 0 */
    int64_t warmup_ms;   /* runs, before it, unmeasured; >= 0 */
    int64_t ramp_ms;     /* the connections are opened evenly over this time; 0: at once */
    size_t size;         /* bytes of a message, 1..PLAN_SIZE_MAX */
    int depth;           /* messages under way on each connection, 1..PLAN_DEPTH_MAX */
    double rate;   /* messages (PLAN_HANDSHAKE: connections) per second of all; 0: closed loop */
    double resume; /* share of the handshakes that offer a session, 0..1 */
    bool no_echo;  /* PLAN_HANDSHAKE without its echo */
    int pids[PLAN_PIDS_MAX]; /* of the server, for the sampler; their descendants count too */
    size_t pid_count;
};

#endif
