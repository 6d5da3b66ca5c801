/* JSON is read strictly, and each problem names its place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/excerpt.h"
#include "base/json.h"
#include "base/json_print.h"
#include "suite.h"

static const struct {
    const char *text;
    const char *problem; /* "line:column: text" */
} refused[] = {
    {"", "1:1: /: the file is empty; write an object: { ... }"},
    {" \n\t", "1:1: /: the file is empty; write an object: { ... }"},
    {"\xef\xbb\xbf{}", "1:1: /: a byte order mark; save the file as UTF-8 without it"},
    {"{} {}", "1:4: /: text after the end, starting with '{'; remove it"},
    {"{}\n}", "2:1: /: text after the end, starting with '}'; remove it"},
    {"[01]", "1:2: /0: a number must not start with 0; remove the leading zeros"},
    {"[-01]", "1:2: /0: a number must not start with 0; remove the leading zeros"},
    {"[1.]",
     "1:4: /0: a digit must follow the point in a number, found ']'; write it like 1, 0.5 or "
     "1e3"},
    {"[1.e1]",
     "1:4: /0: a digit must follow the point in a number, found 'e'; write it like 1, 0.5 "
     "or 1e3"},
    {"[1e]",
     "1:4: /0: a digit must follow the exponent in a number, found ']'; write it like 1, 0.5 "
     "or 1e3"},
    {"[1e+]", "1:5: /0: a digit must follow the exponent in a number, found ']'; write it like 1, "
              "0.5 or 1e3"},
    {"[-]", "1:3: /0: a digit must follow the sign in a number, found ']'; write it like 1, 0.5 or "
            "1e3"},
    {"[.5]", "1:2: /0: a number must not start with '.'; write 0 before it"},
    {"[+1]", "1:2: /0: a number must not start with '+'; remove it"},
    {"[0x10]", "1:3: /0: expected ',' or ']', found 'x'; add what is missing"},
    {"[1 2]", "1:4: /0: expected ',' or ']', found '2'; add what is missing"},
    {"[NaN]",
     "1:2: /0: expected a value, found 'N'; write a string, a number, true, false, null, an "
     "object or an array"},
    {"[True]", "1:2: /0: expected a value, found 'T'; write a string, a number, true, false, null, "
               "an object or an array"},
    {"[tru]",
     "1:2: /0: expected a value, found 't'; write a string, a number, true, false, null, an "
     "object or an array"},
    {"['a']", "1:2: /0: a string starts with '; use double quotes"},
    {"[1,]", "1:3: /0: a comma before ']'; remove it"},
    {"{\"a\":1,}", "1:7: /a: a comma before '}'; remove it"},
    {"[,1]",
     "1:2: /0: expected a value, found ','; write a string, a number, true, false, null, an "
     "object or an array"},
    {"{\"a\" 1}", "1:6: /a: expected ':' after the key, found '1'; write \"key\": value"},
    {"{a:1}", "1:2: /: expected a key in double quotes, found 'a'; write \"key\": value"},
    {"{\"a\":1 \"b\":2}", "1:8: /a: expected ',' or '}', found '\"'; add what is missing"},
    {"{\"a\":[1,2}", "1:10: /a/1: expected ',' or ']', found '}'; add what is missing"},
    {"{\n \"a\": {\n", "3:1: /a: expected a key in double quotes, found the end of the file; write "
                       "\"key\": value"},
    {"[1", "1:3: /0: expected ',' or ']', found the end of the file; add what is missing"},
    {"[1] // x", "1:5: /: text after the end, starting with '/'; remove it"},
    {"[1 /* x */]", "1:4: /0: JSON has no comments; remove it"},
    {"[\n# x\n1]", "2:1: /0: JSON has no comments; remove it"},
    {"[\"a", "1:2: /0: the string has no end; close it with a \""},
    {"[\"a\nb\"]", "1:4: /0: the line ends inside of a string; close it with a \" before"},
    {"[\"\t\"]", "1:3: /0: raw control character in a string; write \\u0009"},
    {"[\"\x1f\"]", "1:3: /0: raw control character in a string; write \\u001f"},
    {"[\"\\x\"]", "1:3: /0: no escape of JSON; write \\\\ for one backslash"},
    {"[\"\\", "1:3: /0: no escape of JSON; write \\\\ for one backslash"},
    {"[\"\\u12\"]", "1:3: /0: \\u needs four hexadecimal digits; write it like \\u00e9"},
    {"[\"a\\u0000\"]", "1:4: /0: \\u0000 must not be in a string; remove it"},
    {"[\"\\ud83d\"]", "1:3: /0: half of a surrogate pair; write the character itself"},
    {"[\"\\ud83d\\u0041\"]", "1:3: /0: half of a surrogate pair; write the character itself"},
    {"[\"\\ude00\"]", "1:3: /0: half of a surrogate pair; write the character itself"},
    {"[\"\x80\"]", "1:3: /0: the byte 0x80 is not UTF-8; save the file as UTF-8"},
    {"[\"\xc0\xaf\"]", "1:3: /0: the byte 0xc0 is not UTF-8; save the file as UTF-8"},
    {"[\"\xe0\x80\xaf\"]", "1:3: /0: the byte 0xe0 is not UTF-8; save the file as UTF-8"},
    {"[\"\xed\xa0\x80\"]", "1:3: /0: the byte 0xed is not UTF-8; save the file as UTF-8"},
    {"[\"\xf4\x90\x80\x80\"]", "1:3: /0: the byte 0xf4 is not UTF-8; save the file as UTF-8"},
    {"[\"\xe2\x82\"]", "1:3: /0: the byte 0xe2 is not UTF-8; save the file as UTF-8"},
    {"\xff",
     "1:1: /: expected a value, found '\\xff'; write a string, a number, true, false, null, "
     "an object or an array"},
    {"{\"a/b~c\\n\": [0, {\"d\": +1}]}", "1:23: /a~1b~0c\\n/1/d: a number must not start with '+'; "
                                         "remove it"},
    {"{\"\xc2\x9b\": +1}", "1:8: /\\u009b: a number must not start with '+'; remove it"},
};

