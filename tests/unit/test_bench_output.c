/* What secho-bench says about a result: as text and as JSON. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/bars.h"
#include "bench/figures.h"
#include "bench/json.h"
#include "bench/summary.h"
#include "results.h"
#include "suite.h"

static struct result *result;
static cJSON *json;
static char *text;

static void forget(void)
{
    cJSON_Delete(json);
    json = NULL;
    free(result);
    result = NULL;
    free(text);
    text = NULL;
}

static void make_json(void)
{
    char *line = json_of_result(result);

    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_null(strchr(line, '\n'));
    json = cJSON_Parse(line);
    ck_assert_ptr_nonnull(json);
    free(line);
}

static void make_text(struct look style)
{
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    summary_print(result, style, out);
    ck_assert_int_eq(fclose(out), 0);
}

/* "tls.suite": the value there, or NULL. */
static const cJSON *at(const char *path)
{
    const cJSON *value = json;
    char name[64];

    while (value != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");

        (void)snprintf(name, sizeof name, "%.*s", (int)len, path);
        value = cJSON_GetObjectItemCaseSensitive(value, name);
        path += len + (path[len] == '.');
    }
    return value;
}

static double number(const char *path)
{
    ck_assert_msg(cJSON_IsNumber(at(path)), "%s is no number", path);
    return at(path)->valuedouble;
}

static const char *words(const char *path)
{
    ck_assert_msg(cJSON_IsString(at(path)), "%s is no text", path);
    return at(path)->valuestring;
}

/* ---- figures ---- */

static const struct {
    double ns;
    const char *text;
} times[] = {
    {0, "0 ns"},        {812, "812 ns"},    {999, "999 ns"},     {999.6, "1.00 us"},
    {1350, "1.35 us"},  {9994, "9.99 us"},  {9996, "10.0 us"},   {12400, "12.4 us"},
    {99960, "100 us"},  {999400, "999 us"}, {999600, "1.00 ms"}, {3.02e9, "3.02 s"},
    {7.2e12, "7200 s"},
};

START_TEST(a_time_has_three_digits_and_a_unit)
{
    ck_assert_str_eq(figure_time(times[_i].ns).text, times[_i].text);
}
END_TEST

START_TEST(counts_and_bytes_are_easy_to_read)
{
    ck_assert_str_eq(figure_count(0).text, "0");
    ck_assert_str_eq(figure_count(999).text, "999");
    ck_assert_str_eq(figure_count(1234567).text, "1,234,567");
    ck_assert_str_eq(figure_count(1e30).text, "1,000,000,000,000,000,000");
    ck_assert_str_eq(figure_rate(12.34).text, "12.3");
    ck_assert_str_eq(figure_rate(0.5).text, "0.50");
    ck_assert_str_eq(figure_rate(0.001).text, "0.001");
    ck_assert_str_eq(figure_rate(0.0999).text, "0.10");
    ck_assert_str_eq(figure_rate(12345.6).text, "12,346");
    ck_assert_str_eq(figure_bytes(813).text, "813 B");
    ck_assert_str_eq(figure_bytes(12.4e6).text, "12.4 MB");
    ck_assert_str_eq(figure_bytes(-20000).text, "-20.0 kB");
    ck_assert_str_eq(figure_percent(0.5).text, "50.0 %");
}
END_TEST

START_TEST(what_nothing_divides_is_no_number)
{
    struct figures figures;

    result = results_new(PLAN_ECHO);
    result->tally.messages = result->tally.bytes = result->tally.opened = 0;
    result->measured_s = 0;
    figures_of(result, &figures);
    ck_assert(figures.messages_per_s == 0 && figures.bytes_per_s == 0);
    ck_assert(isnan(figures.cpu_us_per_message) && isnan(figures.cpu_s_per_gb));
    ck_assert(isnan(figures.bytes_per_connection));
}
END_TEST

