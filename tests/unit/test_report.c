/* A report: what is on the wire, and a view as JSON and back. */
#include <stdlib.h>
#include <string.h>

#include "diagnosis/report.h"
#include "suite.h"

static struct report_view here, again;

static const unsigned char nonce[REPORT_NONCE_BYTES] = "0123456789abcdef0123456789abcde";

static void setup(void)
{
    memset(&here, 0, sizeof here);
    memset(&again, 0, sizeof again);
}

/* ---- on the wire ---- */

START_TEST(a_question_is_a_line_and_a_nonce)
{
    unsigned char question[REPORT_REQUEST_BYTES];

    report_ask(nonce, question);
    ck_assert_mem_eq(question, "secho-report/1\r\n", 16);
    ck_assert_mem_eq(question + 16, nonce, 32);
    for (size_t len = 0; len <= sizeof question; len++) {
        ck_assert(report_is_request(question, len));
    }
}
END_TEST

START_TEST(what_begins_otherwise_is_no_question)
{
    ck_assert(!report_is_request((const unsigned char *)"s.", 2));
    ck_assert(!report_is_request((const unsigned char *)"secho-report/2\r\n", 16));
    ck_assert(!report_is_request((const unsigned char *)"GET / HTTP/1.1\r\n", 16));
}
END_TEST

static enum report_came look(const unsigned char *bytes, size_t len)
{
    unsigned char question[REPORT_REQUEST_BYTES];
    size_t json = 0;

    report_ask(nonce, question);
    return report_look(bytes, len, question, &json);
}

START_TEST(an_echo_is_told_from_an_answer)
{
    unsigned char question[REPORT_REQUEST_BYTES + 1] = {0}, answer[REPORT_HEAD_BYTES + 3];

    report_ask(nonce, question);
    for (size_t len = 0; len < REPORT_REQUEST_BYTES; len++) {
        ck_assert_int_eq(look(question, len), REPORT_CAME_PART);
    }
    ck_assert_int_eq(look(question, REPORT_REQUEST_BYTES), REPORT_CAME_ECHO);
    ck_assert_int_eq(look(question, sizeof question), REPORT_CAME_OTHER);
    question[20] ^= 1; /* not our nonce */
    ck_assert_int_eq(look(question, REPORT_REQUEST_BYTES), REPORT_CAME_OTHER);

    report_head(2, answer);
    memcpy(answer + REPORT_HEAD_BYTES, "{}x", 3);
    for (size_t len = 0; len < REPORT_HEAD_BYTES + 2; len++) {
        ck_assert_int_eq(look(answer, len), REPORT_CAME_PART);
    }
    ck_assert_int_eq(look(answer, REPORT_HEAD_BYTES + 2), REPORT_CAME_ANSWER);
    ck_assert_int_eq(look(answer, REPORT_HEAD_BYTES + 3), REPORT_CAME_OTHER);
}
END_TEST

START_TEST(a_length_that_cannot_be_is_no_answer)
{
    static const size_t lengths[] = {0, REPORT_JSON_MAX + 1, 0xffffffff};
    unsigned char head[REPORT_HEAD_BYTES];

    report_head(REPORT_JSON_MAX, head);
    ck_assert_int_eq(look(head, sizeof head), REPORT_CAME_PART);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        report_head(lengths[i], head);
        ck_assert_int_eq(look(head, sizeof head), REPORT_CAME_OTHER);
    }
}
END_TEST

/* ---- as JSON ---- */

/* Each text as long as it can be, of what JSON makes longest. */
static void fill(char *text, size_t size)
{
    memset(text, '"', size - 1);
    text[size - 1] = '\0';
}

#define FILL(text) fill(text, sizeof(text))

static void fill_chain(struct view_chain *chain)
{
    for (chain->count = 0; chain->count < VIEW_CHAIN_MAX; chain->count++) {
        struct view_certificate *at = &chain->items[chain->count];

        FILL(at->subject);
        FILL(at->issuer);
        FILL(at->names);
        FILL(at->not_after);
        FILL(at->spki_sha256);
        at->days_left = -40000;
    }
}

static void fill_proxy(struct report_proxy *proxy)
{
    *proxy =
        (struct report_proxy){.version = 2, .tls = true, .certificate = true, .verified = true};
    FILL(proxy->source);
    FILL(proxy->destination);
    FILL(proxy->authority);
    FILL(proxy->unique_id);
    FILL(proxy->alpn);
    FILL(proxy->tls_version);
    FILL(proxy->tls_suite);
    FILL(proxy->tls_client);
}

static void fill_view(struct report_view *view)
{
    FILL(view->software);
    FILL(view->openssl);
    FILL(view->host);
    FILL(view->listener);
    FILL(view->time);
    FILL(view->local);
    FILL(view->peer);
    FILL(view->via);
    FILL(view->verdict);
    FILL(view->tls.version);
    FILL(view->tls.suite);
    FILL(view->tls.group);
    FILL(view->tls.sni);
    FILL(view->tls.alpn);
    FILL(view->tls.exporter);
    FILL(view->tls.exporter_missing);
    view->tls.hello_retry = view->tls.resumed = view->tls.extended_master_secret = true;
    fill_proxy(&view->proxy);
    fill_chain(&view->tls.server);
    fill_chain(&view->tls.client);
    for (view->tls.offered_count = 0; view->tls.offered_count < VIEW_ALPN_MAX;) {
        FILL(view->tls.offered[view->tls.offered_count++]);
    }
}

