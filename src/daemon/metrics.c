#include "daemon/metrics.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <secho/secho.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/metrics_parts.h"
#include "diagnosis/explain.h"

/* What is told, read once, so that all lines of one answer fit together. */
struct source {
    const struct counters_shared *counters;
    const struct board *board;
    struct board_server server;
    bool reload_failed;
    int64_t configured_s; /* when the last reload, or the start, was */
    size_t certificate_count;
    struct board_certificate *certificates; /* owned */
    size_t rows;
    struct tally tallies[TALLY_ROWS];
};

enum kind { COUNTER, GAUGE, HISTOGRAM, INFO };

struct metric {
    const char *name; /* without "secho_", and without the _total of counters */
    enum kind kind;
    const char *unit; /* the end of the name, too; "" for things that are counted */
    const char *help;
    void (*print)(FILE *out, const struct metric *metric, const struct source *source);
};

/* ---- one sample ---- */

static const char *ending_of(const struct metric *metric)
{
    return metric->kind == COUNTER ? "_total" : metric->kind == INFO ? "_info" : "";
}

static void begin(FILE *out, const struct metric *metric, const char *suffix)
{
    (void)fprintf(out, "secho_%s%s", metric->name, suffix);
}

static void print_number(FILE *out, const struct metric *metric, uint64_t number)
{
    begin(out, metric, ending_of(metric));
    (void)fprintf(out, " %" PRIu64 "\n", number);
}

/* The first label of most. */
static void begin_of_listener(FILE *out, const struct metric *metric, const char *suffix,
                              const struct source *source, size_t row)
{
    char name[TALLY_NAME_SIZE];

    tally_name(source->counters, row, name);
    begin(out, metric, suffix);
    metrics_label(out, "{", "listener", name);
}

static void end_number(FILE *out, uint64_t number)
{
    (void)fprintf(out, "} %" PRIu64 "\n", number);
}

/* ---- of listeners ---- */

/* A metric that is one number of each listener. */
#define OF_EACH_LISTENER(function, value)                                                          \
    static void function(FILE *out, const struct metric *metric, const struct source *source)      \
    {                                                                                              \
        for (size_t row = 0; row < source->rows; row++) {                                          \
            const struct tally *tally = &source->tallies[row];                                     \
                                                                                                   \
            begin_of_listener(out, metric, ending_of(metric), source, row);                        \
            end_number(out, value);                                                                \
        }                                                                                          \
    }

OF_EACH_LISTENER(print_connections, tally->opened)
OF_EACH_LISTENER(print_open, tally_open(tally))
OF_EACH_LISTENER(print_lost, tally->lost)
OF_EACH_LISTENER(print_refused, tally->refused)
OF_EACH_LISTENER(print_echoed, tally->bytes_out)
OF_EACH_LISTENER(print_received, tally->bytes_in)

static void print_handshakes(FILE *out, const struct metric *metric, const struct source *source)
{
    static const char *const versions[TALLY_VERSIONS] = {"TLSv1.2", "TLSv1.3"};

    for (size_t row = 0; row < source->rows; row++) {
        for (int i = 0; i < 2 * TALLY_VERSIONS; i++) {
            begin_of_listener(out, metric, ending_of(metric), source, row);
            metrics_label(out, ",", "version", versions[i / 2]);
            metrics_label(out, ",", "resumed", i % 2 == 1 ? "yes" : "no");
            end_number(out, source->tallies[row].handshakes[i / 2][i % 2]);
        }
    }
}

/* Only what has happened: a hundred reasons for each listener would be noise. */
static void print_reasons(FILE *out, const struct metric *metric, const struct source *source,
                          size_t row, const uint64_t counts[static EXPLAIN_CODE_COUNT])
{
    for (size_t code = 0; code < EXPLAIN_CODE_COUNT; code++) {
        if (counts[code] > 0) {
            begin_of_listener(out, metric, ending_of(metric), source, row);
            metrics_label(out, ",", "reason", explain_words((enum explain_code)code).code);
            end_number(out, counts[code]);
        }
    }
}

#define OF_EACH_REASON(function, counts)                                                           \
    static void function(FILE *out, const struct metric *metric, const struct source *source)      \
    {                                                                                              \
        for (size_t row = 0; row < source->rows; row++) {                                          \
            print_reasons(out, metric, source, row, source->tallies[row].counts);                  \
        }                                                                                          \
    }

OF_EACH_REASON(print_failures, failures)
OF_EACH_REASON(print_ends, ends)

static void print_buckets(FILE *out, const struct metric *metric, const struct source *source,
                          size_t row)
{
    const struct tally *tally = &source->tallies[row];
    uint64_t count = 0;

    for (size_t i = 0; i < TALLY_TIMES; i++) {
        char top[32] = "+Inf";

        if (i < TALLY_TIMES - 1) { /* OpenMetrics: 1.0, not 1 */
            double seconds = (double)tally_tops_us[i] / 1e6;

            (void)snprintf(top, sizeof top, seconds >= 1 ? "%.1f" : "%g", seconds);
        }
        count += tally->times[i];
        begin_of_listener(out, metric, "_bucket", source, row);
        metrics_label(out, ",", "le", top);
        end_number(out, count);
    }
    begin_of_listener(out, metric, "_sum", source, row);
    (void)fprintf(out, "} %.6f\n", (double)tally->handshake_us / 1e6);
    begin_of_listener(out, metric, "_count", source, row);
    end_number(out, count);
}