START_TEST(a_rest_of_a_slice_is_no_slice)
{
    double end_s[TALLY_SLICES];

    result = results_new(PLAN_ECHO);
    ck_assert_uint_eq(figures_slices(result, end_s), 100);
    ck_assert(fabs(end_s[0] - 0.1) < 1e-9 && fabs(end_s[99] - 10) < 1e-9);
    result->measured_s = 0.25;
    ck_assert_uint_eq(figures_slices(result, end_s), 3);
    ck_assert(fabs(end_s[2] - 0.25) < 1e-9);
    result->measured_s = 0;
    ck_assert_uint_eq(figures_slices(result, end_s), 0);
}
END_TEST

/* ---- bars ---- */

START_TEST(bars_have_every_value_once)
{
    struct bar bars[12];
    double sum = 0;

    result = results_new(PLAN_ECHO);
    size_t count = bars_of(&result->tally.latency, 0.999, bars, 12);

    ck_assert_uint_ge(count, 6);
    ck_assert_uint_le(count, 12);
    for (size_t i = 0; i < count; i++) {
        sum += bars[i].count;
        ck_assert(bars[i].from < bars[i].to);
        ck_assert(i == 0 || bars[i].from == bars[i - 1].to);
    }
    ck_assert(fabs(sum - (double)result->tally.latency.count) < 1e-3);
    ck_assert(bars[count - 1].to >= (double)result->tally.latency.max);
}
END_TEST

START_TEST(one_value_is_one_bar_and_none_is_none)
{
    struct bar bars[12];
    static struct histogram one;

    one = (struct histogram){0};
    ck_assert_uint_eq(bars_of(&one, 0.999, bars, 12), 0);
    histogram_add(&one, 0);
    ck_assert_uint_eq(bars_of(&one, 0.999, bars, 12), 1);
    one = (struct histogram){0};
    histogram_add(&one, HISTOGRAM_MAX);
    ck_assert_uint_eq(bars_of(&one, 0.999, bars, 12), 1);
    ck_assert(fabs(bars[0].count - 1) < 1e-9);
}
END_TEST

/* ---- JSON ---- */

static const char *const keys[] = {
    "secho_bench",
    "ok",
    "code",
    "exit",
    "mode",
    "loop",
    "interrupted",
    "target.host",
    "target.port",
    "target.address",
    "target.transport",
    "settings.connections",
    "settings.threads",
    "settings.duration_s",
    "settings.warmup_s",
    "settings.ramp_s",
    "settings.size",
    "settings.depth",
    "settings.rate",
    "settings.resume",
    "settings.echo",
    "tls.version",
    "tls.suite",
    "tls.group",
    "tls.verified",
    "machine.cpu",
    "machine.cpus",
    "machine.kernel",
    "machine.openssl",
    "machine.congestion_control",
    "machine.time",
    "measured_s",
    "messages",
    "bytes",
    "messages_per_s",
    "bytes_per_s",
    "handshakes.full",
    "handshakes.resumed",
    "handshakes.failed",
    "handshakes_per_s",
    "connections.opened",
    "connections.failed",
    "connections.ends.ok",
    "unanswered",
    "latency_us.count",
    "latency_us.min",
    "latency_us.mean",
    "latency_us.p50",
    "latency_us.p90",
    "latency_us.p99",
    "latency_us.p99_9",
    "latency_us.p99_99",
    "latency_us.max",
    "latency_us.histogram",
    "stages_us.tcp.count",
    "stages_us.tls.p99",
    "stages_us.first_echo.max",
    "timeline",
    "server.pids",
    "server.processes",
    "server.cpu_s",
    "server.cpu_us_per_message",
    "server.cpu_s_per_gb",
    "server.pss_before_bytes",
    "server.pss_bytes",
    "server.bytes_per_connection",
};

START_TEST(the_object_has_every_key)
{
    result = results_new(PLAN_ECHO);
    make_json();
    for (int i = 0; i < COUNT(keys); i++) {
        ck_assert_msg(at(keys[i]) != NULL, "%s is missing", keys[i]);
    }
}
END_TEST

