/* What a person asks secho-client for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/options.h"
#include "suite.h"

#define WORDS_MAX 12

static struct options options;
static struct secho_error err;
static char *argv[WORDS_MAX + 1];
static char line[256];

/* Splits "check localhost 8443" at its spaces and reads it as a command line. */
static int parse(const char *words)
{
    int argc = 1;

    (void)snprintf(line, sizeof line, "%s", words);
    argv[0] = (char *)"secho-client";
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    err = (struct secho_error){0};
    return options_parse(argc, argv, &options, &err);
}

START_TEST(talk_is_the_default_mode)
{
    ck_assert_int_eq(parse("localhost 8443"), 0);
    ck_assert_int_eq(options.mode, OPTIONS_TALK);
    ck_assert_str_eq(options.way.host, "localhost");
    ck_assert_str_eq(options.way.port, "8443");
}
END_TEST

START_TEST(options_may_stand_anywhere)
{
    ck_assert_int_eq(parse("--json check localhost --ca ca.pem 8443 -4"), 0);
    ck_assert_int_eq(options.mode, OPTIONS_CHECK);
    ck_assert_str_eq(options.way.ca, "ca.pem");
    ck_assert(options.json && options.way.ipv4 && !options.way.ipv6);
}
END_TEST

START_TEST(a_host_may_have_the_name_of_a_mode)
{
    ck_assert_int_eq(parse("check check 8443"), 0);
    ck_assert_int_eq(options.mode, OPTIONS_CHECK);
    ck_assert_str_eq(options.way.host, "check");
}
END_TEST

START_TEST(a_path_may_be_asked_for_its_silence)
{
    ck_assert_int_eq(parse("path localhost 8443"), 0);
    ck_assert_int_eq(options.mode, OPTIONS_PATH);
    ck_assert_int_eq(options.idle_ms, 0);
    ck_assert_int_eq(parse("--json path --idle 5m localhost 8443"), 0);
    ck_assert_int_eq(options.idle_ms, 300000);
    ck_assert(options.json);
}
END_TEST

START_TEST(help_and_version_win_over_the_rest)
{
    ck_assert_int_eq(parse("-h --nonsense"), 0);
    ck_assert_int_eq(options.mode, OPTIONS_HELP);
    ck_assert_int_eq(parse("check -V"), 0);
    ck_assert_int_eq(options.mode, OPTIONS_VERSION);
}
END_TEST

static const struct {
    const char *words, *says;
} wrong[] = {
    {"", "HOST and PORT are missing"},
    {"localhost", "PORT is missing"},
    {"check localhost", "PORT is missing"},
    {"localhost 0", "1..65535"},
    {"localhost 65536", "1..65535"},
    {"localhost 99999999999999999999", "1..65535"},
    {"localhost +1", "1..65535"},
    {"localhost 8443 x", "\"x\""},
    {"chek localhost 8443", "no mode"},
    {"check talk localhost 8443", "two modes"},
    {"--idle 1s check localhost 8443", "--idle is for path"},
    {"--idle 5 path localhost 8443", "unit"},
    {"--idle 999ms path localhost 8443", "--idle must be"},
    {"--idle 25h path localhost 8443", "--idle must be"},
    {"-c 1 path localhost 8443", "is for ping"},
    {"--early-data path localhost 8443", "is for check"},
    {"--sess-in f path localhost 8443", "talk, check and ping"},
    {"--sess-in f resume localhost:8443", "talk, check and ping"},
    {"--sess-out f report localhost 8443", "talk, check and ping"},
    {"--resume 1 localhost 8443", "is for check and ping"},
    {"--resume 1 report localhost 8443", "is for check and ping"},
    {"--resume 2 -c 3 ping localhost 8443",
     "makes 3 connections, one after the other: leave out -c"},
    {"--resume 2 -f ping localhost 8443", "leave out -f"},
    {"--resume 2 --reconnect ping localhost 8443", "leave out --reconnect"},
    {"--sess-in f --reconnect ping localhost 8443", "use --reconnect=resume"},
    {"--nope localhost 8443", "--nope"},
    {"localhost 8443 --ca", "--ca needs a value"},
    {"--timeout 1 localhost 8443", "unit"},
    {"--timeout 30d localhost 8443", "unit"},
    {"--tls 1 localhost 8443", "1.2 or 1.3"},
    {"-4 -6 localhost 8443", "no address"},
    {"--proxy-protocol 1 localhost 8443", "--proxy-protocol must be v1 or v2, is \"1\""},
    {"--proxy-protocol v3 localhost 8443", "v1 or v2"},
    {"--proxy-protocol= localhost 8443", "v1 or v2"},
};

