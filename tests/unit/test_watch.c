/* Which changes of files are seen, and when they are believed. */
#include "daemon/watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

#define PATH_SIZE 512

static char home[] = "/tmp/secho-watch-XXXXXX";
static struct secho_config *config;
static struct watch watch;

/* Static: good until the fourth call from now. */
static const char *path_of(const char *name)
{
    static char paths[4][PATH_SIZE];
    static size_t next;
    char *path = paths[next++ % 4];

    (void)snprintf(path, PATH_SIZE, "%s/%s", home, name);
    return path;
}

static void append(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "a");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* Two listeners with one folder of CAs, and a file for all else. */
static void configure(void)
{
    char text[4096];
    int len = snprintf(text, sizeof text,
                       "{\"watch\":true,\"admin\":{\"port\":9090,\"token\":\"%s\"},\"listeners\":["
                       "{\"name\":\"a\",\"port\":1,\"tls\":{\"certificates\":[{\"chain\":\"%s\","
                       "\"key\":\"%s\"}],\"client_auth\":{\"mode\":\"require\",\"ca\":\"%s\"}}},"
                       "{\"name\":\"b\",\"port\":2,\"tls\":{\"certificates\":[{\"chain\":\"%s\","
                       "\"key\":\"%s\"}],\"client_auth\":{\"mode\":\"require\",\"ca\":\"%s\"}}}]}",
                       path_of("token"), path_of("chain"), path_of("key"), path_of("cas"),
                       path_of("chain"), path_of("key"), path_of("cas"));

    ck_assert_int_eq(secho_config_parse(text, (size_t)len, "secho.json", NULL, NULL, &config), 0);
}

static void setup(void)
{
    memcpy(home + strlen(home) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(home));
    ck_assert_int_eq(mkdir(path_of("cas"), 0700), 0);
    append("token", "secret");
    append("chain", "1");
    append("key", "1");
    append("cas/one.pem", "1");
    append("cas/two.crt", "1");
    append("cas/notes.txt", "1");
    configure();
    watch_begin(&watch, config);
}

static void teardown(void)
{
    static const char *const files[] = {"token",         "chain",       "key",
                                        "cas/one.pem",   "cas/two.crt", "cas/notes.txt",
                                        "cas/three.cer", "cas/new"};

    watch_done(&watch);
    secho_config_free(config);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)unlink(path_of(files[i]));
    }
    (void)rmdir(path_of("cas"));
    (void)rmdir(path_of("before"));
    (void)rmdir(home);
}

/* Is something seen that has held still for long enough? */
static bool is_seen(void)
{
    bool at_once = watch_look(&watch, config, 1000);

    ck_assert(!at_once);
    return watch_look(&watch, config, 1000 + WATCH_STILL_MS);
}

static void write_into(void)
{
    append("cas/one.pem", "2");
}

static void put_another_in_its_place(void)
{
    append("cas/new", "1");
    ck_assert_int_eq(rename(path_of("cas/new"), path_of("cas/one.pem")), 0);
}

static void add_one(void)
{
    append("cas/three.cer", "1");
}

static void take_one_away(void)
{
    ck_assert_int_eq(unlink(path_of("cas/two.crt")), 0);
}

static void rename_one(void)
{
    ck_assert_int_eq(rename(path_of("cas/two.crt"), path_of("cas/three.cer")), 0);
}

static void replace_the_folder(void)
{
    ck_assert_int_eq(unlink(path_of("cas/notes.txt")), 0);
    ck_assert_int_eq(unlink(path_of("cas/two.crt")), 0);
    ck_assert_int_eq(unlink(path_of("cas/one.pem")), 0);
    ck_assert_int_eq(rename(path_of("cas"), path_of("before")), 0);
    ck_assert_int_eq(mkdir(path_of("cas"), 0700), 0);
}

static void write_a_token(void)
{
    append("token", "2");
}

static void write_what_does_not_count(void)
{
    append("cas/notes.txt", "2");
    append("cas/new", "2");
}

static void leave_all_as_it_is(void)
{
}

static const struct {
    const char *name;
    void (*change)(void);
    bool seen;
} cases[] = {
    {"a CA in a folder is written to", write_into, true},
    {"a CA in a folder is replaced", put_another_in_its_place, true},
    {"a CA comes", add_one, true},
    {"a CA goes", take_one_away, true},
    {"a CA has another name", rename_one, true},
    {"there is another folder", replace_the_folder, true},
    {"the token is written to", write_a_token, true},
    {"what does not count in a folder", write_what_does_not_count, false},
    {"nothing happens", leave_all_as_it_is, false},
};

START_TEST(each_change_of_what_is_loaded_is_seen_and_nothing_else)
{
    cases[_i].change();
    ck_assert_msg(is_seen() == cases[_i].seen, "%s", cases[_i].name);
    ck_assert_msg(!is_seen(), "%s, twice", cases[_i].name);
}
END_TEST

START_TEST(a_change_is_believed_when_it_has_held_still)
{
    append("cas/one.pem", "2");
    ck_assert(!watch_look(&watch, config, 1000));
    append("cas/one.pem", "3");
    ck_assert(!watch_look(&watch, config, 1000 + WATCH_STILL_MS));
    ck_assert(!watch_look(&watch, config, 999 + 2 * WATCH_STILL_MS));
    ck_assert(watch_look(&watch, config, 1000 + 2 * WATCH_STILL_MS));
}
END_TEST

START_TEST(what_came_into_a_folder_and_was_wrong_is_seen_when_it_is_mended)
{
    append("cas/three.cer", "wrong");
    ck_assert(is_seen());
    append("cas/three.cer", ", and right");
    ck_assert(is_seen());
}
END_TEST

START_TEST(a_folder_of_two_listeners_is_opened_once)
{
    ck_assert_uint_eq(watch.folder_count, 2);
    ck_assert_ptr_nonnull(watch.folders[0]);
    ck_assert_ptr_null(watch.folders[1]);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, each_change_of_what_is_loaded_is_seen_and_nothing_else, 0,
                        sizeof cases / sizeof cases[0]);
    tcase_add_test(tests, a_change_is_believed_when_it_has_held_still);
    tcase_add_test(tests, what_came_into_a_folder_and_was_wrong_is_seen_when_it_is_mended);
    tcase_add_test(tests, a_folder_of_two_listeners_is_opened_once);
}

int main(void)
{
    return suite_run("watch", add, setup, teardown);
}
