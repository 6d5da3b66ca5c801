/* --explain, and secho-explain(7): every code and every alert is there. */
#include "diagnosis/catalogue.h"

#include <string.h>

#include "diagnosis/explain.h"
#include "suite.h"

static char printed[65536];

/* What `print` writes. */
static const char *explained(const char *name)
{
    FILE *out = fmemopen(printed, sizeof printed, "w");

    ck_assert_ptr_nonnull(out);
    printed[0] = '\0';
    int rc = catalogue_explain(out, name);
    (void)fclose(out);
    return rc == 0 ? printed : NULL;
}

START_TEST(every_name_of_the_catalogue_is_explained)
{
    struct explain_words words = explain_words((enum explain_code)_i);
    const char *text = explained(words.code);

    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(strstr(text, words.meaning));
    ck_assert_ptr_nonnull(strstr(text, words.advice));
    ck_assert_msg(strpbrk(text, "{}") == NULL, "%s", text);
    ck_assert(words.at_server != NULL || words.at_client != NULL);
    ck_assert((strstr(text, "The server logs (") != NULL) == (words.at_server != NULL));
    ck_assert((strstr(text, "The client tells (") != NULL) == (words.at_client != NULL));
    ck_assert((strstr(text, "Exit status of the client: ") != NULL) == (words.at_client != NULL));
}
END_TEST

START_TEST(an_alert_is_explained_by_its_name)
{
    const char *text = explained("unknown_ca");

    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(strstr(text, "TLS alert 48."));
    ck_assert_ptr_nonnull(strstr(text, "end=peer_rejected_certificate"));
    ck_assert_ptr_nonnull(strstr(text, "code=client_certificate_rejected"));
}
END_TEST

START_TEST(a_name_that_nobody_has_is_not_explained_but_has_a_neighbour)
{
    static char endless[100000];

    memset(endless, 'x', sizeof endless - 1);
    ck_assert_ptr_null(explained("no_comon_suite"));
    ck_assert_ptr_null(explained(""));
    ck_assert_str_eq(catalogue_nearest("no_comon_suite"), "no_common_suite");
    ck_assert_str_eq(catalogue_nearest("bad_certifcate"), "bad_certificate");
    ck_assert_ptr_nonnull(catalogue_nearest(""));
    ck_assert_ptr_nonnull(catalogue_nearest(endless));
}
END_TEST

START_TEST(the_list_has_every_code_and_alert_in_a_line)
{
    FILE *out = fmemopen(printed, sizeof printed, "w");
    int lines = 0;

    ck_assert_ptr_nonnull(out);
    catalogue_list(out);
    (void)fclose(out);
    for (const char *at = printed; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    ck_assert_int_eq(lines, EXPLAIN_CODE_COUNT + 27); /* close_notify is no failure */
    ck_assert_ptr_nonnull(strstr(printed, "\nno_common_suite "));
    ck_assert_ptr_nonnull(strstr(printed, "\nunknown_ca "));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, every_name_of_the_catalogue_is_explained, 0, EXPLAIN_CODE_COUNT);
    tcase_add_test(tests, an_alert_is_explained_by_its_name);
    tcase_add_test(tests, a_name_that_nobody_has_is_not_explained_but_has_a_neighbour);
    tcase_add_test(tests, the_list_has_every_code_and_alert_in_a_line);
}

int main(void)
{
    return suite_run("catalogue", add_tests, NULL, NULL);
}
