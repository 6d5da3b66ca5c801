/* ping_tell.c - what a person reads while ping runs, and at its end. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bars.h"
#include "base/excerpt.h"
#include "base/figure.h"
#include "client/ping_inside.h"
#include "client/session_files.h"
#include "tls/chosen.h"

#define HOST_SIZE 300
#define RED       "\033[31m"
#define YELLOW    "\033[33m"
#define PLAIN     "\033[0m"

static double ms(double ns)
{
    return ns / 1e6;
}

static bool in_json(const struct ping *ping)
{
    return ping->talk == PING_JSON || ping->talk == PING_JSON_QUIET;
}

static const char *host(const struct ping *ping, char text[static HOST_SIZE])
{
    return excerpt_text(text, HOST_SIZE, ping->client->settings.host);
}

/* ---- the start ---- */

void ping_tell_start(const struct ping *ping)
{
    const struct secho_client *client = ping->client;
    char name[HOST_SIZE];

    if (in_json(ping)) {
        return;
    }
    if (ping->plan.again > 0) {
        (void)printf(
            "PING %s port %s: 2 messages of %zu bytes in each of %d connections, one after "
            "the other, each with the session of the one before\n",
            host(ping, name), client->settings.port, ping->shape.size, ping->plan.count);
        (void)fflush(stdout);
        return;
    }
    if (ping->plan.reconnect != PING_KEEP) {
        (void)printf("PING %s port %s: 2 messages of %zu bytes in each of new connections%s\n",
                     host(ping, name), client->settings.port, ping->shape.size,
                     ping->plan.reconnect == PING_RESUME ? ", resumed where possible" : "");
        (void)fflush(stdout);
        return;
    }
    (void)printf("PING %s (%s): %zu bytes in %s %s %s\n", host(ping, name), client->address,
                 ping->shape.size, SSL_get_version(client->tls), chosen_suite(client->tls),
                 chosen_group(client->tls));
    (void)fflush(stdout);
}

/* ---- an echo ---- */

/* In the colour of what it means. */
static void put_line(const struct ping *ping, const char *colour, const char *line)
{
    bool coloured = ping->look.colours && colour[0] != '\0';

    (void)printf("%s%s%s\n", coloured ? colour : "", line, coloured ? PLAIN : "");
    (void)fflush(stdout);
}

static const char *remark(const struct ping_echo *echo)
{
    return echo->fate == PING_LATE        ? " (late)"
           : echo->fate == PING_REORDERED ? " (out of order)"
           : echo->slow && echo->first    ? " (first echo, slow)"
           : echo->slow                   ? " (slow)"
           : echo->first                  ? " (first echo)"
                                          : "";
}

static void came_back(const struct ping *ping, const struct ping_echo *echo)
{
    char line[256];
    bool strange = echo->fate != PING_RIGHT || echo->slow;

    (void)snprintf(line, sizeof line, "%zu bytes from %s: seq=%" PRIu64 " time=%.3f ms%s",
                   ping->shape.size, ping->client->address, echo->number, ms((double)echo->took_ns),
                   remark(echo));
    put_line(ping, strange ? YELLOW : "", line);
}

static void say_wrong(const struct ping *ping, const struct ping_echo *echo)
{
    char line[256];

    if (echo->at > 0) {
        (void)snprintf(line, sizeof line,
                       "wrong bytes from %s: seq=%" PRIu64 ": byte %zu of %zu is another one",
                       ping->client->address, echo->number, echo->at + 1, ping->shape.size);
    } else {
        (void)snprintf(line, sizeof line,
                       "wrong bytes from %s: seq=%" PRIu64 ": something else came in its place",
                       ping->client->address, echo->number);
    }
    put_line(ping, RED, line);
}

static void say_strange(const struct ping *ping, const struct ping_echo *echo)
{
    char line[256];

    if (echo->fate == PING_FOREIGN) {
        (void)snprintf(line, sizeof line, "wrong bytes from %s: they were never sent",
                       ping->client->address);
    } else {
        (void)snprintf(line, sizeof line, "%zu bytes from %s: seq=%" PRIu64 " (duplicate)",
                       ping->shape.size, ping->client->address, echo->number);
    }
    put_line(ping, RED, line);
}