static const char *told(const struct json_problem *problem)
{
    static char line[JSON_TEXT_SIZE + 64];

    (void)snprintf(line, sizeof line, "%u:%u: %s", problem->line, problem->column, problem->text);
    return line;
}

START_TEST(it_refuses_what_is_not_json_and_says_where)
{
    struct json_problem problem = {0};
    struct json_file file = {0};
    const char *text = refused[_i].text;

    ck_assert_msg(json_parse(text, strlen(text), &file, &problem) == -1, "passed: %s", text);
    ck_assert_str_eq(told(&problem), refused[_i].problem);
    ck_assert_ptr_null(file.root);
}
END_TEST

static const char *const accepted[] = {
    "0",
    "-0",
    "-0.5e-3",
    "1E+2",
    "\"\"",
    "null",
    "true",
    "[]",
    "{}",
    " [ 1 , 2 ] \r\n\t",
    "\"\\u0001\\\" \\\\ \\/ \\b\\f\\n\\r\\t\"",
    "\"\\ud83d\\ude00\"",
    "\"\xf0\x9f\x98\x80\"",
    "{\"a\":{\"b\":[[[]],{}]},\"c\":false}",
    "{\"\":\"\"}",
    "\"\x7f\"",
    "[\"\xef\xbb\xbf\"]",
    "100000000000000000000000000000000000000000000000000000000000000",
};

START_TEST(it_accepts_what_is_json)
{
    struct json_problem problem = {0};
    struct json_file file = {0};
    const char *text = accepted[_i];

    ck_assert_msg(json_parse(text, strlen(text), &file, &problem) == 0, "%s: %s", text,
                  problem.text);
    ck_assert_ptr_nonnull(file.root);
    json_close(&file);
}
END_TEST

/* `count` times `open` and then `close`. */
static char *nested(size_t count)
{
    char *text = calloc(1, 2 * count + 1);

    memset(text, '[', count);
    memset(text + count, ']', count);
    return text;
}

START_TEST(it_refuses_more_nesting_than_the_limit)
{
    struct json_problem problem = {0};
    char *fine = nested(JSON_DEPTH_MAX), *deep = nested(JSON_DEPTH_MAX + 1);

    ck_assert_int_eq(json_scan(fine, strlen(fine), &problem), 0);
    ck_assert_int_eq(json_scan(deep, strlen(deep), &problem), -1);
    ck_assert_uint_eq(problem.column, JSON_DEPTH_MAX + 1);
    ck_assert_ptr_nonnull(strstr(problem.text, "nested deeper than 32; write it flatter"));
    free(fine);
    free(deep);
}
END_TEST

START_TEST(it_refuses_a_number_that_cjson_would_cut)
{
    struct json_problem problem = {0};
    char text[JSON_NUMBER_MAX + 3] = "[";

    memset(text + 1, '1', JSON_NUMBER_MAX);
    text[JSON_NUMBER_MAX + 1] = ']';
    ck_assert_int_eq(json_scan(text, strlen(text), &problem), 0);
    text[JSON_NUMBER_MAX + 1] = '1';
    ck_assert_int_eq(json_scan(text, strlen(text), &problem), -1);
    ck_assert_str_eq(told(&problem),
                     "1:2: /0: a number of more than 63 characters; write a shorter one");
}
END_TEST

