/* report_print.c - a finding for people: both views side by side, the certificate, the verdict. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/look.h"
#include "client/report.h"

#define CELL_SIZE     256
#define CELL_WIDTH    44 /* columns of a terminal at most; longer texts push what is behind them */
#define LABEL_WIDTH   20
#define EXPORTER_SEEN 16 /* digits */

#define COLOUR_DIFFERENT "\033[33m" /* yellow */
#define COLOUR_PLAIN     "\033[0m"

/* ---- the cells of a row ---- */

/* Writes what a view says; "" where it says nothing. */
typedef void cell_fn(const struct report_view *view, char cell[static CELL_SIZE]);

static void offered(const struct report_view *view, char cell[static CELL_SIZE])
{
    size_t used = 0;

    cell[0] = '\0';
    for (size_t i = 0; i < view->tls.offered_count && used < CELL_SIZE; i++) {
        used += (size_t)snprintf(cell + used, CELL_SIZE - used, "%s%s", i > 0 ? ", " : "",
                                 view->tls.offered[i]);
    }
}

static void leaf(const struct view_chain *chain, char cell[static CELL_SIZE])
{
    const struct view_certificate *first = &chain->items[0];

    cell[0] = '\0';
    if (chain->count > 0) {
        (void)snprintf(cell, CELL_SIZE, "%.200s (%d days)", first->subject, first->days_left);
    }
}

static void server_leaf(const struct report_view *view, char cell[static CELL_SIZE])
{
    leaf(&view->tls.server, cell);
}

static void client_leaf(const struct report_view *view, char cell[static CELL_SIZE])
{
    leaf(&view->tls.client, cell);
}

/* The word; its reason stands below. */
static void verdict(const struct report_view *view, char cell[static CELL_SIZE])
{
    (void)snprintf(cell, CELL_SIZE, "%.*s", (int)strcspn(view->verdict, ":"), view->verdict);
}

static void exporter(const struct report_view *view, char cell[static CELL_SIZE])
{
    if (view->tls.exporter_missing[0] != '\0') {
        (void)snprintf(cell, CELL_SIZE, "none: %s", view->tls.exporter_missing);
    } else {
        (void)snprintf(cell, CELL_SIZE, "%.*s", EXPORTER_SEEN, view->tls.exporter);
    }
}

/* ---- the rows ---- */

enum kind { TEXT, FLAG, MADE };

static const struct row {
    const char *label;
    enum kind kind;
    bool shared;        /* of one session both ends say the same */
    size_t here, there; /* offsets */
    cell_fn *make;
} rows[] = {
#define AT(field) offsetof(struct report_view, field)
#define OWN(label, field)                                                                          \
    {                                                                                              \
        label, TEXT, false, AT(field), AT(field), NULL                                             \
    }
#define SAME(label, field)                                                                         \
    {                                                                                              \
        label, TEXT, true, AT(field), AT(field), NULL                                              \
    }
#define BOTH(label, field)                                                                         \
    {                                                                                              \
        label, FLAG, true, AT(field), AT(field), NULL                                              \
    }
    OWN("program", software),
    OWN("library", openssl),
    OWN("machine", host),
    OWN("time", time),
    OWN("listener", listener),
    {"client's address", TEXT, true, AT(local), AT(peer), NULL},
    {"server's address", TEXT, true, AT(peer), AT(local), NULL},
    OWN("proxy", via),
    OWN("proxy: destination", proxy.destination),
    OWN("proxy: asked for", proxy.authority),
    OWN("proxy: ALPN", proxy.alpn),
    OWN("proxy: unique id", proxy.unique_id),
    OWN("proxy: version", proxy.tls_version),
    OWN("proxy: suite", proxy.tls_suite),
    OWN("proxy: client", proxy.tls_client),
    SAME("server name (SNI)", tls.sni),
    {"ALPN offered", MADE, true, 0, 0, offered},
    SAME("ALPN", tls.alpn),
    SAME("version", tls.version),
    SAME("suite", tls.suite),
    SAME("group", tls.group),
    BOTH("HelloRetryRequest", tls.hello_retry),
    BOTH("resumed session", tls.resumed),
    BOTH("ext. master secret", tls.extended_master_secret),
    {"server certificate", MADE, true, 0, 0, server_leaf},
    {"client certificate", MADE, true, 0, 0, client_leaf},
    {"the other's is", MADE, false, 0, 0, verdict},
    {"exporter (SHA-256)", MADE, true, 0, 0, exporter},
#undef BOTH
#undef SAME
#undef OWN
#undef AT
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

static void fill(const struct row *row, const struct report_view *view, size_t at,
                 char cell[static CELL_SIZE])
{
    const void *field = (const char *)view + at;

    cell[0] = '\0';
    if (row->kind == MADE) {
        row->make(view, cell);
    } else if (row->kind == TEXT) {
        (void)snprintf(cell, CELL_SIZE, "%s", (const char *)field);
    } else if (view->tls.version[0] != '\0') {
        (void)snprintf(cell, CELL_SIZE, "%s", *(const bool *)field ? "yes" : "no");
    }
}

static int width_of(const struct report_view *here)
{
    char cell[CELL_SIZE];
    size_t widest = 0;

    for (size_t i = 0; i < ROW_COUNT; i++) {
        fill(&rows[i], here, rows[i].here, cell);
        size_t len = strlen(cell);

        widest = len > widest && len <= CELL_WIDTH ? len : widest;
    }
    return (int)widest;
}

/* What tells two sessions apart is seen at once. */
static void print_row(const struct row *row, const char *here, const char *there, int width,
                      FILE *out)
{
    bool differs = row->shared && there[0] != '\0' && strcmp(here, there) != 0;
    const char *colour = differs && look_for(out).colours ? COLOUR_DIFFERENT : "";

    (void)fprintf(out, "%s%-*s  ", colour, LABEL_WIDTH, row->label);
    (void)fprintf(out, there[0] != '\0' ? "%-*s  %s" : "%.*s%s",
                  there[0] != '\0' ? width : CELL_SIZE, here, there);
    (void)fprintf(out, "%s\n", colour[0] != '\0' ? COLOUR_PLAIN : "");
}

static void print_views(const struct report_result *result, FILE *out)
{
    char here[CELL_SIZE], there[CELL_SIZE];
    int width = width_of(&result->here);

    (void)fprintf(out, "%-*s  %-*s  %s\n", LABEL_WIDTH, "", width, "here",
                  result->answered ? "there" : "");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        fill(&rows[i], &result->here, rows[i].here, here);
        fill(&rows[i], &result->there, rows[i].there, there);
        if (here[0] != '\0' || there[0] != '\0') {
            print_row(&rows[i], here, there, width, out);
        }
    }
}

