/* result.h - everything that a run has found out, for those who print it. */
#ifndef SECHO_RESULT_H
#define SECHO_RESULT_H

#include "base/clock.h"
#include "bench/plan.h"
#include "bench/tally.h"
#include "client/failure.h"
#include "net/address.h"

/* Facts about this machine: a figure without them means little. Texts are printable. */
struct machine {
    char cpu[128];              /* model name */
    int cpus;                   /* online, as this process may use them */
    char kernel[96];            /* "Linux 6.18.5 x86_64" */
    char openssl[64];           /* "OpenSSL 3.0.19 27 Jan 2026" */
    char congestion[32];        /* TCP_CONGESTION of a new socket: "cubic" */
    char time[CLOCK_TEXT_SIZE]; /* when the run began */
};

/* What the server's processes used over the measured window. Only with --pid. */
struct usage {
    bool known;
    uint64_t cpu_ns;     /* of all threads, children too */
    uint64_t pss_before; /* bytes: before the first connection */
    uint64_t pss_after;  /* bytes: at the end of the window, with all connections open */
    int processes;       /* how many were seen at the end */
};

struct result {
    struct plan plan;
    struct machine machine;
    char address[ADDRESS_TEXT_SIZE];        /* who answered: "127.0.0.1:8443" */
    char version[16], suite[64], group[32]; /* "" with --plain */
    double measured_s;                      /* how long the window really was */
    bool interrupted;                       /* Ctrl-C: fewer seconds than asked for */
    struct tally tally;
    struct usage usage;
    struct failure
        failure; /* the first thing that went wrong; happened is false when nothing did */
};

#endif
