/* The file of ticket keys: what may stand in it, and what is said of anything else. */
#include "tls/ticket_keys.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "credentials.h"
#include "suite.h"

#define A16   "00112233445566778899aabbccddeeff"
#define B16   "ffeeddccbbaa99887766554433221100"
#define KEY_A A16 A16
#define KEY_B B16 B16

static struct credentials credentials;
static struct ticket_keys keys;
static struct secho_error err;
static const char *path;

static void setup(void)
{
    credentials_make(&credentials);
    path = credentials_path(&credentials, "tickets.keys");
    keys = (struct ticket_keys){0};
    err = (struct secho_error){0};
}

static void teardown(void)
{
    ticket_keys_done(&keys);
    credentials_remove(&credentials);
}

static int load(const char *text, mode_t mode)
{
    credentials_write_text(path, text);
    ck_assert_int_eq(chmod(path, mode), 0);
    return ticket_keys_load(&keys, path, &err);
}

/* ---- what is read ---- */

static const struct {
    const char *name, *text;
    size_t count;
} accepted[] = {
    {"one", KEY_A "\n", 1},
    {"no end of line", KEY_A, 1},
    {"two", KEY_A "\n" KEY_B "\n", 2},
    {"capitals", "00112233445566778899AABBCCDDEEFF" A16 "\n", 1},
    {"comments and blank lines", "# ours\n\n  " KEY_A "\t\r\n  # 2026\n" KEY_B " # old\n\n", 2},
};

START_TEST(a_line_is_a_key)
{
    ck_assert_msg(load(accepted[_i].text, 0600) == 0, "%s: %s", accepted[_i].name, err.text);
    ck_assert_uint_eq(keys.count, accepted[_i].count);
}
END_TEST

START_TEST(the_same_line_is_the_same_key_everywhere)
{
    struct ticket_keys again = {0};
    struct ticket_key derived;
    unsigned char secret[TICKET_SECRET_BYTES];

    for (size_t i = 0; i < sizeof secret; i++) {
        secret[i] = (unsigned char)(0x11 * (i % 16));
    }
    ck_assert_int_eq(load(KEY_A "\n" KEY_B, 0600), 0);
    ck_assert_int_eq(ticket_keys_load(&again, path, &err), 0);
    ck_assert_mem_eq(keys.keys, again.keys, 2 * sizeof *keys.keys);
    ck_assert_mem_ne(&keys.keys[0], &keys.keys[1], sizeof *keys.keys);
    ck_assert_int_eq(ticket_key_derive(secret, &derived), 0);
    ck_assert_mem_eq(&keys.keys[0], &derived, sizeof derived);
    ticket_keys_done(&again);
}
END_TEST

/*
 * Tickets of one version must open with the next. From `openssl kdf -keylen 80 -kdfopt
 * digest:SHA256 -kdfopt hexkey:KEY_A -kdfopt info:"secho ticket key" HKDF`.
 */
START_TEST(a_key_is_what_other_programs_make_of_it)
{
    static const unsigned char name[] = {0xeb, 0xab, 0x94, 0xf3, 0x11, 0x5c, 0x3b, 0x7c,
                                         0xd6, 0x56, 0x8f, 0xd3, 0xba, 0x29, 0x03, 0x65};

    ck_assert_int_eq(load(KEY_A, 0600), 0);
    ck_assert_mem_eq(keys.keys[0].name, name, sizeof name);
}
END_TEST

static void write_keys(char *text, size_t size, int count)
{
    size_t used = 0;

    for (int i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, size - used, "%064x\n", i + 1);
    }
}

START_TEST(sixteen_are_fine_and_one_more_is_not)
{
    char text[17 * 65 + 1];

    write_keys(text, sizeof text, 16);
    ck_assert_int_eq(load(text, 0600), 0);
    ck_assert_uint_eq(keys.count, 16);
    ticket_keys_done(&keys);
    write_keys(text, sizeof text, 17);
    ck_assert_int_eq(load(text, 0600), -1);
    ck_assert_ptr_nonnull(strstr(err.text, ":17: is one key too many: 16 at most"));
}
END_TEST