static void say_lost(const struct ping *ping, const struct ping_echo *echo)
{
    char line[256];

    (void)snprintf(line, sizeof line, "lost: seq=%" PRIu64 " never came back%s", echo->number,
                   echo->number < ping->ledger.highest && !ping->ledger.apart ? ", later ones did"
                                                                              : "");
    put_line(ping, RED, line);
}

static void say_echo(const struct ping *ping, const struct ping_echo *echo)
{
    switch (echo->fate) {
    case PING_RIGHT:
        if (!ping->plan.flood) { /* as ping(8): thousands of lines tell nobody anything */
            came_back(ping, echo);
        }
        break;
    case PING_LATE:
    case PING_REORDERED:
        came_back(ping, echo);
        break;
    case PING_WRONG:
        say_wrong(ping, echo);
        break;
    case PING_LOST:
        say_lost(ping, echo);
        break;
    case PING_TWICE:
    case PING_FOREIGN:
        say_strange(ping, echo);
        break;
    }
}

void ping_tell_echo(struct ping *ping, const struct ping_echo *echo)
{
    if (ping->talk == PING_JSON) {
        ping_json_echo(ping, echo);
    } else if (ping->talk == PING_LINES) {
        say_echo(ping, echo);
    }
}

void ping_tell_overdue(const struct ping *ping, uint64_t number)
{
    char line[256];

    if (ping->talk == PING_LINES) {
        (void)snprintf(line, sizeof line,
                       "no answer yet from %s: seq=%" PRIu64 " after %" PRId64 " ms",
                       ping->client->address, number, ping->timeout_ns / 1000000);
        put_line(ping, YELLOW, line);
    }
}

/* ---- a new connection ---- */

/* Where each connection but the first has to be resumed: why this one was not. */
static const char *full_because(const struct ping *ping, const struct ping_try *attempt)
{
    if (ping->plan.again == 0 || attempt->number == 1) {
        return "";
    }
    switch (attempt->how) {
    case AGAIN_REFUSED:
        return "the server did not take the session";
    case AGAIN_NO_SESSION:
        return "the server had given no session";
    case AGAIN_NOT_OFFERED:
        return client_not_offered(attempt->client);
    case AGAIN_RESUMED:
    case AGAIN_FAILED:
        break;
    }
    return "";
}

static void say_stages(const struct ping *ping, const struct ping_try *attempt, bool slow)
{
    const struct client_times *times = &attempt->client->times;
    const char *full = full_because(ping, attempt);
    char line[400 + SESSION_WHY_SIZE];
    double us = (double)(times->resolve_us + times->connect_us + times->handshake_us);

    (void)snprintf(line, sizeof line,
                   "%zu bytes from %s: seq=%" PRIu64
                   " time=%.3f ms (dns %.3f, tcp %.3f, tls%s %.3f, "
                   "first echo %.3f, echo %.3f)%s%s%s%s",
                   ping->shape.size, attempt->client->address, attempt->number,
                   us / 1000 + ms((double)attempt->first_ns), (double)times->resolve_us / 1000,
                   (double)times->connect_us / 1000, attempt->resumed ? " resumed" : "",
                   (double)times->handshake_us / 1000, ms((double)attempt->first_ns),
                   ms((double)attempt->echo_ns), slow ? " (slow)" : "",
                   full[0] != '\0' ? " (not resumed: " : "", full, full[0] != '\0' ? ")" : "");
    put_line(ping, slow || full[0] != '\0' ? YELLOW : "", line);
}

void ping_tell_offer(const struct ping *ping, const struct secho_client *client)
{
    if (ping->wishes->sess_in != NULL && ping->talk != PING_QUIET &&
        ping->talk != PING_JSON_QUIET) {
        session_files_tell(client, ping->wishes->program);
    }
}

