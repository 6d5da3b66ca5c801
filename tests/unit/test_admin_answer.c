/* What the admin listener says to which request. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/admin_answer.h"
#include "suite.h"

static struct admin_settings settings;
static struct board *board;
static struct counters_shared *counters;
static struct admin_view view;
static struct admin_answer answer;

static void setup(void)
{
    settings = (struct admin_settings){.is_there = true, .is_local = true};
    board = board_new();
    counters = counters_new();
    ck_assert_ptr_nonnull(board);
    ck_assert_ptr_nonnull(counters);
    view = (struct admin_view){.settings = &settings, .board = board, .counters = counters};
    answer = (struct admin_answer){0};
}

static void teardown(void)
{
    free(answer.body);
    board_free(board);
    counters_free(counters);
}

static struct admin_request request_of(const char *method, const char *path)
{
    return (struct admin_request){.method = method, .path = path, .body = ""};
}

/* ---- who answers ---- */

static const struct {
    const char *method, *path;
    unsigned status; /* 0: somebody answers */
} requests[] = {
    {"GET", "/", 0},           {"HEAD", "/", 0},        {"GET", "/healthz", 0},
    {"GET", "/readyz", 0},     {"GET", "/status", 0},   {"POST", "/reload", 0},
    {"POST", "/log-level", 0}, {"POST", "/", 405},      {"GET", "/reload", 405},
    {"HEAD", "/reload", 405},  {"get", "/status", 405}, {"GE", "/status", 405},
    {"EAD", "/status", 405},   {"", "/status", 405},    {"GET, HEAD", "/status", 405},
    {"GET", "", 404},          {"GET", "/Status", 404}, {"GET", "/status/", 404},
    {"GET", "//", 404},        {"GET", "*", 404},       {"OPTIONS", "/../etc", 404},
};

START_TEST(each_request_has_one_who_answers_or_a_reason)
{
    const struct admin_request request = request_of(requests[_i].method, requests[_i].path);
    const struct admin_route *route = admin_find(&view, &request, 0, &answer);

    ck_assert_msg((route != NULL) == (requests[_i].status == 0), "%s %s", request.method,
                  request.path);
    ck_assert_uint_eq(answer.status, requests[_i].status);
    ck_assert_int_eq(answer.allow != NULL, requests[_i].status == 405);
    ck_assert_int_eq(answer.body != NULL, route == NULL);
}
END_TEST

START_TEST(who_is_not_welcome_learns_nothing_of_what_there_is)
{
    struct admin_request there = request_of("GET", "/status"), not_there = request_of("GET", "/x");
    struct admin_answer other = {0};

    settings.has_token = true;
    ck_assert_ptr_null(admin_find(&view, &there, 0, &answer));
    ck_assert_ptr_null(admin_find(&view, &not_there, 0, &other));
    ck_assert_uint_eq(answer.status, 401);
    ck_assert(answer.asks_for_token);
    ck_assert_str_eq(answer.body, other.body);
    free(other.body);
}
END_TEST

START_TEST(health_checks_need_no_token)
{
    struct admin_request health = request_of("GET", "/healthz"),
                         ready = request_of("GET", "/readyz");

    settings.has_token = true;
    ck_assert_ptr_nonnull(admin_find(&view, &health, 0, &answer));
    ck_assert_ptr_nonnull(admin_find(&view, &ready, 0, &answer));
}
END_TEST

START_TEST(a_body_has_a_limit)
{
    struct admin_request request = request_of("POST", "/log-level");

    ck_assert_ptr_nonnull(admin_find(&view, &request, ADMIN_BODY_MAX, &answer));
    ck_assert_ptr_null(admin_find(&view, &request, ADMIN_BODY_MAX + 1, &answer));
    ck_assert_uint_eq(answer.status, 413);
}
END_TEST

/* ---- the level of the log ---- */

