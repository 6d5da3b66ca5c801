/* The log: lines that are too long keep what matters, and their form. */
#include <cJSON.h>
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

static cJSON *parsed(void)
{
    cJSON *json = cJSON_ParseWithLengthOpts(line, line_len, NULL, 0);

    ck_assert_msg(cJSON_IsObject(json), "not a JSON object: %s", line);
    return json;
}

static char long_value[3 * LOG_LINE_MAX];

/* Fills long_value with copies of `unit`. */
static void fill(const char *unit, size_t bytes)
{
    size_t len = strlen(unit);

    long_value[0] = '\0';
    for (size_t at = 0; at + len <= bytes; at += len) {
        memcpy(long_value + at, unit, len + 1);
    }
}

static const struct {
    const char *name;
    const char *unit;
    size_t bytes;
} overlong[] = {
    {"a little too long", "x", LOG_LINE_MAX - 90},
    {"far too long", "x", 2 * LOG_LINE_MAX},
    {"quotes", "\"", LOG_LINE_MAX},
    {"two-byte characters", "\xc3\xbc", 2 * LOG_LINE_MAX},
    {"four-byte characters", "\xf0\x9f\x98\x80", 2 * LOG_LINE_MAX},
    {"controls, which grow sixfold in JSON", "\x01", LOG_LINE_MAX},
    {"invalid bytes", "\xff", LOG_LINE_MAX},
    {"a mixture", "\xf0\x9f\x98\x80\"\\a\xff\n", 2 * LOG_LINE_MAX},
};

static void format_overlong(enum log_format how, size_t row)
{
    fill(overlong[row].unit, overlong[row].bytes);
    format(how, (struct secho_field[]){log_text("sni", long_value),
                                       log_number("in", 5),
                                       log_text("client", long_value),
                                       log_text("end", "ok"),
                                       log_text("why", "the peer said goodbye"),
                                       {0}});
}

START_TEST(an_overlong_text_line_keeps_its_short_fields)
{
    format_overlong(LOG_FORMAT_TEXT, (size_t)_i);
    ck_assert_msg(strstr(line, "...") != NULL, "%s", overlong[_i].name);
    ck_assert_msg(strstr(line, " in=5 ") != NULL, "%s", overlong[_i].name);
    ck_assert_msg(strstr(line, " end=ok why=\"the peer said goodbye\"\n") != NULL, "%s",
                  overlong[_i].name);
    for (size_t at = 0, len; at < line_len; at += len) {
        uint32_t code;

        len = utf8_read(line + at, line_len - at, &code);
        ck_assert_msg(len > 0, "%s: cut inside a character", overlong[_i].name);
    }
}
END_TEST

START_TEST(an_overlong_json_line_is_still_json)
{
    format_overlong(LOG_FORMAT_JSON, (size_t)_i);
    cJSON *json = parsed();
    const char *sni = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "sni"));

    ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "end")), "ok");
    ck_assert_str_eq(sni + strlen(sni) - 3, "...");
    cJSON_Delete(json);
}
END_TEST

/* Each length around the limit: no byte lost or cut where there is room, none written beyond. */
START_TEST(a_line_that_just_fits_is_not_cut)
{
    size_t around = CLOCK_TEXT_SIZE + strlen("info closed k=\n");

    fill("x", LOG_LINE_MAX - around - 1);
    format(LOG_FORMAT_TEXT, (struct secho_field[]){log_text("k", long_value), {0}});
    ck_assert_uint_eq(line_len, LOG_LINE_MAX - 1); /* one byte is kept for JSON's brace */
    ck_assert_ptr_null(strstr(line, "..."));
    fill("x", LOG_LINE_MAX - around);
    format(LOG_FORMAT_TEXT, (struct secho_field[]){log_text("k", long_value), {0}});
    ck_assert_ptr_nonnull(strstr(line, "..."));
}
END_TEST

START_TEST(more_fields_than_fit_are_left_out_whole)
{
    struct secho_field fields[1001] = {0};

    fill("x", 200);
    for (size_t i = 0; i < 1000; i++) {
        fields[i] = log_text("key", long_value);
    }
    format(LOG_FORMAT_JSON, fields);
    cJSON_Delete(parsed());
    format(LOG_FORMAT_TEXT, fields);
    ck_assert_str_eq(line + line_len - 4, "...\n");
}
END_TEST

START_TEST(beside_long_values_a_sentence_stays_whole)
{
    char sentence[700];

    memset(sentence, 'w', sizeof sentence - 1);
    sentence[sizeof sentence - 1] = '\0';
    fill(overlong[_i].unit, overlong[_i].bytes);
    for (int how = LOG_FORMAT_TEXT; how <= LOG_FORMAT_JSON; how++) {
        format((enum log_format)how, (struct secho_field[]){log_text("sni", long_value),
                                                            log_text("authority", long_value),
                                                            log_text("why", sentence),
                                                            log_text("offered", long_value),
                                                            log_text("accepted", long_value),
                                                            {0}});
        ck_assert_msg(strstr(line, sentence) != NULL, "%s", overlong[_i].name);
        ck_assert_msg(strstr(line, "accepted") != NULL, "%s", overlong[_i].name);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, an_overlong_text_line_keeps_its_short_fields, 0, COUNT(overlong));
    tcase_add_loop_test(tests, an_overlong_json_line_is_still_json, 0, COUNT(overlong));
    tcase_add_test(tests, a_line_that_just_fits_is_not_cut);
    tcase_add_test(tests, more_fields_than_fit_are_left_out_whole);
    tcase_add_loop_test(tests, beside_long_values_a_sentence_stays_whole, 0, COUNT(overlong));
}

int main(void)
{
    return suite_run("log_long", add_tests, NULL, NULL);
}
