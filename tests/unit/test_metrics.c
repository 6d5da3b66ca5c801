/* The counters and the board as text for Prometheus. */
#include <stdlib.h>
#include <string.h>

#include "daemon/metrics.h"
#include "suite.h"

static struct counters_shared *counters;
static struct board *board;
static struct tally_row *row;
static char *text;

static void setup(void)
{
    counters = counters_new();
    board = board_new();
    ck_assert_ptr_nonnull(counters);
    ck_assert_ptr_nonnull(board);
    counters->generations[0].threads_used = 1;
    row = &counters->generations[0].threads[0].listeners[tally_claim(counters, "main")];
    text = NULL;
}

static void teardown(void)
{
    free(text);
    counters_free(counters);
    board_free(board);
}

static const char *print(enum metrics_format format)
{
    free(text);
    text = metrics_text(counters, board, format);
    ck_assert_ptr_nonnull(text);
    return text;
}

static void tells(const char *line)
{
    char whole[512];

    (void)snprintf(whole, sizeof whole, "\n%s\n", line);
    ck_assert_msg(strstr(text, whole) != NULL, "no line %s", line);
}

START_TEST(each_counter_of_a_listener_is_a_line)
{
    row->opened = 5;
    row->closed = 3;
    row->lost = 1;
    row->refused = 4;
    row->bytes_in = 100;
    row->bytes_out = 90;
    row->handshakes[TALLY_TLS_1_3][1] = 2;
    row->failures[EXPLAIN_NOT_TLS_HTTP] = 6;
    row->ends[EXPLAIN_OK] = 3;
    print(METRICS_PROMETHEUS);
    tells("secho_connections_total{listener=\"main\"} 5");
    tells("secho_connections_open{listener=\"main\"} 1");
    tells("secho_connections_lost_total{listener=\"main\"} 1");
    tells("secho_connections_refused_total{listener=\"main\"} 4");
    tells("secho_echo_bytes_total{listener=\"main\"} 90");
    tells("secho_received_bytes_total{listener=\"main\"} 100");
    tells("secho_handshakes_total{listener=\"main\",version=\"TLSv1.3\",resumed=\"yes\"} 2");
    tells("secho_handshakes_total{listener=\"main\",version=\"TLSv1.2\",resumed=\"no\"} 0");
    tells("secho_handshake_failures_total{listener=\"main\",reason=\"not_tls_http\"} 6");
    tells("secho_ends_total{listener=\"main\",reason=\"ok\"} 3");
}
END_TEST

START_TEST(buckets_are_cumulated)
{
    row->times[0] = 1;
    row->times[2] = 2;
    row->times[TALLY_TIMES - 1] = 4;
    row->handshake_us = 1500000;
    print(METRICS_PROMETHEUS);
    tells("secho_handshake_duration_seconds_bucket{listener=\"main\",le=\"0.00025\"} 1");
    tells("secho_handshake_duration_seconds_bucket{listener=\"main\",le=\"0.0005\"} 1");
    tells("secho_handshake_duration_seconds_bucket{listener=\"main\",le=\"0.001\"} 3");
    tells("secho_handshake_duration_seconds_bucket{listener=\"main\",le=\"1.0\"} 3");
    tells("secho_handshake_duration_seconds_bucket{listener=\"main\",le=\"10.0\"} 3");
    tells("secho_handshake_duration_seconds_bucket{listener=\"main\",le=\"+Inf\"} 7");
    tells("secho_handshake_duration_seconds_count{listener=\"main\"} 7");
    tells("secho_handshake_duration_seconds_sum{listener=\"main\"} 1.500000");
}
END_TEST

/* The board of a server whose generation in block 1 serves `count` certificates on "main". */
static void post(const struct board_certificate *certificates, size_t count)
{
    struct board_server server = {.started_s = 1700000000, .ready = true};
    struct board_listener listener = {.name = "main"};

    server.generations[1] = (struct board_generation){.state = BOARD_SERVES, .number = 3};
    board_write_server(board, &server);
    board->blocks[1].connections_limit = 77;
    board_write_listener(board, 1, 0, &listener);
    for (size_t i = 0; i < count; i++) {
        board_write_certificate(board, 1, i, &certificates[i]);
    }
}

