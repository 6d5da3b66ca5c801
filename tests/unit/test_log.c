/* The log: every event is one line, whatever a peer put into it. */
#include <cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "suite.h"

static char line[LOG_LINE_MAX + 1];
static size_t line_len;

static void format(enum log_format how, const struct secho_field *fields)
{
    memset(line, '#', sizeof line);
    line_len = log_format(how, SECHO_LEVEL_INFO, "closed", fields, line);
    ck_assert_uint_le(line_len, LOG_LINE_MAX);
    ck_assert_int_eq(line[line_len - 1], '\n');
    line[line_len] = '\0';
}

/* The line without the time in front, which no test can know. */
static const char *after_time(void)
{
    return line + CLOCK_TEXT_SIZE;
}

static cJSON *parsed(void)
{
    cJSON *json = cJSON_ParseWithLengthOpts(line, line_len, NULL, 0);

    ck_assert_msg(cJSON_IsObject(json), "not a JSON object: %s", line);
    return json;
}

/* ---- what each hostile or harmless value looks like ---- */

static const struct {
    const char *name;
    const char *value;
    const char *text; /* behind "key=" */
    const char *json; /* as a JSON parser gives it back; NULL: the value itself */
} values[] = {
    {"a plain word is bare", "main", "main", NULL},
    {"an address is bare", "[::1]:50512", "[::1]:50512", NULL},
    {"a wildcard name is bare", "*.secho.test", "*.secho.test", NULL},
    {"a space needs quotes", "two words", "\"two words\"", NULL},
    {"an equals sign needs quotes", "CN=x", "\"CN=x\"", NULL},
    {"a quote is escaped", "say \"hi\"", "\"say \\\"hi\\\"\"", NULL},
    {"a backslash is escaped", "C:\\n", "\"C:\\\\n\"", NULL},
    {"a newline forges no line", "x\n2026-11-22T18:42:15.123Z info closed end=ok",
     "\"x\\n2026-11-22T18:42:15.123Z info closed end=ok\"", NULL},
    {"return and tab are escaped", "a\r\tb", "\"a\\r\\tb\"", NULL},
    {"a field is not forged", "x\" end=\"ok", "\"x\\\" end=\\\"ok\"", NULL},
    {"a terminal is not driven", "\033[2J\a", "\"\\x1b[2J\\x07\"", NULL},
    {"DEL is escaped", "a\x7f", "\"a\\x7f\"", NULL},
    {"UTF-8 stays", "gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x98\x80",
     "\"gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x98\x80\"", NULL},
    {"C1 controls are escaped (NEL)",
     "a\xc2\x85"
     "b",
     "\"a\\xc2\\x85b\"", NULL},
    {"a C1 escape sequence is escaped (CSI)",
     "\xc2\x9b"
     "2J",
     "\"\\xc2\\x9b2J\"", NULL},
    {"a line separator is escaped",
     "a\xe2\x80\xa8"
     "b",
     "\"a\\xe2\\x80\\xa8b\"", NULL},
    {"a right-to-left override is escaped", "\xe2\x80\xaegpj.exe", "\"\\xe2\\x80\\xaegpj.exe\"",
     NULL},
    {"a hidden tag character is escaped", "\xf3\xa0\x81\x81", "\"\\xf3\\xa0\\x81\\x81\"", NULL},
    {"a byte that is no UTF-8 is shown", "\xff.test", "\"\\xff.test\"", "\xef\xbf\xbd.test"},
    {"Latin-1 is shown byte by byte", "gr\xfc\xdf", "\"gr\\xfc\\xdf\"",
     "gr\xef\xbf\xbd\xef\xbf\xbd"},
    {"an overlong slash is not UTF-8", "\xc0\xaf", "\"\\xc0\\xaf\"", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"a surrogate is not UTF-8", "\xed\xa0\x80", "\"\\xed\\xa0\\x80\"",
     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"a character cut short is not UTF-8", "\xe2\x82", "\"\\xe2\\x82\"",
     "\xef\xbf\xbd\xef\xbf\xbd"},
    {"what JSON means is not taken over", "\\u0041", "\"\\\\u0041\"", NULL},
};

START_TEST(text_escapes_what_a_peer_sent)
{
    char expected[256];

    format(LOG_FORMAT_TEXT, (struct secho_field[]){log_text("key", values[_i].value), {0}});
    (void)snprintf(expected, sizeof expected, "info closed key=%s\n", values[_i].text);
    ck_assert_msg(strcmp(after_time(), expected) == 0, "%s: %s", values[_i].name, line);
}
END_TEST