/* ---- what was presented, and what it means ---- */

static void print_presented(const struct report_view *here, FILE *out)
{
    const struct view_chain *chain = &here->tls.server;

    (void)fprintf(out, "\npresented to us: %s\n", here->verdict);
    for (size_t i = 0; i < chain->count; i++) {
        const struct view_certificate *at = &chain->items[i];

        (void)fprintf(out, "  %zu: %s\n     issued by %s\n", i, at->subject, at->issuer);
        if (at->names[0] != '\0') {
            (void)fprintf(out, "     for %s\n", at->names);
        }
        (void)fprintf(out, "     %d days left, until %s\n", at->days_left, at->not_after);
    }
}

static const char *colour_of(enum report_verdict verdict)
{
    return verdict == REPORT_END_TO_END                               ? "\033[1;32m" /* green */
           : verdict == REPORT_TERMINATED || verdict == REPORT_ECHOED ? "\033[1;31m" /* red */
                                                                      : "\033[1m";
}

static void print_all(const struct secho_client *client, const struct report_result *result,
                      FILE *out)
{
    const struct report_finding *finding = &result->finding;
    bool colours = look_for(out).colours;

    if (result->shaken) {
        print_views(result, out);
        print_presented(&result->here, out);
        (void)fputs("\n", out);
    }
    if (client->failure.happened) {
        return;
    }
    (void)fprintf(out, "%s%s%s\n", colours ? colour_of(finding->verdict) : "",
                  report_verdict_words(finding->verdict), colours ? COLOUR_PLAIN : "");
    for (size_t i = 0; i < finding->note_count; i++) {
        (void)fprintf(out, "  - %s\n", finding->notes[i]);
    }
}

static void tell(const struct secho_client *client, const struct report_result *result, bool json,
                 bool quiet)
{
    if (json) {
        char *text = report_json(client, result);

        (void)puts(text != NULL ? text : "{}");
        free(text);
    } else if (!quiet) {
        print_all(client, result, stdout);
    }
    (void)fflush(stdout); /* before what stderr has to say */
}

int report_mode(struct secho_client *client, bool json, bool quiet)
{
    struct report_result *result = calloc(1, sizeof *result);
    int status = EXIT_SYSTEM;

    if (result == NULL) {
        const struct secho_error err = {.kind = SECHO_ERR_MEMORY, .text = "no memory for a report"};

        failure_from_error(&client->failure, FAILURE_SETUP, &err);
        return status;
    }
    if (report_run(client, result) == 0) {
        status = (int)report_exit(result);
    }
    tell(client, result, json, quiet);
    free(result);
    return status;
}