void ping_tell_try(const struct ping *ping, const struct ping_try *attempt, bool slow)
{
    char line[FAILURE_PLACE_SIZE + EXPLAIN_TEXT_MAX + 100];

    if (ping->talk == PING_JSON) {
        ping_json_try(ping, attempt, slow);
    } else if (ping->talk == PING_LINES && attempt->ok) {
        say_stages(ping, attempt, slow);
    } else if (ping->talk == PING_LINES) {
        (void)snprintf(line, sizeof line, "seq=%" PRIu64 " failed (%s): %s", attempt->number,
                       attempt->client->failure.code, attempt->client->failure.why);
        put_line(ping, RED, line);
    }
}

/* ---- in between, and at the end ---- */

/* "0 %", "33.3 %" */
static struct figure percent(double share)
{
    struct figure out = figure_percent(share);

    if (share == 0 || share == 1) {
        (void)snprintf(out.text, sizeof out.text, "%.0f %%", share * 100);
    }
    return out;
}

void ping_tell_so_far(const struct ping *ping)
{
    const struct ping_counts *counts = &ping->ledger.counts;
    const struct histogram *echo = &ping->stats[PING_ECHO].histogram;

    (void)fprintf(stderr, "%" PRIu64 "/%" PRIu64 " echoes", ping_received(counts), counts->sent);
    if (echo->count > 0) {
        (void)fprintf(stderr, ", min/avg/max = %.3f/%.3f/%.3f ms", ms((double)echo->min),
                      ms(histogram_mean(echo)), ms((double)echo->max));
    }
    (void)fputc('\n', stderr);
}

static void print_counts(const struct ping *ping)
{
    const struct ping_counts *counts = &ping->ledger.counts;
    char words[256], name[HOST_SIZE];

    (void)printf("\n--- %s port %s ping statistics ---\n", host(ping, name),
                 ping->client->settings.port);
    (void)printf("%" PRIu64 " sent, %" PRIu64 " received, %s loss, %s\n", counts->sent,
                 ping_received(counts), percent(ping_loss(counts)).text,
                 figure_time((double)(ping->end_ns - ping->start_ns)).text);
    if (ping->plan.again > 0) {
        (void)printf("resumed %" PRIu64 " of %" PRIu64 "\n", ping->again - ping->full, ping->again);
    } else if (ping->plan.reconnect == PING_RESUME) {
        (void)printf("%" PRIu64 " of %" PRIu64 " resumed\n", ping->resumed, ping_received(counts));
    }
    ping_describe(ping, words, sizeof words);
    if (words[0] != '\0') {
        (void)printf("%s%s%s\n", ping->look.colours ? YELLOW : "", words,
                     ping->look.colours ? PLAIN : "");
    }
}

static void print_times(const struct ping *ping)
{
    (void)printf("%-12s%9s%9s%9s%9s%9s%9s%9s\n", "ms", "min", "avg", "max", "stddev", "p50", "p90",
                 "p99");
    for (enum ping_stage i = 0; i < PING_STAGES; i++) {
        const struct ping_stat *stat = &ping->stats[i];

        if (stat->histogram.count > 0) {
            (void)printf("%-12s%9.3f%9.3f%9.3f%9.3f%9.3f%9.3f%9.3f\n", ping_stage_name(i),
                         ms((double)stat->histogram.min), ms(histogram_mean(&stat->histogram)),
                         ms((double)stat->histogram.max), ms(ping_stat_deviation(stat)),
                         ms((double)ping_stat_at(stat, 0.5)), ms((double)ping_stat_at(stat, 0.9)),
                         ms((double)ping_stat_at(stat, 0.99)));
        }
    }
}

void ping_tell_summary(const struct ping *ping, int status)
{
    const struct histogram *echo = &ping->stats[PING_ECHO].histogram;

    if (in_json(ping)) {
        ping_json_summary(ping, status);
        return;
    }
    if (ping->ledger.counts.sent == 0) {
        return;
    }
    print_counts(ping);
    if (ping_received(&ping->ledger.counts) > 0) {
        print_times(ping);
    }
    if (ping->look.terminal && echo->count > 1) {
        bars_print(echo, ping->look.blocks, stdout);
    }
    (void)fflush(stdout);
}