static void there_and_back(const struct report_view *view)
{
    const char *why = NULL;
    char *json = report_encode(view);

    ck_assert_ptr_nonnull(json);
    ck_assert_uint_le(strlen(json), REPORT_JSON_MAX);
    ck_assert_msg(report_decode(json, strlen(json), &again, &why) == 0, "%s", why);
    ck_assert_mem_eq(view, &again, sizeof again);
    free(json);
}

START_TEST(a_view_comes_back_whole)
{
    there_and_back(&here);
    fill_view(&here); /* nothing is longer than this, and it fits */
    there_and_back(&here);
}
END_TEST

START_TEST(without_a_header_there_is_no_proxy)
{
    char *json = report_encode(&here);

    ck_assert_ptr_null(strstr(json, "\"proxy\""));
    free(json);
    here.proxy.version = 1;
    json = report_encode(&here);
    ck_assert_ptr_nonnull(strstr(json, "\"proxy\":{\"version\":1"));
    free(json);
}
END_TEST

static const struct {
    const char *json, *why;
} refused[] = {
    {"", "it is no JSON"},
    {"{", "it is no JSON"},
    {"{\"peer\":1,}", "it is no JSON"},
    {"[]", "it is no JSON object"},
    {"{\"peer\":1}", "another type"},
    {"{\"tls\":[]}", "another type"},
    {"{\"proxy\":{\"source\":\"192.0.2.1:1\"}}", "without its version"},
    {"{\"proxy\":{\"version\":0}}", "without its version"},
    {"{\"tls\":{\"resumed\":\"yes\"}}", "another type"},
    {"{\"tls\":{\"alpn_offered\":{}}}", "another type"},
    {"{\"tls\":{\"alpn_offered\":[1]}}", "no text"},
    {"{\"tls\":{\"server_certificates\":[1]}}", "no object"},
    {"{\"tls\":{\"server_certificates\":[{\"days_left\":1.5}]}}", "whole"},
    {"{\"tls\":{\"server_certificates\":[{\"days_left\":1e300}]}}", "whole"},
};

START_TEST(what_is_no_view_is_refused)
{
    const char *why = NULL;

    strcpy(again.host, "untouched");
    ck_assert_int_eq(report_decode(refused[_i].json, strlen(refused[_i].json), &again, &why), -1);
    ck_assert_msg(strstr(why, refused[_i].why) != NULL, "%s: %s", refused[_i].json, why);
    ck_assert_str_eq(again.host, "untouched");
}
END_TEST

START_TEST(more_than_the_limit_is_refused)
{
    static char json[REPORT_JSON_MAX + 2];
    const char *why = NULL;

    memset(json, ' ', sizeof json - 1);
    memcpy(json, "{}", 2);
    ck_assert_int_eq(report_decode(json, REPORT_JSON_MAX, &again, &why), 0);
    ck_assert_int_eq(report_decode(json, REPORT_JSON_MAX + 1, &again, &why), -1);
}
END_TEST

START_TEST(what_a_later_version_says_is_passed_over)
{
    static const char json[] = "{\"mood\":[{}],\"host\":\"a\",\"tls\":{\"ech\":true}}";
    const char *why = NULL;

    ck_assert_int_eq(report_decode(json, strlen(json), &again, &why), 0);
    ck_assert_str_eq(again.host, "a");
}
END_TEST

START_TEST(what_a_server_says_moves_no_terminal)
{
    static const char json[] = "{\"host\":\"a\\u001b[2J\\u202eb\"}";
    const char *why = NULL;

    ck_assert_int_eq(report_decode(json, strlen(json), &again, &why), 0);
    ck_assert_str_eq(again.host, "a\\u001b[2J\\u202eb");
}
END_TEST

START_TEST(what_is_too_long_is_cut)
{
    char json[1024] = "{\"time\":\"";
    const char *why = NULL;

    memset(json + strlen(json), 'x', 500);
    strcat(json, "\",\"tls\":{\"alpn_offered\":[");
    for (int i = 0; i < VIEW_ALPN_MAX + 3; i++) {
        strcat(json, i > 0 ? ",\"p\"" : "\"p\"");
    }
    strcat(json, "]}}");
    ck_assert_int_eq(report_decode(json, strlen(json), &again, &why), 0);
    ck_assert_uint_eq(strlen(again.time), sizeof again.time - 1);
    ck_assert_uint_eq(again.tls.offered_count, VIEW_ALPN_MAX);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_question_is_a_line_and_a_nonce);
    tcase_add_test(tests, what_begins_otherwise_is_no_question);
    tcase_add_test(tests, an_echo_is_told_from_an_answer);
    tcase_add_test(tests, a_length_that_cannot_be_is_no_answer);
    tcase_add_test(tests, a_view_comes_back_whole);
    tcase_add_test(tests, without_a_header_there_is_no_proxy);
    tcase_add_loop_test(tests, what_is_no_view_is_refused, 0, COUNT(refused));
    tcase_add_test(tests, more_than_the_limit_is_refused);
    tcase_add_test(tests, what_a_later_version_says_is_passed_over);
    tcase_add_test(tests, what_a_server_says_moves_no_terminal);
    tcase_add_test(tests, what_is_too_long_is_cut);
}

int main(void)
{
    return suite_run("report", add, setup, NULL);
}
