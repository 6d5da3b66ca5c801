#include "bench/page.h"

#include <math.h>
#include <string.h>

#include "bench/figures.h"
#include "bench/options.h"
#include "bench/paper.h"
#include "bench/summary.h"

/* ---- the head ---- */

/* What the run found, in one line: the figure that its mode is about. */
static void say_headline(const struct result *result, const struct figures *figures, char *text,
                         size_t size)
{
    switch (result->plan.mode) {
    case PLAN_ECHO:
        (void)snprintf(text, size, "%s messages a second",
                       figure_rate(figures->messages_per_s).text);
        break;
    case PLAN_STREAM:
        (void)snprintf(text, size, "%s a second, each way",
                       figure_bytes(figures->bytes_per_s).text);
        break;
    case PLAN_HANDSHAKE:
        (void)snprintf(text, size, "%s handshakes a second",
                       figure_rate(figures->handshakes_per_s).text);
        break;
    case PLAN_IDLE:
    default:
        (void)snprintf(text, size, "%s connections held",
                       figure_count((double)(result->tally.opened - result->tally.failed)).text);
        break;
    }
    if (result->tally.opened == 0) {
        (void)snprintf(text, size, "Nothing was measured");
    }
}

static void print_resumed(const struct result *result, FILE *out)
{
    char text[160];

    if (summary_resumed(result, text, sizeof text)) {
        (void)fputs("<p class=\"badge bad\">", out);
        paper_text(out, text);
        (void)fputs("</p>\n", out);
    }
}

static void print_verdict(const struct result *result, FILE *out)
{
    if (result->failure.happened) {
        (void)fputs("<p class=\"badge bad\">", out);
        paper_text(out, result->failure.why);
        (void)fputs("<span>", out);
        paper_text(out, result->failure.advice);
        (void)fputs("</span></p>\n", out);
        return;
    }
    (void)fprintf(out, "<p class=\"badge\">%s%s</p>\n",
                  result->plan.no_echo ? "Every connection ended as it should."
                                       : "Every byte that was sent came back unchanged.",
                  result->interrupted ? " The run was interrupted." : "");
}

static void print_head(const struct result *result, const struct figures *figures, FILE *out)
{
    char text[768];

    say_headline(result, figures, text, sizeof text);
    (void)fprintf(out, "<header><p class=\"over\">secho-bench %s</p>\n<h1>",
                  bench_mode_name(result->plan.mode));
    paper_text(out, text);
    (void)fputs("</h1>\n<p class=\"soft\">", out);
    summary_what(result, text, sizeof text);
    paper_text(out, text);
    (void)fputs("</p>\n<p class=\"soft\">", out);
    (void)snprintf(text, sizeof text, "%.200s port %s, %s %s %s, %s", result->plan.way.host,
                   result->plan.way.port, result->version, result->suite, result->group,
                   result->machine.time);
    if (result->version[0] == '\0') {
        (void)snprintf(text, sizeof text, "%.200s port %s%s, %s", result->plan.way.host,
                       result->plan.way.port, result->plan.plain ? ", TCP without TLS" : "",
                       result->machine.time);
    }
    paper_text(out, text);
    (void)fputs("</p>\n<p class=\"soft\">", out);
    paper_text(out, summary_loop(&result->plan));
    (void)fputs(".</p>\n", out);
    print_verdict(result, out);
    print_resumed(result, out);
    (void)fputs("</header>\n", out);
}

/* ---- cards ---- */

/* "12.4 us" as a big 12.4 and a small unit. */
static void print_card(FILE *out, const char *name, const char *figure)
{
    const char *unit = strchr(figure, ' ');
    char number[FIGURE_SIZE];

    (void)snprintf(number, sizeof number, "%.*s", (int)strcspn(figure, " "), figure);
    (void)fputs("<div class=\"card\"><dt>", out);
    paper_text(out, name);
    (void)fprintf(out, "</dt><dd>%s", number);
    if (unit != NULL) {
        (void)fputs("<small>", out);
        paper_text(out, unit);
        (void)fputs("</small>", out);
    }
    (void)fputs("</dd></div>\n", out);
}

static void print_cost(FILE *out, const char *name, double ns)
{
    if (!isnan(ns)) {
        print_card(out, name, figure_time(ns).text);
    }
}

static void print_latency_cards(const struct result *result, FILE *out)
{
    const char *what;
    const struct histogram *latency = figures_latency(result, &what);
    static const size_t shown[] = {0, 2, 3}; /* p50, p99, p99.9 */

    if (latency->count == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        const struct figures_point *point = &figures_points[shown[i]];
        char name[64];

        (void)snprintf(name, sizeof name, "%s of a %s", point->name, what);
        print_card(out, name, figure_time((double)histogram_at(latency, point->share)).text);
    }
    print_card(out, "the slowest", figure_time((double)latency->max).text);
}

static void print_cards(const struct result *result, const struct figures *figures, FILE *out)
{
    (void)fputs("<dl class=\"cards\">\n", out);
    if (result->plan.mode == PLAN_HANDSHAKE) {
        print_card(out, "handshakes a second", figure_rate(figures->handshakes_per_s).text);
    } else if (result->plan.mode == PLAN_ECHO) {
        print_card(out, "messages a second", figure_rate(figures->messages_per_s).text);
    }
    if (result->plan.mode == PLAN_ECHO || result->plan.mode == PLAN_STREAM) {
        char bytes[FIGURE_SIZE + 4];

        (void)snprintf(bytes, sizeof bytes, "%s/s", figure_bytes(figures->bytes_per_s).text);
        print_card(out, "each way", bytes);
    }
    print_latency_cards(result, out);
    print_cost(out, "server CPU/message", figures->cpu_us_per_message * 1e3);
    print_cost(out, "server CPU/handshake", figures->cpu_us_per_handshake * 1e3);
    print_cost(out, "server CPU/GB", figures->cpu_s_per_gb * 1e9);
    if (figures->bytes_per_connection > 0) { /* false for NAN, too */
        print_card(out, "memory/connection", figure_bytes(figures->bytes_per_connection).text);
    }
    (void)fputs("</dl>\n", out);
}

/* ---- the page ---- */

void page_print(const struct result *result, FILE *out)
{
    struct figures figures;
    char title[128];

    figures_of(result, &figures);
    say_headline(result, &figures, title, sizeof title);
    (void)fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<title>secho-bench: ",
                out);
    paper_text(out, title);
    (void)fprintf(out, "</title>\n<style>\n%s</style></head>\n<body><main>\n", page_style);
    print_head(result, &figures, out);
    if (result->tally.opened > 0) {
        print_cards(result, &figures, out);
        page_print_plots(result, out);
    }
    page_print_tables(result, out);
    (void)fputs("<footer>A percentile is at most 0.8 % too large. Made by secho-bench.</footer>\n"
                "</main></body></html>\n",
                out);
}