START_TEST(it_refuses_an_object_with_more_keys_than_the_limit)
{
    struct json_problem problem = {0};
    char text[JSON_KEYS_MAX * 8 + 16] = "{";
    size_t used = 1;

    for (int i = 0; i < JSON_KEYS_MAX; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%x\":0", i > 0 ? "," : "",
                                 (unsigned)i);
    }
    text[used] = '}';
    ck_assert_int_eq(json_scan(text, used + 1, &problem), 0);
    (void)snprintf(text + used, sizeof text - used, ",\"x\":0}");
    ck_assert_int_eq(json_scan(text, strlen(text), &problem), -1);
    ck_assert_ptr_nonnull(strstr(problem.text, "more than 256 keys in one object; remove some"));
}
END_TEST

START_TEST(it_takes_a_file_of_one_mebibyte_and_no_byte_more)
{
    struct json_problem problem = {0};
    struct json_file file = {0};
    char *text = malloc(JSON_FILE_MAX + 1);

    memset(text, ' ', JSON_FILE_MAX + 1);
    text[0] = '1';
    ck_assert_int_eq(json_parse(text, JSON_FILE_MAX, &file, &problem), 0);
    json_close(&file);
    ck_assert_int_eq(json_parse(text, JSON_FILE_MAX + 1, &file, &problem), -1);
    ck_assert_str_eq(told(&problem), "0:0: is larger than 1 MiB; give a smaller file");
    free(text);
}
END_TEST

START_TEST(it_never_reads_past_the_end)
{
    static const char whole[] =
        "{\"a\\u00e9\\ud83d\\ude00\":[-1.5e+3,true,false,null,\"\xf0\x9f\x98\x80\\n\"],\"b\":{}}";
    struct json_problem problem = {0};

    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *exact = malloc(len + (len == 0)); /* the sanitizer watches its end */

        memcpy(exact, whole, len);
        ck_assert_msg(json_scan(exact, len, &problem) == -1, "%zu bytes", len);
        free(exact);
    }
    ck_assert_int_eq(json_scan(whole, sizeof whole - 1, &problem), 0);
}
END_TEST

