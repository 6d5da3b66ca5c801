/* Two views of a connection: one TLS session, or two? */
#include <string.h>

#include "diagnosis/report.h"
#include "suite.h"

static struct report_view here, there;
static struct report_finding finding;

static void setup(void)
{
    memset(&here, 0, sizeof here);
    memset(&there, 0, sizeof there);
}

/* A session as both ends see it. */
static void one_session(struct report_view *view)
{
    strcpy(view->tls.version, "TLSv1.2");
    strcpy(view->tls.suite, "ECDHE-ECDSA-AES128-GCM-SHA256");
    strcpy(view->tls.group, "X25519");
    strcpy(view->tls.sni, "localhost");
    view->tls.server.count = 1;
    strcpy(view->tls.server.items[0].subject, "CN=server");
    strcpy(view->tls.server.items[0].spki_sha256, "aa");
}

static bool is_noted(const char *words)
{
    for (size_t i = 0; i < finding.note_count; i++) {
        if (strstr(finding.notes[i], words) != NULL) {
            return true;
        }
    }
    return false;
}

static enum report_verdict compare(void)
{
    report_compare(&here, &there, &finding);
    return finding.verdict;
}

START_TEST(equal_exporters_are_one_session)
{
    strcpy(here.tls.exporter, "00ff");
    strcpy(there.tls.exporter, "00ff");
    ck_assert_int_eq(compare(), REPORT_END_TO_END);
    ck_assert_uint_eq(finding.note_count, 0);
    ck_assert_str_eq(report_verdict_name(REPORT_END_TO_END), "end_to_end");
}
END_TEST

START_TEST(other_exporters_are_two_sessions_even_when_all_else_is_equal)
{
    one_session(&here);
    one_session(&there);
    strcpy(here.tls.exporter, "00ff");
    strcpy(there.tls.exporter, "00fe");
    ck_assert_int_eq(compare(), REPORT_TERMINATED);
    ck_assert_str_eq(report_verdict_name(REPORT_TERMINATED), "terminated");
    ck_assert_str_eq(report_verdict_name(REPORT_ECHOED), "terminated");
}
END_TEST

START_TEST(without_exporters_nothing_is_claimed)
{
    one_session(&here);
    one_session(&there);
    ck_assert_int_eq(compare(), REPORT_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(report_verdict_words(REPORT_UNKNOWN), "--tls 1.3"));
    strcpy(there.tls.exporter, "00ff"); /* an end alone proves nothing */
    ck_assert_int_eq(compare(), REPORT_UNKNOWN);
}
END_TEST

static const struct {
    const char *words; /* of the note */
    size_t at;         /* of a text in the view */
    const char *text;
} differences[] = {
    {"the version differs: TLSv1.2 here, TLSv1.3 there", offsetof(struct report_view, tls.version),
     "TLSv1.3"},
    {"suite differs", offsetof(struct report_view, tls.suite), "AES256-SHA"},
    {"group differs", offsetof(struct report_view, tls.group), "P-256"},
    {"(SNI) differs", offsetof(struct report_view, tls.sni), "other.test"},
    {"certificate differs", offsetof(struct report_view, tls.server.items[0].spki_sha256), "bb"},
};

START_TEST(without_exporters_any_difference_of_the_session_proves_two)
{
    one_session(&here);
    one_session(&there);
    strcpy((char *)&there + differences[_i].at, differences[_i].text);
    ck_assert_int_eq(compare(), REPORT_TERMINATED);
    ck_assert_msg(is_noted(differences[_i].words), "%s", differences[_i].words);
}
END_TEST

START_TEST(what_one_end_does_not_know_is_no_difference)
{
    one_session(&here);
    one_session(&there);
    there.tls.group[0] = there.tls.sni[0] = '\0';
    there.tls.server.count = 0;
    ck_assert_int_eq(compare(), REPORT_UNKNOWN);
}
END_TEST

START_TEST(a_flag_that_differs_proves_two_sessions)
{
    one_session(&here);
    one_session(&there);
    there.tls.resumed = true;
    ck_assert_int_eq(compare(), REPORT_TERMINATED);
    there.tls.resumed = false;
    there.tls.extended_master_secret = true;
    ck_assert_int_eq(compare(), REPORT_TERMINATED);
}
END_TEST

START_TEST(changed_addresses_are_noted_and_prove_nothing)
{
    strcpy(here.tls.exporter, "00ff");
    strcpy(there.tls.exporter, "00ff");
    strcpy(here.local, "10.0.0.1:5");
    strcpy(there.peer, "192.0.2.1:6");
    strcpy(there.via, "192.0.2.9:7");
    there.proxy.version = 2;
    ck_assert_int_eq(compare(), REPORT_END_TO_END);
    ck_assert(is_noted("the server sees us as 192.0.2.1:6, we are 10.0.0.1:5"));
    ck_assert(is_noted("a proxy at 192.0.2.9:7"));
}
END_TEST

START_TEST(notes_have_a_limit)
{
    for (int i = 0; i < REPORT_NOTES_MAX + 2; i++) {
        report_note(&finding, "%d", i);
    }
    ck_assert_uint_eq(finding.note_count, REPORT_NOTES_MAX);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, equal_exporters_are_one_session);
    tcase_add_test(tests, other_exporters_are_two_sessions_even_when_all_else_is_equal);
    tcase_add_test(tests, without_exporters_nothing_is_claimed);
    tcase_add_loop_test(tests, without_exporters_any_difference_of_the_session_proves_two, 0,
                        COUNT(differences));
    tcase_add_test(tests, what_one_end_does_not_know_is_no_difference);
    tcase_add_test(tests, a_flag_that_differs_proves_two_sessions);
    tcase_add_test(tests, changed_addresses_are_noted_and_prove_nothing);
    tcase_add_test(tests, notes_have_a_limit);
}

int main(void)
{
    return suite_run("report: compared", add, setup, NULL);
}