static const struct {
    const char *query, *body;
    int level;
} levels[] = {
    {NULL, "level=debug", SECHO_LEVEL_DEBUG},
    {NULL, "level=error\n", SECHO_LEVEL_ERROR},
    {NULL, " {\"level\": \"warn\"}", SECHO_LEVEL_WARN},
    {"info", "", SECHO_LEVEL_INFO},
    {"info", "level=debug", SECHO_LEVEL_INFO},
    {"loud", "level=debug", -1},
    {"", "", -1},
    {NULL, "", -1},
    {NULL, "level=", -1},
    {NULL, "level=DEBUG", -1},
    {NULL, "level=debugger", -1},
    {NULL, "level=debugdebugdebugdebug", -1},
    {NULL, "x&level=debug", -1},
    {NULL, "{", -1},
    {NULL, "{\"level\": 3}", -1},
    {NULL, "{\"level\": \"debugdebugdebugdebug\"}", -1},
    {NULL, "{\"level\": \"debug\"} x", -1},
    {NULL, "{\"Level\": \"debug\"}", -1},
    {NULL, "[\"debug\"]", -1},
};

START_TEST(a_level_is_named_in_the_query_a_form_or_json)
{
    struct admin_request request = request_of("POST", "/log-level");

    request.level = levels[_i].query;
    request.body = levels[_i].body;
    request.body_len = strlen(levels[_i].body);
    ck_assert_msg(admin_level(&request, &answer) == levels[_i].level, "%s", request.body);
    ck_assert_uint_eq(answer.status, levels[_i].level == -1 ? 400 : 0);
}
END_TEST

/* ---- is it ready? ---- */

static void ask(const char *method, const char *path, bool done)
{
    const struct admin_request request = request_of(method, path);
    const struct admin_route *route = admin_find(&view, &request, 0, &answer);

    ck_assert_ptr_nonnull(route);
    free(answer.body);
    answer = (struct admin_answer){0};
    route->answer(&view, &request, done, &answer);
}

static void put_server(bool ready, bool draining)
{
    const struct board_server server = {.ready = ready, .draining = draining};

    board_write_server(board, &server);
}

static void put_reload(int status, const char *text)
{
    static struct board_reload reload;

    reload = (struct board_reload){.happened = true,
                                   .ok = status == 0,
                                   .status = status,
                                   .when_s = 1000000000,
                                   .generation = 7};
    (void)snprintf(reload.text, sizeof reload.text, "%s", text);
    board_write_reload(board, &reload);
}

START_TEST(it_is_ready_while_somebody_serves_and_nobody_drains)
{
    ask("GET", "/readyz", true);
    ck_assert_uint_eq(answer.status, 503);
    put_server(true, false);
    ask("GET", "/readyz", true);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_str_eq(answer.body, "ready\n");
    put_server(false, true);
    ask("GET", "/readyz", true);
    ck_assert_uint_eq(answer.status, 503);
    ck_assert_ptr_nonnull(strstr(answer.body, "drains"));
}
END_TEST

START_TEST(a_reload_that_failed_is_told_and_it_is_ready_all_the_same)
{
    put_server(true, false);
    put_reload(EX_CONFIG, "secho.json:1:1: /: wrong\n");
    ask("GET", "/readyz", true);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_str_eq(answer.body, "ready\nthe reload at 2001-09-09T01:46:40Z failed, the "
                                  "configuration before it serves on:\nsecho.json:1:1: /: wrong\n");
    put_reload(0, "/timeouts/idle: \"1m\" -> \"2m\"\n");
    ask("GET", "/readyz", true);
    ck_assert_str_eq(answer.body, "ready\n");
}
END_TEST

START_TEST(while_nobody_serves_it_says_why)
{
    put_reload(EX_CONFIG, "secho.json:1:1: /: wrong\n");
    ask("GET", "/readyz", true);
    ck_assert_uint_eq(answer.status, 503);
    ck_assert_str_eq(answer.body, "not ready: nobody serves\nthe reload at 2001-09-09T01:46:40Z "
                                  "failed:\nsecho.json:1:1: /: wrong\n");
    put_reload(0, "/timeouts/idle: \"1m\" -> \"2m\"\n");
    ask("GET", "/readyz", true);
    ck_assert_uint_eq(answer.status, 503);
    ck_assert_str_eq(answer.body, "not ready: nobody serves; the log says why\n");
}
END_TEST

START_TEST(without_the_token_only_the_first_words_are_told)
{
    settings.has_token = true;
    put_reload(EX_CONFIG, "secho.json:1:1: /: wrong\n");
    ask("GET", "/readyz", true);
    ck_assert_str_eq(answer.body, "not ready: nobody serves; the log says why\n");
    put_server(true, false);
    put_reload(EX_CONFIG, "secho.json:1:1: /: wrong\n");
    ask("GET", "/readyz", true);
    ck_assert_str_eq(answer.body, "ready\n");
}
END_TEST