START_TEST(certificates_tell_when_they_end_each_once)
{
    const struct board_certificate certificates[] = {
        {.not_after_s = 1800000000, .subject = "CN=a", .serial = "01"},
        {.not_after_s = 1900000000, .subject = "CN=a", .serial = "02"},
        {.not_after_s = 1800000000, .subject = "CN=a", .serial = "01"},
    };

    post(certificates, 3);
    print(METRICS_PROMETHEUS);
    tells("secho_certificate_not_after_timestamp_seconds{listener=\"main\",subject=\"CN=a\","
          "serial=\"01\"} 1800000000");
    tells("secho_certificate_not_after_timestamp_seconds{listener=\"main\",subject=\"CN=a\","
          "serial=\"02\"} 1900000000");
    ck_assert_ptr_null(strstr(strstr(text, "serial=\"01\"") + 1, "serial=\"01\""));
    tells("secho_start_time_seconds 1700000000");
    tells("secho_ready 1");
    tells("secho_connections_limit 77");
}
END_TEST

static const struct {
    const char *subject, *label;
} labels[] = {
    {"CN=\"a\"", "subject=\"CN=\\\"a\\\"\""},     {"CN=a\\,b", "subject=\"CN=a\\\\,b\""},
    {"CN=a\nb", "subject=\"CN=a\\nb\""},          {"CN=\xC3\xA4", "subject=\"CN=\xC3\xA4\""},
    {"CN=\xFF.", "subject=\"CN=\xEF\xBF\xBD.\""},
};

START_TEST(what_stands_in_a_certificate_stays_in_its_label)
{
    struct board_certificate certificate = {.not_after_s = 1, .serial = "01"};

    (void)snprintf(certificate.subject, sizeof certificate.subject, "%s", labels[_i].subject);
    post(&certificate, 1);
    ck_assert_msg(strstr(print(METRICS_PROMETHEUS), labels[_i].label) != NULL, "%s",
                  labels[_i].label);
}
END_TEST

START_TEST(the_last_reload_is_told)
{
    struct board_reload *reload = calloc(1, sizeof *reload);

    ck_assert_ptr_nonnull(reload);
    print(METRICS_PROMETHEUS);
    tells("secho_config_last_reload_successful 1"); /* none, but the start was */
    reload->happened = true;
    reload->when_s = 1750000000;
    board_write_reload(board, reload);
    print(METRICS_PROMETHEUS);
    tells("secho_config_last_reload_successful 0");
    tells("secho_config_last_reload_timestamp_seconds 1750000000");
    free(reload);
}
END_TEST

START_TEST(the_two_formats_differ_in_their_heads)
{
    print(METRICS_PROMETHEUS);
    tells("# TYPE secho_connections_total counter");
    tells("# TYPE secho_build_info gauge");
    ck_assert_ptr_null(strstr(text, "# UNIT"));
    ck_assert_ptr_null(strstr(text, "# EOF"));
    print(METRICS_OPENMETRICS);
    tells("# TYPE secho_connections counter");
    tells("# TYPE secho_build info");
    tells("# UNIT secho_echo_bytes bytes");
    ck_assert_str_eq(text + strlen(text) - 6, "# EOF\n");
}
END_TEST

static const struct {
    const char *accept;
    enum metrics_format format;
} accepts[] = {
    {NULL, METRICS_PROMETHEUS},
    {"*/*", METRICS_PROMETHEUS},
    {"text/plain;version=0.0.4", METRICS_PROMETHEUS},
    {"application/openmetrics-text", METRICS_OPENMETRICS},
    {"application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5",
     METRICS_OPENMETRICS},
    {"text/plain;q=0.5, Application/OpenMetrics-Text; version=1.0.0", METRICS_OPENMETRICS},
    {"application/openmetrics-text;q=0,text/plain", METRICS_PROMETHEUS},
};

START_TEST(the_accept_header_chooses)
{
    ck_assert_int_eq(metrics_wanted(accepts[_i].accept), accepts[_i].format);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, each_counter_of_a_listener_is_a_line);
    tcase_add_test(tests, buckets_are_cumulated);
    tcase_add_test(tests, certificates_tell_when_they_end_each_once);
    tcase_add_loop_test(tests, what_stands_in_a_certificate_stays_in_its_label, 0, 5);
    tcase_add_test(tests, the_last_reload_is_told);
    tcase_add_test(tests, the_two_formats_differ_in_their_heads);
    tcase_add_loop_test(tests, the_accept_header_chooses, 0, 7);
}

int main(void)
{
    return suite_run("metrics", add, setup, teardown);
}
