#include "bench/summary.h"

#include <math.h>
#include <string.h>

#include "base/bars.h"
#include "base/excerpt.h"
#include "bench/figures.h"
#include "bench/options.h"

/* Where it goes, and how. */
struct sheet {
    const struct result *result;
    struct figures figures;
    struct look style;
    FILE *out;
};

static void print_heading(const struct sheet *sheet, const char *words)
{
    (void)fprintf(sheet->out, sheet->style.colours ? "\n\033[1m%s\033[0m\n" : "\n%s\n", words);
}

/* ---- what was done ---- */

static void say_connections(const struct plan *plan, char *text, size_t size)
{
    (void)snprintf(text, size, "%d connection%s, %d thread%s", plan->connections,
                   plan->connections == 1 ? "" : "s", plan->threads, plan->threads == 1 ? "" : "s");
}

static void say_load(const struct plan *plan, char *text, size_t size)
{
    const struct figure bytes = figure_size((int64_t)plan->size);

    switch (plan->mode) {
    case PLAN_ECHO:
        (void)snprintf(text, size, "messages of %s, %d under way on each of ", bytes.text,
                       plan->depth);
        break;
    case PLAN_STREAM:
        (void)snprintf(text, size, "both directions at once, %s at a time, ", bytes.text);
        break;
    case PLAN_HANDSHAKE:
        (void)snprintf(text, size, "%s%s, ", plan->no_echo ? "no echo" : "then an echo of ",
                       plan->no_echo ? "" : bytes.text);
        break;
    case PLAN_IDLE:
    default:
        (void)snprintf(text, size, "one echo of %s, then held; ", bytes.text);
        break;
    }
}

void summary_what(const struct result *result, char *text, size_t size)
{
    const struct plan *plan = &result->plan;
    char load[96], connections[64], resume[64] = "";

    say_load(plan, load, sizeof load);
    say_connections(plan, connections, sizeof connections);
    if (plan->resume > 0) {
        (void)snprintf(resume, sizeof resume, ", %s to resume", figure_percent(plan->resume).text);
    }
    (void)snprintf(text, size, "%s: %s%s%s", bench_mode_name(plan->mode), load, connections,
                   resume);
}

#define RESUME_TOLERATED 0.05 /* the first of each thread have no session to offer yet */

bool summary_resumed(const struct result *result, char *text, size_t size)
{
    double asked = result->plan.resume, share = figures_resumed(result);

    if (isnan(share) || fabs(asked - share) <= RESUME_TOLERATED * asked) {
        return false;
    }
    (void)snprintf(text, size, "not as asked: %s were to resume a session, %s did%s",
                   figure_percent(asked).text, figure_percent(share).text,
                   share > 0 ? "" : " (does the server resume at all?)");
    return true;
}

const char *summary_loop(const struct plan *plan)
{
    if (plan->rate > 0) {
        return "open loop: a time counts from when the message was due, so a server that\n"
               "stalls cannot hide it";
    }
    if (plan->mode == PLAN_ECHO || plan->mode == PLAN_HANDSHAKE) {
        return "closed loop: the next one waits for the one before, so a server that stalls\n"
               "is asked less often, and times look better than users would see (--rate)";
    }
    return plan->mode == PLAN_STREAM ? "closed loop: as much as the path takes"
                                     : "no load: what it costs to be there";
}

static void print_loop(const struct sheet *sheet)
{
    const char *words = summary_loop(&sheet->result->plan);
    size_t first = strcspn(words, "\n");

    (void)fprintf(sheet->out, "  %.*s\n", (int)first, words);
    if (words[first] != '\0') {
        (void)fprintf(sheet->out, "  %s\n", words + first + 1);
    }
}