/* ---- what was asked in a wrong way ---- */

START_TEST(more_than_one_host_is_refused_whoever_asks)
{
    struct admin_request request = request_of("GET", "/healthz");

    request.hosts = 2;
    ck_assert_ptr_null(admin_find(&view, &request, 0, &answer));
    ck_assert_uint_eq(answer.status, 400);
}
END_TEST

static const struct {
    const char *since;
    unsigned status;
} moments[] = {
    {NULL, 200}, {"0", 200},   {"12", 200},  {"9223372036854775807", 200},
    {"", 400},   {"abc", 400}, {"12x", 400}, {"-1", 400},
};

START_TEST(since_is_a_number)
{
    struct admin_request request = request_of("GET", "/history");
    struct history *history = calloc(1, sizeof *history);

    ck_assert_ptr_nonnull(history);
    view.history = history;
    request.since = moments[_i].since;
    admin_find(&view, &request, 0, &answer)->answer(&view, &request, true, &answer);
    free(history);
    ck_assert_uint_eq(answer.status, moments[_i].status);
}
END_TEST

/* ---- how did the reload end? ---- */

static const struct {
    int ended;
    bool done;
    unsigned status;
} ends[] = {
    {0, true, 200},           {EX_CONFIG, true, 422},
    {EX_OSERR, true, 500},    {EX_UNAVAILABLE, true, 503},
    {EX_SOFTWARE, true, 500}, {0, false, 503},
};

START_TEST(the_status_says_how_a_reload_ended)
{
    put_reload(ends[_i].ended, "words\n");
    ask("POST", "/reload", ends[_i].done);
    ck_assert_uint_eq(answer.status, ends[_i].status);
    ck_assert_int_eq(strstr(answer.body, "words\n") != NULL, ends[_i].done);
}
END_TEST

START_TEST(a_reload_that_failed_says_who_serves)
{
    put_reload(EX_CONFIG, "words\n");
    ask("POST", "/reload", true);
    ck_assert_str_eq(answer.body, "not reloaded, and nobody serves:\nwords\n");
    put_server(true, false);
    ask("POST", "/reload", true);
    ck_assert_str_eq(answer.body, "not reloaded, everything stays as it was:\nwords\n");
}
END_TEST

START_TEST(who_asks_a_supervisor_that_does_not_answer_is_told)
{
    ask("GET", "/healthz", true);
    ck_assert_uint_eq(answer.status, 200);
    ask("GET", "/healthz", false);
    ck_assert_uint_eq(answer.status, 503);
    ask("POST", "/log-level", false);
    ck_assert_uint_eq(answer.status, 503);
}
END_TEST

START_TEST(an_empty_board_makes_a_status_too)
{
    ask("GET", "/status", true);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_uint_eq(answer.len, strlen(answer.body));
    ck_assert_ptr_nonnull(strstr(answer.body, "\"last_reload\":null"));
    ck_assert_ptr_nonnull(strstr(answer.body, "\"listeners\":[]"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, each_request_has_one_who_answers_or_a_reason, 0, COUNT(requests));
    tcase_add_test(tests, who_is_not_welcome_learns_nothing_of_what_there_is);
    tcase_add_test(tests, more_than_one_host_is_refused_whoever_asks);
    tcase_add_loop_test(tests, since_is_a_number, 0, COUNT(moments));
    tcase_add_test(tests, health_checks_need_no_token);
    tcase_add_test(tests, a_body_has_a_limit);
    tcase_add_loop_test(tests, a_level_is_named_in_the_query_a_form_or_json, 0, COUNT(levels));
    tcase_add_test(tests, it_is_ready_while_somebody_serves_and_nobody_drains);
    tcase_add_test(tests, a_reload_that_failed_is_told_and_it_is_ready_all_the_same);
    tcase_add_test(tests, while_nobody_serves_it_says_why);
    tcase_add_test(tests, without_the_token_only_the_first_words_are_told);
    tcase_add_loop_test(tests, the_status_says_how_a_reload_ended, 0, COUNT(ends));
    tcase_add_test(tests, a_reload_that_failed_says_who_serves);
    tcase_add_test(tests, who_asks_a_supervisor_that_does_not_answer_is_told);
    tcase_add_test(tests, an_empty_board_makes_a_status_too);
}

int main(void)
{
    return suite_run("admin_answer", add, setup, teardown);
}