START_TEST(systemd_escapes_the_same_way)
{
    char expected[256];

    format(LOG_FORMAT_SYSTEMD, (struct secho_field[]){log_text("key", values[_i].value), {0}});
    (void)snprintf(expected, sizeof expected, "<6>closed key=%s\n", values[_i].text);
    ck_assert_msg(strcmp(line, expected) == 0, "%s: %s", values[_i].name, line);
}
END_TEST

START_TEST(json_gives_the_value_back)
{
    const char *expected = values[_i].json != NULL ? values[_i].json : values[_i].value;

    format(LOG_FORMAT_JSON, (struct secho_field[]){log_text("key", values[_i].value), {0}});
    cJSON *json = parsed();
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "key"));

    ck_assert_msg(value != NULL && strcmp(value, expected) == 0, "%s: %s", values[_i].name, line);
    cJSON_Delete(json);
}
END_TEST

/* Whatever the format: one newline at the end, no control, no invalid UTF-8, nothing deceptive. */
START_TEST(every_byte_makes_one_clean_line)
{
    char value[] = {'a', (char)_i, 'b', '\0'};

    for (enum log_format how = LOG_FORMAT_TEXT; how <= LOG_FORMAT_SYSTEMD; how++) {
        uint32_t code;

        format(how, (struct secho_field[]){log_text("key", value), {0}});
        for (size_t at = 0, len; at < line_len - 1; at += len) {
            len = utf8_read(line + at, line_len - at, &code);
            ck_assert_uint_gt(len, 0);
            ck_assert(!utf8_is_deceptive(code));
        }
    }
}
END_TEST

/* ---- the whole line ---- */

START_TEST(a_text_line_has_time_level_event_and_fields_in_order)
{
    format(LOG_FORMAT_TEXT, (struct secho_field[]){log_text("listener", "main"),
                                                   log_number("conn", 17),
                                                   log_text("peer", "[::1]:50512"),
                                                   log_text("why", "the peer said goodbye"),
                                                   {0}});
    ck_assert_int_eq(line[10], 'T');
    ck_assert_int_eq(line[23], 'Z');
    ck_assert_str_eq(after_time(), "info closed listener=main conn=17 peer=[::1]:50512 "
                                   "why=\"the peer said goodbye\"\n");
}
END_TEST

START_TEST(a_json_line_has_time_level_event_and_numbers_as_numbers)
{
    format(LOG_FORMAT_JSON, (struct secho_field[]){log_number("in", UINT64_C(1) << 53), {0}});
    cJSON *json = parsed();

    ck_assert_uint_eq(strlen(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "time"))),
                      CLOCK_TEXT_SIZE - 1);
    ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "level")), "info");
    ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "event")),
                     "closed");
    ck_assert(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(json, "in")) ==
              9007199254740992.0);
    cJSON_Delete(json);
}
END_TEST

START_TEST(the_biggest_number_is_written_in_full)
{
    format(LOG_FORMAT_TEXT, (struct secho_field[]){log_number("in", UINT64_MAX), {0}});
    ck_assert_str_eq(after_time(), "info closed in=18446744073709551615\n");
}
END_TEST

START_TEST(an_empty_text_is_left_out_and_a_zero_is_not)
{
    const struct secho_field fields[] = {
        log_text("sni", ""), log_text("alpn", NULL), log_number("in", 0), {0}};

    format(LOG_FORMAT_TEXT, fields);
    ck_assert_str_eq(after_time(), "info closed in=0\n");
    format(LOG_FORMAT_JSON, fields);
    cJSON *json = parsed();

    ck_assert(!cJSON_HasObjectItem(json, "sni") && !cJSON_HasObjectItem(json, "alpn"));
    cJSON_Delete(json);
}
END_TEST

START_TEST(an_event_without_fields_is_a_line)
{
    format(LOG_FORMAT_TEXT, (struct secho_field[]){{0}});
    ck_assert_str_eq(after_time(), "info closed\n");
    format(LOG_FORMAT_JSON, (struct secho_field[]){{0}});
    cJSON_Delete(parsed());
    format(LOG_FORMAT_SYSTEMD, (struct secho_field[]){{0}});
    ck_assert_str_eq(line, "<6>closed\n");
}
END_TEST