static void print_target(const struct sheet *sheet)
{
    const struct result *result = sheet->result;
    char host[512];

    (void)fprintf(sheet->out, "  %s port %s",
                  excerpt_text(host, sizeof host, result->plan.way.host), result->plan.way.port);
    if (result->address[0] != '\0') {
        (void)fprintf(sheet->out, " (%s)", result->address);
    }
    if (result->plan.plain) {
        (void)fputs(", TCP without TLS\n", sheet->out);
        return;
    }
    (void)fprintf(sheet->out, "\n  %s %s %s, %s\n", result->version, result->suite, result->group,
                  result->plan.insecure ? "not verified: anybody may have answered" : "verified");
}

static void print_what(const struct sheet *sheet)
{
    const struct result *result = sheet->result;
    char text[320];

    summary_what(result, text, sizeof text);
    print_heading(sheet, text);
    print_target(sheet);
    (void)fprintf(sheet->out, "  %s measured", figure_seconds(result->measured_s).text);
    if (result->plan.rate > 0) {
        (void)fprintf(sheet->out, " at %s a second", figure_rate(result->plan.rate).text);
    }
    if (result->plan.warmup_ms > 0) {
        (void)fprintf(sheet->out, ", after %s of warm-up",
                      figure_duration(result->plan.warmup_ms).text);
    }
    if (result->interrupted) {
        (void)fprintf(sheet->out, "; interrupted, %s were asked for",
                      figure_duration(result->plan.duration_ms).text);
    }
    (void)fputs("\n", sheet->out);
    print_loop(sheet);
}

/* ---- how much ---- */

static void print_rate(const struct sheet *sheet, const char *what, double per_s, double total)
{
    (void)fprintf(sheet->out, "  %-12s %14s /s %18s in all\n", what, figure_rate(per_s).text,
                  figure_count(total).text);
}

static void print_throughput(const struct sheet *sheet)
{
    const struct tally *tally = &sheet->result->tally;
    char bytes_per_s[FIGURE_SIZE + 4];

    if (sheet->result->plan.mode == PLAN_IDLE) {
        return;
    }
    print_heading(sheet, "throughput");
    if (sheet->result->plan.mode == PLAN_HANDSHAKE) {
        print_rate(sheet, "handshakes", sheet->figures.handshakes_per_s,
                   (double)(tally->full + tally->resumed));
    }
    if (tally->messages > 0) {
        print_rate(sheet, "messages", sheet->figures.messages_per_s, (double)tally->messages);
    }
    if (tally->bytes > 0) {
        (void)snprintf(bytes_per_s, sizeof bytes_per_s, "%s/s",
                       figure_bytes(sheet->figures.bytes_per_s).text);
        (void)fprintf(sheet->out, "  %-12s %17s %18s in all, each way\n", "bytes", bytes_per_s,
                      figure_bytes((double)tally->bytes).text);
    }
    if (tally->unanswered > 0) {
        (void)fprintf(sheet->out, "  %-12s %17s %18s\n", "unanswered", "",
                      figure_count((double)tally->unanswered).text);
    }
}

/* ---- how long ---- */

static void print_times(const struct sheet *sheet, const char *what,
                        const struct histogram *histogram)
{
    (void)fprintf(sheet->out, "  %-10s", what);
    for (size_t i = 0; i < FIGURES_POINTS; i++) {
        (void)fprintf(sheet->out, " %8s",
                      figure_time((double)histogram_at(histogram, figures_points[i].share)).text);
    }
    (void)fprintf(sheet->out, " %8s %8s\n", figure_time((double)histogram->max).text,
                  figure_time(histogram_mean(histogram)).text);
}

static void print_stage(const struct sheet *sheet, const char *what,
                        const struct histogram *histogram)
{
    if (histogram->count > 0) {
        print_times(sheet, what, histogram);
    }
}

static void print_latency(const struct sheet *sheet)
{
    const struct tally *tally = &sheet->result->tally;
    const char *what;
    const struct histogram *latency = figures_latency(sheet->result, &what);

    if (tally->tcp.count == 0 && latency->count == 0) {
        return;
    }
    print_heading(sheet,
                  "time              p50      p90      p99    p99.9   p99.99      max     mean");
    if (sheet->result->plan.mode != PLAN_IDLE) {
        print_stage(sheet, what, latency);
    }
    print_stage(sheet, "TCP", &tally->tcp);
    print_stage(sheet, "TLS", &tally->tls);
    print_stage(sheet, "first echo", &tally->first_echo);
}