START_TEST(the_man_page_names_every_key)
{
    static char page[65536];
    FILE *in = fopen("src/man/secho-bench.1", "r"); /* from the top of the source tree */

    ck_assert_ptr_nonnull(in);
    page[fread(page, 1, sizeof page - 1, in)] = '\0';
    (void)fclose(in);
    const char *json_part = strstr(page, ".Sh JSON");

    ck_assert_ptr_nonnull(json_part);
    for (int i = 0; i < COUNT(keys); i++) {
        const char *dot = strrchr(keys[i], '.');
        const char *key = dot != NULL ? dot + 1 : keys[i];

        ck_assert_msg(strstr(json_part, key) != NULL, "%s is not in secho-bench(1)", key);
    }
}
END_TEST

START_TEST(the_figures_are_those_of_the_result)
{
    result = results_new(PLAN_ECHO);
    make_json();
    ck_assert_str_eq(words("mode"), "echo");
    ck_assert_str_eq(words("loop"), "closed");
    ck_assert_str_eq(words("code"), "ok");
    ck_assert_str_eq(words("target.host"), "localhost");
    ck_assert(number("target.port") == 8443);
    ck_assert(number("messages") == 100000);
    ck_assert(fabs(number("messages_per_s") - 100000 / 10.0002) < 1e-6);
    ck_assert(number("latency_us.count") == 100000);
    ck_assert(fabs(number("latency_us.p50") / 107.0 - 1) < 0.01);
    ck_assert(number("server.cpu_us_per_message") == 20);
    ck_assert(number("server.cpu_s_per_gb") == 312.5);
    ck_assert(number("server.bytes_per_connection") == 20000);
    ck_assert(fabs(number("stages_us.tcp.mean") - 39.5) < 1e-9);
}
END_TEST

START_TEST(the_histogram_and_the_timeline_have_all_messages)
{
    const cJSON *item;
    double sum = 0, before = 0;

    result = results_new(PLAN_ECHO);
    make_json();
    cJSON_ArrayForEach(item, at("latency_us.histogram"))
    {
        ck_assert_int_eq(cJSON_GetArraySize(item), 2);
        ck_assert(cJSON_GetArrayItem(item, 0)->valuedouble > before);
        ck_assert(cJSON_GetArrayItem(item, 1)->valuedouble > 0);
        before = cJSON_GetArrayItem(item, 0)->valuedouble;
        sum += cJSON_GetArrayItem(item, 1)->valuedouble;
    }
    ck_assert(sum == 100000);
    ck_assert_int_eq(cJSON_GetArraySize(at("timeline")), 100);
    sum = 0;
    cJSON_ArrayForEach(item, at("timeline"))
    {
        sum += cJSON_GetObjectItemCaseSensitive(item, "messages")->valuedouble;
    }
    ck_assert(sum == 100000);
}
END_TEST

START_TEST(what_is_not_known_has_no_key)
{
    result = results_new(PLAN_HANDSHAKE);
    result->plan.rate = 100;
    make_json();
    ck_assert_ptr_null(at("server.cpu_us_per_message"));
    ck_assert_ptr_null(at("server.bytes_per_connection"));
    ck_assert(number("server.cpu_us_per_handshake") == 20);
    ck_assert(fabs(number("handshakes_per_s") - 100000 / 10.0002) < 1e-6);
    ck_assert_str_eq(words("loop"), "open");
    ck_assert_ptr_null(at("why"));
    cJSON_Delete(json);
    result->plan.pid_count = 0;
    result->usage.known = false;
    result->plan.plain = true;
    result->version[0] = '\0';
    make_json();
    ck_assert_ptr_null(at("server"));
    ck_assert_ptr_null(at("tls"));
    ck_assert_str_eq(words("target.transport"), "tcp");
}
END_TEST

