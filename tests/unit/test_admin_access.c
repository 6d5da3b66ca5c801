/* Who may ask the admin listener for something. */
#include <string.h>

#include "daemon/admin_access.h"
#include "suite.h"

#define TOKEN "correct-horse-battery-staple"

static struct admin_settings open_door, guarded, at_path;

static void setup(void)
{
    open_door = (struct admin_settings){.is_there = true, .is_local = true};
    at_path = (struct admin_settings){.is_there = true, .is_local = true, .is_path = true};
    guarded = (struct admin_settings){.is_there = true, .has_token = true};
    ck_assert_int_eq(admin_digest(TOKEN, strlen(TOKEN), guarded.token), 0);
}

/* ---- without a token: is this machine meant? ---- */

static const struct {
    const char *host;
    enum admin_verdict verdict;
} hosts[] = {
    {NULL, ADMIN_WELCOME}, /* no browser leaves it out */
    {"localhost", ADMIN_WELCOME},
    {"LocalHost:9090", ADMIN_WELCOME},
    {"127.0.0.1", ADMIN_WELCOME},
    {"127.255.0.1:1", ADMIN_WELCOME},
    {"[::1]", ADMIN_WELCOME},
    {"[::1]:65535", ADMIN_WELCOME},
    {"", ADMIN_HOST_FOREIGN},
    {":9090", ADMIN_HOST_FOREIGN},
    {"evil.example", ADMIN_HOST_FOREIGN},
    {"localhost.evil.example", ADMIN_HOST_FOREIGN},
    {"127.0.0.1.evil.example", ADMIN_HOST_FOREIGN},
    {"localhost:9090.evil.example", ADMIN_HOST_FOREIGN},
    {"localhost:9090@evil.example", ADMIN_HOST_FOREIGN},
    {"128.0.0.1", ADMIN_HOST_FOREIGN},
    {"0.0.0.0", ADMIN_HOST_FOREIGN},
    {"[::2]", ADMIN_HOST_FOREIGN},
    {"[::1", ADMIN_HOST_FOREIGN},
    {"[::1]x", ADMIN_HOST_FOREIGN},
    {"::1", ADMIN_HOST_FOREIGN},
    {"localhost ", ADMIN_HOST_FOREIGN},
};

START_TEST(without_a_token_the_host_must_be_this_machine)
{
    const struct admin_claim claim = {.host = hosts[_i].host};

    ck_assert_msg(admin_judge(&open_door, &claim) == hosts[_i].verdict, "host %s", claim.host);
}
END_TEST

