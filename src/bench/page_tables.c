/* page_tables.c - everything that is known, in tables at the end of the page. */
#include <math.h>

#include "bench/figures.h"
#include "bench/options.h"
#include "bench/page.h"
#include "bench/paper.h"

static void begin_table(FILE *out, const char *title, const char *attributes)
{
    (void)fprintf(out, "<section%s><h2>%s</h2><table>", attributes, title);
}

static void end_table(FILE *out)
{
    (void)fputs("</tbody></table></section>\n", out);
}

static void row(FILE *out, const char *name, const char *value)
{
    (void)fputs("<tr><th scope=\"row\">", out);
    paper_text(out, name);
    (void)fputs("</th><td>", out);
    paper_text(out, value);
    (void)fputs("</td></tr>\n", out);
}

static void row_count(FILE *out, const char *name, double count)
{
    row(out, name, figure_count(count).text);
}

/* NAN is not known, and then there is no row. */
static void row_time(FILE *out, const char *name, double ns)
{
    if (!isnan(ns)) {
        row(out, name, figure_time(ns).text);
    }
}

/* ---- times ---- */

static void cell(FILE *out, const char *text)
{
    (void)fputs("<td>", out);
    paper_text(out, text);
    (void)fputs("</td>", out);
}

static void row_times(FILE *out, const char *name, const struct histogram *histogram)
{
    if (histogram->count == 0) {
        return;
    }
    (void)fputs("<tr><th scope=\"row\">", out);
    paper_text(out, name);
    (void)fputs("</th>", out);
    cell(out, figure_count((double)histogram->count).text);
    cell(out, figure_time((double)histogram->min).text);
    cell(out, figure_time(histogram_mean(histogram)).text);
    for (size_t i = 0; i < FIGURES_POINTS; i++) {
        cell(out, figure_time((double)histogram_at(histogram, figures_points[i].share)).text);
    }
    cell(out, figure_time((double)histogram->max).text);
    (void)fputs("</tr>\n", out);
}

static void print_times(const struct result *result, FILE *out)
{
    const struct tally *tally = &result->tally;
    const char *what;
    const struct histogram *latency = figures_latency(result, &what);

    if (latency->count == 0 && tally->tcp.count == 0) {
        return;
    }
    begin_table(out, "Times", " class=\"wide numbers\"");
    (void)fputs("<thead><tr><th></th><th>count</th><th>min</th><th>mean</th>", out);
    for (size_t i = 0; i < FIGURES_POINTS; i++) {
        (void)fprintf(out, "<th>%s</th>", figures_points[i].name);
    }
    (void)fputs("<th>max</th></tr></thead><tbody>\n", out);
    if (result->plan.mode != PLAN_IDLE) {
        row_times(out, what, latency);
    }
    row_times(out, "TCP connect", &tally->tcp);
    row_times(out, "TLS handshake", &tally->tls);
    row_times(out, "first echo", &tally->first_echo);
    end_table(out);
}

/* ---- the rest ---- */

static void print_settings(const struct result *result, FILE *out)
{
    const struct plan *plan = &result->plan;

    begin_table(out, "What was asked for", "");
    (void)fputs("<tbody>\n", out);
    row(out, "mode", bench_mode_name(plan->mode));
    row(out, "loop", plan->rate > 0 ? "open" : "closed");
    if (plan->rate > 0) {
        row(out, "rate, a second", figure_rate(plan->rate).text);
    }
    row_count(out, "connections", plan->connections);
    row_count(out, "threads", plan->threads);
    row(out, "message", plan->no_echo ? "none" : figure_size((int64_t)plan->size).text);
    row_count(out, "messages under way on each", plan->depth);
    if (plan->mode == PLAN_HANDSHAKE) {
        row(out, "share that was to resume", figure_percent(plan->resume).text);
    }
    row(out, "window", figure_duration(plan->duration_ms).text);
    row(out, "warm-up", figure_duration(plan->warmup_ms).text);
    row(out, "ramp", figure_duration(plan->ramp_ms).text);
    end_table(out);
}

static void print_target(const struct result *result, FILE *out)
{
    begin_table(out, "Who answered", "");
    (void)fputs("<tbody>\n", out);
    row(out, "host", result->plan.way.host);
    row(out, "port", result->plan.way.port);
    row(out, "address", result->address[0] != '\0' ? result->address : "nobody");
    row(out, "transport", result->plan.plain ? "TCP without TLS" : "TLS");
    if (result->version[0] != '\0') {
        row(out, "version", result->version);
        row(out, "suite", result->suite);
        row(out, "group", result->group);
        row(out, "certificate", result->plan.insecure ? "not verified" : "verified");
    }
    end_table(out);
}

static void print_counts(const struct result *result, const struct figures *figures, FILE *out)
{
    const struct tally *tally = &result->tally;

    begin_table(out, "What was counted", "");
    (void)fputs("<tbody>\n", out);
    row(out, "measured", figure_seconds(result->measured_s).text);
    row_count(out, "messages", (double)tally->messages);
    row(out, "bytes, each way", figure_bytes((double)tally->bytes).text);
    row_count(out, "never answered", (double)tally->unanswered);
    row_count(out, "full handshakes", (double)tally->full);
    row_count(out, "resumed handshakes", (double)tally->resumed);
    row_count(out, "failed handshakes", (double)figures->handshakes_failed);
    row_count(out, "connections opened", (double)tally->opened);
    row_count(out, "connections failed", (double)tally->failed);
    for (int i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        if (tally->ends[i] > 0) {
            char name[96];

            (void)snprintf(name, sizeof name, "ended with %s",
                           explain_words((enum explain_code)i).code);
            row_count(out, name, (double)tally->ends[i]);
        }
    }
    end_table(out);
}

static void print_server(const struct result *result, const struct figures *figures, FILE *out)
{
    if (!result->usage.known) {
        return;
    }
    begin_table(out, "What it cost the server", "");
    (void)fputs("<tbody>\n", out);
    row_count(out, "processes", result->usage.processes);
    row_time(out, "CPU", figures->cpu_s * 1e9);
    row_time(out, "CPU for a message", figures->cpu_us_per_message * 1e3);
    row_time(out, "CPU for a handshake", figures->cpu_us_per_handshake * 1e3);
    row_time(out, "CPU for a GB", figures->cpu_s_per_gb * 1e9);
    row(out, "memory (PSS) before", figure_bytes((double)result->usage.pss_before).text);
    row(out, "memory (PSS) at the end", figure_bytes((double)result->usage.pss_after).text);
    if (figures->bytes_per_connection > 0) { /* false for NAN, too */
        row(out, "memory for a connection", figure_bytes(figures->bytes_per_connection).text);
    }
    end_table(out);
}

static void print_machine(const struct machine *machine, FILE *out)
{
    begin_table(out, "This machine", "");
    (void)fputs("<tbody>\n", out);
    row(out, "CPU", machine->cpu);
    row_count(out, "CPUs", machine->cpus);
    row(out, "kernel", machine->kernel);
    row(out, "TLS", machine->openssl);
    row(out, "congestion control", machine->congestion);
    row(out, "time", machine->time);
    end_table(out);
}

void page_print_tables(const struct result *result, FILE *out)
{
    struct figures figures;

    figures_of(result, &figures);
    (void)fputs("<div class=\"tables\">\n", out);
    print_times(result, out);
    print_settings(result, out);
    print_counts(result, &figures, out);
    print_target(result, out);
    print_server(result, &figures, out);
    print_machine(&result->machine, out);
    (void)fputs("</div>\n", out);
}