/* ---- what is refused ---- */

static const struct {
    const char *name, *text, *words;
} refused[] = {
    {"nothing", "", "no key is in this file"},
    {"comments only", "# a\n\n#" KEY_A "\n", "no key is in this file"},
    {"too short", "# a\n" A16 "\n", ":2: has 32 digits; a line is one key of 64"},
    {"one digit missing", KEY_A "\n" B16 "ffeeddccbbaa9988776655443322110\n", ":2: has 63 digits"},
    {"too long", KEY_A "0\n", ":1: has 65 digits"},
    {"not hexadecimal", "0x" KEY_A "\n", ":1: character 2 is no hexadecimal digit"},
    {"two on a line", KEY_A " " KEY_B "\n", ":1: character 65 is no hexadecimal digit"},
    {"a mark at the beginning", "\xef\xbb\xbf" KEY_A, ":1: character 1 is no hexadecimal digit"},
    {"twice", KEY_A "\n" KEY_B "\n\n" KEY_A, ":4: is the same key as line 1; remove one of them"},
};

START_TEST(anything_else_is_refused_without_showing_it)
{
    ck_assert_msg(load(refused[_i].text, 0600) == -1, "%s", refused[_i].name);
    ck_assert_int_eq(err.kind, SECHO_ERR_CONFIG);
    ck_assert_msg(strstr(err.text, refused[_i].words) != NULL, "%s: %s", refused[_i].name,
                  err.text);
    ck_assert_ptr_null(strstr(err.text, "001122"));
    ck_assert_ptr_null(strstr(err.text, "ffeedd"));
}
END_TEST

START_TEST(a_file_with_a_nul_is_refused)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    (void)fwrite("\0" KEY_A, 1, sizeof KEY_A, file);
    (void)fclose(file);
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(ticket_keys_load(&keys, path, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, ":1: character 1 is no hexadecimal digit"));
}
END_TEST

START_TEST(a_file_that_is_too_large_is_refused)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 16385; i++) {
        (void)fputc('#', file);
    }
    (void)fclose(file);
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(ticket_keys_load(&keys, path, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "is larger than 16384 bytes"));
}
END_TEST

static const struct {
    mode_t mode;
    const char *words; /* NULL: it is fine */
} modes[] = {
    {0400, NULL},       {0600, NULL},       {0440, NULL},        {0640, NULL},
    {0644, "can read"}, {0604, "can read"}, {0602, "can write"}, {0666, "can read"},
};

START_TEST(others_must_not_read_it)
{
    char advice[200];

    ck_assert_int_eq(load(KEY_A, modes[_i].mode), modes[_i].words == NULL ? 0 : -1);
    if (modes[_i].words != NULL) {
        (void)snprintf(advice, sizeof advice, "; type: chmod o= %s", path);
        ck_assert_ptr_nonnull(strstr(err.text, modes[_i].words));
        ck_assert_ptr_nonnull(strstr(err.text, advice));
    }
}
END_TEST

START_TEST(a_file_that_cannot_be_read_says_why)
{
    ck_assert_int_eq(ticket_keys_load(&keys, "/no/such/keys", &err), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_FILE);
    ck_assert_ptr_nonnull(strstr(err.text, "/no/such/keys: cannot be read: No such file"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_line_is_a_key, 0, COUNT(accepted));
    tcase_add_test(tests, the_same_line_is_the_same_key_everywhere);
    tcase_add_test(tests, a_key_is_what_other_programs_make_of_it);
    tcase_add_test(tests, sixteen_are_fine_and_one_more_is_not);
    tcase_add_loop_test(tests, anything_else_is_refused_without_showing_it, 0, COUNT(refused));
    tcase_add_test(tests, a_file_with_a_nul_is_refused);
    tcase_add_test(tests, a_file_that_is_too_large_is_refused);
    tcase_add_loop_test(tests, others_must_not_read_it, 0, COUNT(modes));
    tcase_add_test(tests, a_file_that_cannot_be_read_says_why);
}

int main(void)
{
    return suite_run("ticket_keys", add, setup, teardown);
}