static void print_durations(FILE *out, const struct metric *metric, const struct source *source)
{
    for (size_t row = 0; row < source->rows; row++) {
        print_buckets(out, metric, source, row);
    }
}

/* ---- of certificates ---- */

static void print_certificates(FILE *out, const struct metric *metric, const struct source *source)
{
    size_t block = board_serving(&source->server);

    for (size_t i = 0; i < source->certificate_count; i++) {
        const struct board_certificate *certificate = &source->certificates[i];
        struct board_listener listener;

        (void)board_read_listener(source->board, block, certificate->listener, &listener);
        begin(out, metric, "");
        metrics_label(out, "{", "listener", listener.name);
        metrics_label(out, ",", "subject", certificate->subject);
        metrics_label(out, ",", "serial", certificate->serial);
        (void)fprintf(out, "} %" PRId64 "\n", certificate->not_after_s);
    }
}

/* ---- of the whole server ---- */

static void print_build(FILE *out, const struct metric *metric, const struct source *source)
{
    (void)source;
    begin(out, metric, ending_of(metric));
    metrics_label(out, "{", "version", secho_version());
    metrics_label(out, ",", "openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
    end_number(out, 1);
}

static void print_reloads(FILE *out, const struct metric *metric, const struct source *source)
{
    begin(out, metric, ending_of(metric));
    metrics_label(out, "{", "result", "ok");
    end_number(out, atomic_load(&source->board->reloads_ok));
    begin(out, metric, ending_of(metric));
    metrics_label(out, "{", "result", "failed");
    end_number(out, atomic_load(&source->board->reloads_failed));
}

static uint64_t count_workers(const struct source *source)
{
    size_t block = board_serving(&source->server);
    struct board_crew *crew = calloc(1, sizeof *crew);
    uint64_t serving = 0;

    if (crew != NULL && block < BOARD_GENERATIONS) {
        (void)board_read_crew(source->board, block, crew);
    }
    for (size_t i = 0; crew != NULL && i < crew->count; i++) {
        serving += crew->workers[i].state == BOARD_WORKER_SERVES;
    }
    free(crew);
    return serving;
}

static uint64_t count_generations(const struct source *source)
{
    uint64_t count = 0;

    for (size_t i = 0; i < BOARD_GENERATIONS; i++) {
        count += source->server.generations[i].state != BOARD_FREE;
    }
    return count;
}

static uint64_t most_connections(const struct source *source)
{
    size_t block = board_serving(&source->server);

    return block < BOARD_GENERATIONS ? atomic_load(&source->board->blocks[block].connections_limit)
                                     : 0;
}

/* A metric that is one number. */
#define OF_THE_SERVER(function, value)                                                             \
    static void function(FILE *out, const struct metric *metric, const struct source *source)      \
    {                                                                                              \
        print_number(out, metric, value);                                                          \
    }

OF_THE_SERVER(print_start, (uint64_t)source->server.started_s)
OF_THE_SERVER(print_ready, source->server.ready)
OF_THE_SERVER(print_draining, source->server.draining)
OF_THE_SERVER(print_generations, count_generations(source))
OF_THE_SERVER(print_workers, count_workers(source))
OF_THE_SERVER(print_worker_restarts, atomic_load(&source->board->worker_restarts))
OF_THE_SERVER(print_admin_restarts, atomic_load(&source->board->admin_restarts))
OF_THE_SERVER(print_limit, most_connections(source))
OF_THE_SERVER(print_successful, !source->reload_failed)
OF_THE_SERVER(print_configured, (uint64_t)source->configured_s)
OF_THE_SERVER(print_cut, counters_sum(source->counters, offsetof(struct counters, cut)))
OF_THE_SERVER(print_log_lost, counters_log_lost(source->counters))
OF_THE_SERVER(print_denied, counters_denied(source->counters))

/* ---- all of them ---- */

/* clang-format off */
static const struct metric metrics[] = {
    {"build",                     INFO,      "",        "What runs here.",                                                          print_build},
    {"start_time_seconds",        GAUGE,     "seconds", "When the server was started, since 1970.",                                 print_start},
    {"ready",                     GAUGE,     "",        "1 when it serves and does not drain, as /readyz.",                         print_ready},
    {"draining",                  GAUGE,     "",        "1 when it is about to end.",                                               print_draining},
    {"workers",                   GAUGE,     "",        "Worker processes that serve now.",                                         print_workers},
    {"worker_restarts",           COUNTER,   "",        "Worker processes that were replaced.",                                     print_worker_restarts},
    {"admin_restarts",            COUNTER,   "",        "How often the process that answers this was replaced.",                    print_admin_restarts},
    {"generations",               GAUGE,     "",        "Configurations whose connections live; 1 unless a reload is not over.",    print_generations},
    {"reloads",                   COUNTER,   "",        "Reloads, by how they ended.",                                              print_reloads},
    {"config_last_reload_successful", GAUGE, "",        "0 when the last reload failed and an older configuration serves on.",      print_successful},
    {"config_last_reload_timestamp_seconds", GAUGE, "seconds", "When the last reload ended, or the start, since 1970.",             print_configured},
    {"connections",               COUNTER,   "",        "Connections accepted.",                                                    print_connections},
    {"connections_open",          GAUGE,     "",        "Connections open now.",                                                    print_open},
    {"connections_limit",         GAUGE,     "",        "How many may be open: limits.connections.",                                print_limit},
    {"connections_refused",       COUNTER,   "",        "Connections closed at once for a limit; not among those accepted.",        print_refused},
    {"connections_lost",          COUNTER,   "",        "Connections that ended with their worker process.",                        print_lost},
    {"connections_cut",           COUNTER,   "",        "Connections that were still in use when the time to drain was over.",      print_cut},
    {"ends",                      COUNTER,   "",        "How connections ended, those refused too: secho-explain(7).",              print_ends},
    {"handshakes",                COUNTER,   "",        "Handshakes that succeeded.",                                               print_handshakes},
    {"handshake_failures",        COUNTER,   "",        "Connections let in that ended before hands were shaken, by their end=.",   print_failures},
    {"handshake_duration_seconds", HISTOGRAM, "seconds", "From accept to the end of handshakes that succeeded.",                    print_durations},
    {"echo_bytes",                COUNTER,   "bytes",   "Bytes echoed, without TLS.",                                               print_echoed},
    {"received_bytes",            COUNTER,   "bytes",   "Bytes received to be echoed, without TLS.",                                print_received},
    {"certificate_not_after_timestamp_seconds", GAUGE, "seconds", "When each certificate that is served expires, since 1970.",      print_certificates},
    {"log_lines_lost",            COUNTER,   "",        "Lines that the log had no room for.",                                      print_log_lost},
    {"syscalls_denied",           COUNTER,   "",        "System calls that the sandbox has denied: see secho-server(8), SANDBOX.",  print_denied},
};
/* clang-format on */

static void print_head(FILE *out, const struct metric *metric, enum metrics_format format)
{
    static const char *const types[] = {
        [COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram", [INFO] = "info"};
    bool open = format == METRICS_OPENMETRICS; /* there a family has no _total and no _info */
    const char *ending = open ? "" : ending_of(metric);

    (void)fprintf(out, "# HELP secho_%s%s %s\n", metric->name, ending, metric->help);
    (void)fprintf(out, "# TYPE secho_%s%s %s\n", metric->name, ending,
                  !open && metric->kind == INFO ? "gauge" : types[metric->kind]);
    if (open && metric->unit[0] != '\0') {
        (void)fprintf(out, "# UNIT secho_%s %s\n", metric->name, metric->unit);
    }
}

static void free_source(struct source *source)
{
    if (source != NULL) {
        free(source->certificates);
        free(source);
    }
}

static void read_reload(struct source *source, struct board_reload *reload)
{
    (void)board_read_reload(source->board, reload);
    source->reload_failed = reload->happened && !reload->ok;
    source->configured_s = reload->happened ? reload->when_s : source->server.started_s;
}

/* NULL: no memory. */
static struct source *read_source(const struct counters_shared *counters, const struct board *board)
{
    struct source *source = calloc(1, sizeof *source);
    struct board_reload *reload = calloc(1, sizeof *reload);

    if (source != NULL && reload != NULL) {
        source->counters = counters;
        source->board = board;
        source->rows = tally_rows(counters);
        for (size_t row = 0; row < source->rows; row++) {
            tally_read(counters, row, &source->tallies[row]);
        }
        (void)board_read_server(board, &source->server);
        read_reload(source, reload);
        source->certificates =
            metrics_certificates(board, board_serving(&source->server), &source->certificate_count);
    }
    free(reload);
    if (source != NULL && source->certificates == NULL) {
        free_source(source);
        source = NULL;
    }
    return source;
}

char *metrics_text(const struct counters_shared *counters, const struct board *board,
                   enum metrics_format format)
{
    struct source *source = read_source(counters, board);
    char *text = NULL;
    size_t len;
    FILE *out = source != NULL ? open_memstream(&text, &len) : NULL;

    if (out == NULL) {
        free_source(source);
        return NULL;
    }
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        print_head(out, &metrics[i], format);
        metrics[i].print(out, &metrics[i], source);
    }
    if (format == METRICS_OPENMETRICS) {
        (void)fputs("# EOF\n", out);
    }
    bool failed = ferror(out) != 0;

    free_source(source);
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}