START_TEST(a_failure_is_told_with_its_reason)
{
    result = results_refused();
    make_json();
    ck_assert(cJSON_IsFalse(at("ok")));
    ck_assert_str_eq(words("code"), "refused");
    ck_assert(number("exit") == 69);
    ck_assert_str_eq(words("stage"), "connect");
    ck_assert_ptr_nonnull(strstr(words("why"), "127.0.0.1:8443"));
    ck_assert_str_ne(words("advice"), "");
    ck_assert(number("messages") == 0 && number("latency_us.count") == 0);
    ck_assert_ptr_null(at("latency_us.max"));
}
END_TEST

/* ---- text ---- */

static const struct {
    enum plan_mode mode;
    const char *says;
} said[] = {
    {PLAN_ECHO, "closed loop"},
    {PLAN_ECHO, "messages of 64B, 1 under way on each of 20 connections, 2 threads"},
    {PLAN_ECHO, "localhost port 8443 (127.0.0.1:8443)"},
    {PLAN_ECHO, "TLSv1.3 TLS_AES_128_GCM_SHA256 X25519, verified"},
    {PLAN_ECHO, "10 s measured, after 1s of warm-up"},
    {PLAN_ECHO, "10,000 /s            100,000 in all"},
    {PLAN_ECHO, "p50      p90      p99    p99.9   p99.99      max"},
    {PLAN_ECHO, "CPU for a message"},
    {PLAN_ECHO, "20  ended with ok"},
    {PLAN_ECHO, "Imaginary CPU"},
    {PLAN_HANDSHAKE, "CPU for a handshake"},
    {PLAN_HANDSHAKE, "how long a connection took"},
    {PLAN_STREAM, "both directions at once"},
    {PLAN_IDLE, "first echo"},
    {PLAN_IDLE, "for a connection"},
};

START_TEST(the_table_says_what_matters)
{
    result = results_new(said[_i].mode);
    make_text((struct look){0});
    ck_assert_msg(strstr(text, said[_i].says) != NULL, "no '%s' in\n%s", said[_i].says, text);
}
END_TEST

START_TEST(the_table_is_eighty_columns_of_ascii_in_a_pipe)
{
    for (int mode = PLAN_ECHO; mode <= PLAN_IDLE; mode++) {
        result = results_new((enum plan_mode)mode);
        result->plan.rate = mode == PLAN_ECHO ? 12345 : 0;
        make_text((struct look){0});
        for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
            ck_assert_msg(strcspn(line, "\n") <= 80, "%.100s", line);
        }
        for (const char *c = text; *c != '\0'; c++) {
            ck_assert_msg(*c == '\n' || (*c >= ' ' && *c <= '~'), "byte %d", *c);
        }
        ck_assert_ptr_nonnull(strchr(text, '#'));
        forget();
    }
}
END_TEST

START_TEST(colours_and_blocks_come_when_they_are_wanted)
{
    result = results_new(PLAN_ECHO);
    make_text((struct look){true, true, true});
    ck_assert_ptr_nonnull(strstr(text, "\033[1m"));
    ck_assert_ptr_nonnull(strstr(text, "█"));
    ck_assert_ptr_null(strchr(text, '#'));
}
END_TEST

START_TEST(an_open_loop_is_called_so)
{
    result = results_new(PLAN_ECHO);
    result->plan.rate = 500;
    make_text((struct look){0});
    ck_assert_ptr_nonnull(strstr(text, "open loop: a time counts from when the message was due"));
    ck_assert_ptr_nonnull(strstr(text, "10 s measured at 500 a second"));
    ck_assert_ptr_null(strstr(text, "closed loop"));
}
END_TEST

START_TEST(an_interrupted_run_says_so)
{
    result = results_new(PLAN_ECHO);
    result->interrupted = true;
    result->measured_s = 2.5;
    make_text((struct look){0});
    ck_assert_ptr_nonnull(strstr(text, "2.5 s measured, after 1s of warm-up; interrupted"));
}
END_TEST

START_TEST(a_run_that_never_began_has_no_table)
{
    result = results_refused();
    make_text((struct look){0});
    ck_assert_str_eq(text, "");
}
END_TEST