START_TEST(a_host_that_is_endless_is_foreign)
{
    char host[5000];
    const struct admin_claim claim = {.host = host};

    memset(host, 'a', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    ck_assert_int_eq(admin_judge(&open_door, &claim), ADMIN_HOST_FOREIGN);
}
END_TEST

START_TEST(who_may_open_a_unix_socket_may_name_any_host)
{
    const struct admin_claim claim = {.host = "evil.example"};

    ck_assert_int_eq(admin_judge(&at_path, &claim), ADMIN_WELCOME);
}
END_TEST

/* ---- whose page is it? ---- */

static const struct {
    const char *origin, *host;
    enum admin_verdict verdict;
} origins[] = {
    {NULL, "localhost:1", ADMIN_WELCOME}, /* no browser */
    {"http://localhost:1", "localhost:1", ADMIN_WELCOME},
    {"https://LOCALHOST:1", "localhost:1", ADMIN_WELCOME},
    {"http://localhost:2", "localhost:1", ADMIN_ORIGIN_FOREIGN},
    {"http://localhost", "localhost:1", ADMIN_ORIGIN_FOREIGN},
    {"http://localhost:1/", "localhost:1", ADMIN_ORIGIN_FOREIGN},
    {"null", "localhost:1", ADMIN_ORIGIN_FOREIGN},
    {"", "localhost:1", ADMIN_ORIGIN_FOREIGN},
    {"localhost:1", "localhost:1", ADMIN_ORIGIN_FOREIGN},
    {"http://evil.example", "localhost:1", ADMIN_ORIGIN_FOREIGN},
    {"http://localhost:1", NULL, ADMIN_ORIGIN_FOREIGN},
};

START_TEST(what_changes_something_must_not_come_from_another_site)
{
    struct admin_claim claim = {
        .host = origins[_i].host, .origin = origins[_i].origin, .changes = true};

    ck_assert_msg(admin_judge(&open_door, &claim) == origins[_i].verdict, "origin %s",
                  claim.origin);
    claim.authorization = "Bearer " TOKEN; /* a browser would add what it has kept */
    ck_assert_msg(admin_judge(&guarded, &claim) == origins[_i].verdict, "origin %s", claim.origin);
    claim.changes = false;
    ck_assert_int_eq(admin_judge(&open_door, &claim), ADMIN_WELCOME);
}
END_TEST

/* ---- the token ---- */

/* base64 of "me:" TOKEN, ":" TOKEN, TOKEN, "me:" TOKEN "x" */
#define ME     "bWU6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQ=="
#define NOBODY "OmNvcnJlY3QtaG9yc2UtYmF0dGVyeS1zdGFwbGU="
#define ALONE  "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQ=="
#define LONGER "bWU6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZXg="

static const struct {
    const char *authorization;
    enum admin_verdict verdict;
} shown[] = {
    {NULL, ADMIN_TOKEN_MISSING},
    {"Bearer " TOKEN, ADMIN_WELCOME},
    {"bearer  " TOKEN, ADMIN_WELCOME},
    {"Basic " ME, ADMIN_WELCOME},
    {"BASIC " NOBODY, ADMIN_WELCOME},
    {"", ADMIN_TOKEN_WRONG},
    {"Bearer", ADMIN_TOKEN_WRONG},
    {"Bearer ", ADMIN_TOKEN_WRONG},
    {"Bearer" TOKEN, ADMIN_TOKEN_WRONG},
    {TOKEN, ADMIN_TOKEN_WRONG},
    {"Bearer " TOKEN "x", ADMIN_TOKEN_WRONG},
    {"Bearer x" TOKEN, ADMIN_TOKEN_WRONG},
    {"Digest " TOKEN, ADMIN_TOKEN_WRONG},
    {"Basic", ADMIN_TOKEN_WRONG},
    {"Basic ", ADMIN_TOKEN_WRONG},
    {"Basic ====", ADMIN_TOKEN_WRONG},
    {"Basic !!!!", ADMIN_TOKEN_WRONG},
    {"Basic bWU", ADMIN_TOKEN_WRONG},
    {"Basic " ALONE, ADMIN_TOKEN_WRONG},
    {"Basic " LONGER, ADMIN_TOKEN_WRONG},
};

START_TEST(a_token_must_be_shown_whole_and_in_the_right_way)
{
    const struct admin_claim claim = {.authorization = shown[_i].authorization,
                                      .host = "whoever.example"};

    ck_assert_msg(admin_judge(&guarded, &claim) == shown[_i].verdict, "%s", claim.authorization);
}
END_TEST

START_TEST(a_password_that_is_endless_is_wrong)
{
    char authorization[9000] = "Basic ";
    const struct admin_claim claim = {.authorization = authorization};

    memset(authorization + 6, 'A', 8000);
    ck_assert_int_eq(admin_judge(&guarded, &claim), ADMIN_TOKEN_WRONG);
    memset(authorization + 6 + 2048, '\0', 1);
    ck_assert_int_eq(admin_judge(&guarded, &claim), ADMIN_TOKEN_WRONG);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, without_a_token_the_host_must_be_this_machine, 0, COUNT(hosts));
    tcase_add_test(tests, a_host_that_is_endless_is_foreign);
    tcase_add_test(tests, who_may_open_a_unix_socket_may_name_any_host);
    tcase_add_loop_test(tests, what_changes_something_must_not_come_from_another_site, 0,
                        COUNT(origins));
    tcase_add_loop_test(tests, a_token_must_be_shown_whole_and_in_the_right_way, 0, COUNT(shown));
    tcase_add_test(tests, a_password_that_is_endless_is_wrong);
}

int main(void)
{
    return suite_run("admin_access", add, setup, NULL);
}