static void print_histogram(const struct sheet *sheet)
{
    const char *what;
    const struct histogram *latency = figures_latency(sheet->result, &what);
    char heading[64];

    if (latency->count == 0) {
        return;
    }
    (void)snprintf(heading, sizeof heading, "how long a %s took", what);
    print_heading(sheet, heading);
    bars_print(latency, sheet->style.blocks, sheet->out);
}

/* ---- how it ended, what it cost ---- */

static void print_connections(const struct sheet *sheet)
{
    const struct tally *tally = &sheet->result->tally;
    bool red = sheet->style.colours && tally->failed > 0;
    char resumed[160];

    print_heading(sheet, "connections");
    (void)fprintf(sheet->out, "  %s opened, %s%s failed%s; handshakes: %s full, %s resumed\n",
                  figure_count((double)tally->opened).text, red ? "\033[31m" : "",
                  figure_count((double)tally->failed).text, red ? "\033[0m" : "",
                  figure_count((double)tally->full).text,
                  figure_count((double)tally->resumed).text);
    if (summary_resumed(sheet->result, resumed, sizeof resumed)) {
        (void)fprintf(sheet->out, "  %s\n", resumed);
    }
    for (int i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        if (tally->ends[i] > 0) {
            struct explain_words words = explain_words((enum explain_code)i);

            (void)fprintf(sheet->out, "  %12s  ended with %s\n",
                          figure_count((double)tally->ends[i]).text, words.code);
        }
    }
}

static void print_cost(const struct sheet *sheet, const char *what, double ns)
{
    if (!isnan(ns)) {
        (void)fprintf(sheet->out, "  %-22s %14s\n", what, figure_time(ns).text);
    }
}

static void print_server(const struct sheet *sheet)
{
    const struct usage *usage = &sheet->result->usage;
    const struct figures *figures = &sheet->figures;

    if (!usage->known) {
        return;
    }
    print_heading(sheet, "the server");
    (void)fprintf(sheet->out, "  %-22s %14d\n", "processes", usage->processes);
    print_cost(sheet, "CPU", figures->cpu_s * 1e9);
    print_cost(sheet, "CPU for a message", figures->cpu_us_per_message * 1e3);
    print_cost(sheet, "CPU for a handshake", figures->cpu_us_per_handshake * 1e3);
    print_cost(sheet, "CPU for a GB", figures->cpu_s_per_gb * 1e9);
    (void)fprintf(sheet->out, "  %-22s %14s, %s before\n", "memory (PSS)",
                  figure_bytes((double)usage->pss_after).text,
                  figure_bytes((double)usage->pss_before).text);
    if (figures->bytes_per_connection > 0) { /* false for NAN, too */
        (void)fprintf(sheet->out, "  %-22s %14s\n", "for a connection",
                      figure_bytes(figures->bytes_per_connection).text);
    }
}

static void print_machine(const struct sheet *sheet)
{
    const struct machine *machine = &sheet->result->machine;

    print_heading(sheet, "this machine");
    (void)fprintf(sheet->out, "  %s, %d CPU%s, %s\n  %s, %s, %s\n", machine->cpu, machine->cpus,
                  machine->cpus == 1 ? "" : "s", machine->kernel, machine->openssl,
                  machine->congestion, machine->time);
}

void summary_print(const struct result *result, struct look style, FILE *out)
{
    struct sheet sheet = {.result = result, .style = style, .out = out};

    if (result->tally.opened == 0 && result->measured_s <= 0) {
        return;
    }
    figures_of(result, &sheet.figures);
    print_what(&sheet);
    print_throughput(&sheet);
    print_latency(&sheet);
    print_histogram(&sheet);
    print_connections(&sheet);
    print_server(&sheet);
    print_machine(&sheet);
}