START_TEST(what_cannot_be_is_refused_in_words)
{
    ck_assert_int_eq(parse(wrong[_i].words), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_USAGE);
    ck_assert_msg(strstr(err.text, wrong[_i].says) != NULL, "'%s' does not say '%s'", err.text,
                  wrong[_i].says);
}
END_TEST

static const struct {
    const char *text;
    int rc;
    int64_t ms;
} durations[] = {
    {"500ms", 0, 500}, {"10s", 0, 10000}, {"5m", 0, 300000}, {"1h", 0, 3600000},
    {"0s", 0, -1},     {"", -1, 0},       {"10", -1, 0},     {"-1s", -1, 0},
    {"1.5s", -1, 0},   {"1 s", -1, 0},    {"s", -1, 0},      {"600h", -1, 0},
};

START_TEST(a_duration_has_a_unit)
{
    int64_t ms = 0;

    ck_assert_msg(options_duration(durations[_i].text, &ms) == durations[_i].rc, "%s",
                  durations[_i].text);
    ck_assert_int_eq(ms, durations[_i].ms);
}
END_TEST

START_TEST(a_proxy_header_has_a_version)
{
    ck_assert_int_eq(parse("localhost 8443"), 0);
    ck_assert_int_eq(options.proxy_protocol, 0);
    ck_assert_int_eq(parse("--proxy-protocol v1 localhost 8443"), 0);
    ck_assert_int_eq(options.proxy_protocol, 1);
    ck_assert_int_eq(parse("check --proxy-protocol=v2 localhost 8443"), 0);
    ck_assert_int_eq(options.proxy_protocol, 2);
}
END_TEST

START_TEST(settings_have_what_was_asked_for)
{
    struct secho_client_settings settings;

    ck_assert_int_eq(parse("--tls 1.2 -6 --timeout 3s --alpn a,b --server-name n h 1"), 0);
    options_way_settings(&options.way, &settings);
    ck_assert_str_eq(settings.min_version, "1.2");
    ck_assert_str_eq(settings.max_version, "1.2");
    ck_assert_str_eq(settings.server_name, "n");
    ck_assert_str_eq(settings.alpn, "a,b");
    ck_assert_int_eq(settings.family, 6);
    ck_assert_int_eq(settings.timeout_ms, 3000);
    ck_assert_ptr_null(settings.ca_file);
}
END_TEST

START_TEST(the_help_fits_a_terminal)
{
    char text[4096];
    size_t lines = 0;

    options_help(text, sizeof text);
    for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
        ck_assert_msg(strlen(at) < 80, "%s", at);
        lines++;
    }
    ck_assert_uint_le(lines, 23);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, talk_is_the_default_mode);
    tcase_add_test(tests, options_may_stand_anywhere);
    tcase_add_test(tests, a_host_may_have_the_name_of_a_mode);
    tcase_add_test(tests, a_path_may_be_asked_for_its_silence);
    tcase_add_test(tests, help_and_version_win_over_the_rest);
    tcase_add_loop_test(tests, what_cannot_be_is_refused_in_words, 0, COUNT(wrong));
    tcase_add_loop_test(tests, a_duration_has_a_unit, 0, COUNT(durations));
    tcase_add_test(tests, a_proxy_header_has_a_version);
    tcase_add_test(tests, settings_have_what_was_asked_for);
    tcase_add_test(tests, the_help_fits_a_terminal);
}

int main(void)
{
    return suite_run("client options", add_tests, NULL, NULL);
}