static const struct {
    double asked;
    uint64_t full, resumed;
    bool told;
} sessions[] = {
    {1, 100, 0, true},    {1, 20, 80, true},  {0.5, 100, 20, true}, {1, 1, 99, false},
    {0.5, 50, 50, false}, {0, 100, 0, false}, {1, 0, 0, false},
};

START_TEST(sessions_that_were_not_resumed_as_asked_are_told)
{
    result = results_new(PLAN_HANDSHAKE);
    result->plan.resume = sessions[_i].asked;
    result->tally.full = sessions[_i].full;
    result->tally.resumed = sessions[_i].resumed;
    make_text((struct look){0});
    make_json();
    ck_assert((strstr(text, "not as asked: ") != NULL) == sessions[_i].told);
    ck_assert_ptr_null(strstr(text, " % resumed")); /* that is no promise to make beforehand */
    ck_assert((strstr(text, "does the server resume at all?") != NULL) == (_i == 0));
    if (_i == 1) {
        ck_assert(number("handshakes.resumed_share") == 0.8);
    }
    ck_assert((at("handshakes.resumed_share") == NULL) ==
              (sessions[_i].asked == 0 || sessions[_i].full + sessions[_i].resumed == 0));
}
END_TEST

static void check_times(const char *path)
{
    const cJSON *object = at(path);

    ck_assert_msg(cJSON_IsObject(object) && cJSON_GetArraySize(object) == 1, "%s", path);
    ck_assert(cJSON_GetObjectItemCaseSensitive(object, "count")->valuedouble == 0);
}

START_TEST(nothing_has_a_count_of_0_and_no_times)
{
    result = results_refused();
    make_json();
    check_times("latency_us");
    check_times("stages_us.tcp");
    check_times("stages_us.tls");
    check_times("stages_us.first_echo");
}
END_TEST

START_TEST(idle_has_the_histogram_that_its_table_draws)
{
    result = results_new(PLAN_IDLE);
    make_json();
    ck_assert(cJSON_IsArray(at("stages_us.first_echo.histogram")));
    ck_assert_ptr_null(at("stages_us.tcp.histogram"));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, nothing_has_a_count_of_0_and_no_times);
    tcase_add_test(tests, idle_has_the_histogram_that_its_table_draws);
    tcase_add_loop_test(tests, sessions_that_were_not_resumed_as_asked_are_told, 0,
                        COUNT(sessions));
    tcase_add_loop_test(tests, a_time_has_three_digits_and_a_unit, 0, COUNT(times));
    tcase_add_test(tests, counts_and_bytes_are_easy_to_read);
    tcase_add_test(tests, what_nothing_divides_is_no_number);
    tcase_add_test(tests, a_rest_of_a_slice_is_no_slice);
    tcase_add_test(tests, bars_have_every_value_once);
    tcase_add_test(tests, one_value_is_one_bar_and_none_is_none);
    tcase_add_test(tests, the_object_has_every_key);
    tcase_add_test(tests, the_man_page_names_every_key);
    tcase_add_test(tests, the_figures_are_those_of_the_result);
    tcase_add_test(tests, the_histogram_and_the_timeline_have_all_messages);
    tcase_add_test(tests, what_is_not_known_has_no_key);
    tcase_add_test(tests, a_failure_is_told_with_its_reason);
    tcase_add_loop_test(tests, the_table_says_what_matters, 0, COUNT(said));
    tcase_add_test(tests, the_table_is_eighty_columns_of_ascii_in_a_pipe);
    tcase_add_test(tests, colours_and_blocks_come_when_they_are_wanted);
    tcase_add_test(tests, an_open_loop_is_called_so);
    tcase_add_test(tests, an_interrupted_run_says_so);
    tcase_add_test(tests, a_run_that_never_began_has_no_table);
}

int main(void)
{
    return suite_run("bench output", add_tests, NULL, forget);
}