static const struct {
    enum secho_level level;
    const char *name;
    const char *priority;
} urgencies[] = {
    {SECHO_LEVEL_ERROR, "error", "<3>"},
    {SECHO_LEVEL_WARN, "warn", "<4>"},
    {SECHO_LEVEL_INFO, "info", "<6>"},
    {SECHO_LEVEL_DEBUG, "debug", "<7>"},
};

START_TEST(each_level_has_a_name_and_a_priority)
{
    char expected[32];
    size_t len;

    len = log_format(LOG_FORMAT_TEXT, urgencies[_i].level, "x", &(struct secho_field){0}, line);
    line[len] = '\0';
    (void)snprintf(expected, sizeof expected, "%s x\n", urgencies[_i].name);
    ck_assert_str_eq(after_time(), expected);
    len = log_format(LOG_FORMAT_SYSTEMD, urgencies[_i].level, "x", &(struct secho_field){0}, line);
    line[len] = '\0';
    (void)snprintf(expected, sizeof expected, "%sx\n", urgencies[_i].priority);
    ck_assert_str_eq(line, expected);
}
END_TEST

/* ---- where it goes ---- */

static size_t lines_seen, events_seen;

static void count_line(void *context, const char *text, size_t len)
{
    ck_assert_ptr_eq(context, &lines_seen);
    ck_assert_int_eq(text[len - 1], '\n');
    lines_seen++;
}

static void count_event(void *context, enum secho_level level, const char *name,
                        const struct secho_field *fields)
{
    ck_assert_ptr_eq(context, &events_seen);
    ck_assert_int_eq(level, SECHO_LEVEL_WARN);
    ck_assert_str_eq(name, "drain");
    ck_assert_str_eq(fields[0].key, "cut");
    ck_assert_ptr_null(fields[1].key);
    events_seen++;
}

START_TEST(a_sink_gets_one_line)
{
    struct log log = {.level = SECHO_LEVEL_INFO, .sink = count_line, .context = &lines_seen};

    lines_seen = 0;
    log_event(&log, SECHO_LEVEL_INFO, "drain", log_number("cut", 1));
    ck_assert_uint_eq(lines_seen, 1);
}
END_TEST

START_TEST(a_listener_gets_the_event_instead)
{
    struct log log = {.level = SECHO_LEVEL_INFO,
                      .sink = count_line,
                      .listener = count_event,
                      .context = &events_seen};

    lines_seen = events_seen = 0;
    log_event(&log, SECHO_LEVEL_WARN, "drain", log_number("cut", 1));
    ck_assert_uint_eq(events_seen, 1);
    ck_assert_uint_eq(lines_seen, 0);
}
END_TEST

START_TEST(what_is_less_urgent_than_the_level_is_not_written)
{
    struct log log = {.level = SECHO_LEVEL_WARN, .sink = count_line, .context = &lines_seen};
    int evaluated = 0;

    lines_seen = 0;
    log_event(&log, SECHO_LEVEL_INFO, "drain", log_number("cut", (uint64_t)++evaluated));
    log_write(&log, SECHO_LEVEL_INFO, "drain", &(struct secho_field){0});
    ck_assert_uint_eq(lines_seen, 0);
    ck_assert_int_eq(evaluated, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, text_escapes_what_a_peer_sent, 0, COUNT(values));
    tcase_add_loop_test(tests, systemd_escapes_the_same_way, 0, COUNT(values));
    tcase_add_loop_test(tests, json_gives_the_value_back, 0, COUNT(values));
    tcase_add_loop_test(tests, every_byte_makes_one_clean_line, 1, 256);
    tcase_add_test(tests, a_text_line_has_time_level_event_and_fields_in_order);
    tcase_add_test(tests, a_json_line_has_time_level_event_and_numbers_as_numbers);
    tcase_add_test(tests, the_biggest_number_is_written_in_full);
    tcase_add_test(tests, an_empty_text_is_left_out_and_a_zero_is_not);
    tcase_add_test(tests, an_event_without_fields_is_a_line);
    tcase_add_loop_test(tests, each_level_has_a_name_and_a_priority, 0, COUNT(urgencies));
    tcase_add_test(tests, a_sink_gets_one_line);
    tcase_add_test(tests, a_listener_gets_the_event_instead);
    tcase_add_test(tests, what_is_less_urgent_than_the_level_is_not_written);
}

int main(void)
{
    return suite_run("log", add_tests, NULL, NULL);
}