START_TEST(a_nul_byte_is_not_the_end)
{
    struct json_problem problem = {0};

    ck_assert_int_eq(json_scan("[1]\0", 4, &problem), -1);
    ck_assert_str_eq(told(&problem),
                     "1:4: /: text after the end, starting with '\\u0000'; remove it");
    ck_assert_int_eq(json_scan("[\"\0\"]", 5, &problem), -1);
    ck_assert_str_eq(told(&problem), "1:3: /0: raw control character in a string; write \\u0000");
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(it_reads_a_regular_file_and_nothing_else)
{
    char folder[] = "/tmp/secho-test-XXXXXX", path[64];
    struct json_problem problem = {0};
    struct json_file file = {0};

    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(json_load(folder, &file, &problem), -1);
    ck_assert_str_eq(told(&problem), "0:0: is a folder; give the path of a file");
    ck_assert_int_eq(json_load("/dev/null", &file, &problem), -1);
    ck_assert_str_eq(told(&problem), "0:0: is a device; give the path of a file");

    (void)snprintf(path, sizeof path, "%s/x", folder);
    ck_assert_int_eq(json_load(path, &file, &problem), -1);
    ck_assert_str_eq(told(&problem),
                     "0:0: cannot be read: No such file or directory; give the path "
                     "of a file that can");
    ck_assert_int_eq(mkfifo(path, 0600), 0); /* and nobody writes: it must not wait */
    ck_assert_int_eq(json_load(path, &file, &problem), -1);
    ck_assert_str_eq(told(&problem), "0:0: is a pipe; give the path of a file");
    ck_assert_int_eq(unlink(path), 0);

    write_file(path, "[1, 2]\n");
    ck_assert_int_eq(json_load(path, &file, &problem), 0);
    ck_assert_int_eq(cJSON_GetArraySize(file.root), 2);
    ck_assert_uint_eq(file.size, 7);
    json_close(&file);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(it_knows_the_place_of_every_value)
{
    static const char text[] = "{ \"a\\\"{\": \"}\",\n"
                               "  \"b\" : [ [1, 2], { \"c\" :\n"
                               "     \"x\" } ] }";
    struct json_problem problem = {0};
    struct json_file file = {0};

    ck_assert_int_eq(json_parse(text, strlen(text), &file, &problem), 0);
    struct json_at root = json_root(&file), b = json_key(&root, "b");
    struct json_at object = json_item(&b, b.value->child->next, 1), c = json_key(&object, "c");
    struct json_at none = json_key(&object, "d");

    json_problem(&problem, &c, JSON_VALUE, "value");
    ck_assert_str_eq(told(&problem), "3:6: /b/1/c: value");
    json_problem(&problem, &c, JSON_KEY, "key");
    ck_assert_str_eq(told(&problem), "2:21: /b/1/c: key");
    json_problem(&problem, &none, JSON_VALUE, "absent");
    ck_assert_str_eq(told(&problem), "2:19: /b/1/d: absent");
    json_problem(&problem, &root, JSON_VALUE, "all");
    ck_assert_str_eq(told(&problem), "1:1: /: all");
    json_close(&file);
}
END_TEST

static const struct {
    const char *text, *printed;
} printed[] = {
    {"plain", "\"plain\""},
    {"", "\"\""},
    {"\xc3\xbc \xf0\x9f\x98\x80", "\"\xc3\xbc \xf0\x9f\x98\x80\""},
    {"a\"b\\c\n\x01", "\"a\\\"b\\\\c\\n\\u0001\""},
    {"\xff", "\"\\\\xff\""},
    {"a\xc3", "\"a\\\\xc3\""},                     /* cut short */
    {"\xc0\xaf", "\"\\\\xc0\\\\xaf\""},            /* overlong */
    {"\xed\xa0\x80", "\"\\\\xed\\\\xa0\\\\x80\""}, /* a surrogate */
};

START_TEST(what_is_printed_is_utf8_wherever_it_stands)
{
    cJSON *root = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(root, "list");
    cJSON *inner = cJSON_CreateObject();
    char expected[256];

    cJSON_AddStringToObject(inner, "text", printed[_i].text);
    cJSON_AddItemToArray(list, inner);
    cJSON_AddItemToArray(list, cJSON_CreateString(printed[_i].text));
    (void)snprintf(expected, sizeof expected, "{\"list\":[{\"text\":%s},%s]}", printed[_i].printed,
                   printed[_i].printed);
    char *text = json_print(root);

    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, expected);
    free(text);
    cJSON_Delete(root);
}
END_TEST

START_TEST(no_tree_is_no_text)
{
    ck_assert_ptr_null(json_print(NULL));
}
END_TEST

START_TEST(an_excerpt_is_escaped_and_cut_between_characters)
{
    char out[64] = "", small[8] = "";

    excerpt_append(out, sizeof out, "a\x1b\xff\xe2\x80\xae\xc3\xa9", 8, 40);
    ck_assert_str_eq(out, "a\\u001b\\xff\\u202e\xc3\xa9");
    out[0] = '\0';
    excerpt_append(out, sizeof out,
                   "abc\xc3\xa9"
                   "def",
                   8, 4);
    ck_assert_str_eq(out, "abc...");
    ck_assert_str_eq(excerpt_text(out, sizeof out, "a\x1b[K\xff"), "a\\u001b[K\\xff");
    excerpt_append(small, sizeof small, "abcde\x1b", 6, 40);
    ck_assert_str_eq(small, "abcde"); /* no half of an escape */
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, it_refuses_what_is_not_json_and_says_where, 0, COUNT(refused));
    tcase_add_loop_test(tests, it_accepts_what_is_json, 0, COUNT(accepted));
    tcase_add_test(tests, it_refuses_more_nesting_than_the_limit);
    tcase_add_test(tests, it_refuses_a_number_that_cjson_would_cut);
    tcase_add_test(tests, it_refuses_an_object_with_more_keys_than_the_limit);
    tcase_add_test(tests, it_takes_a_file_of_one_mebibyte_and_no_byte_more);
    tcase_add_test(tests, it_never_reads_past_the_end);
    tcase_add_test(tests, a_nul_byte_is_not_the_end);
    tcase_add_test(tests, it_reads_a_regular_file_and_nothing_else);
    tcase_add_test(tests, it_knows_the_place_of_every_value);
    tcase_add_test(tests, an_excerpt_is_escaped_and_cut_between_characters);
    tcase_add_loop_test(tests, what_is_printed_is_utf8_wherever_it_stands, 0,
                        sizeof printed / sizeof printed[0]);
    tcase_add_test(tests, no_tree_is_no_text);
}

int main(void)
{
    return suite_run("json", add_tests, NULL, NULL);
}
