/* The page of secho-bench: what is on it, and how it becomes a file. */
#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/page.h"
#include "bench/paper.h"
#include "bench/plot.h"
#include "results.h"
#include "suite.h"

static struct result *result;
static char *text;
static char folder[] = "/tmp/secho-page-XXXXXX";
static char path[PATH_MAX];

static void prepare(void)
{
    (void)memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/run.html", folder);
}

static void forget(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
    free(result);
    result = NULL;
    free(text);
    text = NULL;
}

static void make_page(void)
{
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    page_print(result, out);
    ck_assert_int_eq(fclose(out), 0);
}

static size_t count_of(const char *needle)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, needle)) != NULL; at++) {
        count++;
    }
    return count;
}

static int files_in_folder(void)
{
    DIR *dir = opendir(folder);
    int count = 0;

    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(dir);
    return count;
}

/* ---- text ---- */

static const struct {
    const char *plain, *html;
} escaped[] = {
    {"localhost", "localhost"},
    {"<script>", "&lt;script&gt;"},
    {"a&b \"c\" 'd'", "a&amp;b &quot;c&quot; &#39;d&#39;"},
    {"12.4 us", "12.4 µs"},
    {"1 us to 2 us: 3", "1 µs to 2 µs: 3"},
    {"usual", "usual"},
    {"Grüße", "Grüße"},
    {"\xff|", "\uFFFD|"},
    {"\xe2\x82", "\uFFFD\uFFFD"},
    {"a\x1b[1mb", "a\uFFFD[1mb"},
    {"a\u202Eb", "a\uFFFDb"},
    {"a\nb", "a b"},
};

START_TEST(nothing_that_is_said_becomes_markup)
{
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    paper_text(out, escaped[_i].plain);
    (void)fclose(out);
    ck_assert_str_eq(text, escaped[_i].html);
}
END_TEST

START_TEST(a_host_with_markup_is_shown_as_it_is)
{
    result = results_new(PLAN_ECHO);
    result->plan.way.host = "<img src=x>\"";
    make_page();
    ck_assert_ptr_null(strstr(text, "<img"));
    ck_assert_uint_ge(count_of("&lt;img src=x&gt;&quot;"), 2);
}
END_TEST

/* ---- ticks ---- */

static const struct {
    struct plot_axis axis;
    size_t wanted, count;
    double first, last;
} axes[] = {
    {{0, 10, false}, 5, 6, 0, 10},          {{0, 1, false}, 5, 6, 0, 1},
    {{0, 12345, false}, 5, 3, 0, 10000},    {{90, 1100, true}, 9, 4, 100, 1000},
    {{90, 1.1e6, true}, 5, 5, 100, 1e6},    {{0.5, 1e12, true}, 5, 5, 1, 1e12},
    {{1000, 1200, true}, 5, 5, 1000, 1200},
};

START_TEST(ticks_are_round_and_on_the_axis)
{
    double ticks[PLOT_TICKS_MAX];
    size_t count = plot_ticks(&axes[_i].axis, axes[_i].wanted, ticks);

    ck_assert_uint_eq(count, axes[_i].count);
    ck_assert_msg(fabs(ticks[0] - axes[_i].first) < 1e-6, "first %g", ticks[0]);
    ck_assert_msg(fabs(ticks[count - 1] / axes[_i].last - 1) < 1e-9, "last %g", ticks[count - 1]);
}
END_TEST

START_TEST(axes_that_have_no_width_get_one)
{
    struct plot_axis same = plot_axis_logarithmic(5, 5), none = plot_axis_logarithmic(0, 0);

    ck_assert(same.low < 5 && same.high > 5);
    ck_assert(none.low > 0 && none.high > none.low);
    ck_assert(plot_axis_from_zero(0).high > 0);
}
END_TEST

/* ---- the page ---- */

static const struct {
    enum plan_mode mode;
    size_t plots;
    const char *says;
} pages[] = {
    {PLAN_ECHO, 4, "10,000 messages a second"},
    {PLAN_STREAM, 4, "640 kB a second, each way"},
    {PLAN_HANDSHAKE, 4, "10,000 handshakes a second"},
    {PLAN_IDLE, 2, "20 connections held"},
};

START_TEST(each_mode_has_its_headline_and_its_plots)
{
    result = results_new(pages[_i].mode);
    make_page();
    ck_assert_msg(strstr(text, pages[_i].says) != NULL, "%s", pages[_i].says);
    ck_assert_uint_eq(count_of("<svg "), pages[_i].plots);
    ck_assert_uint_eq(count_of("</svg>"), pages[_i].plots);
    ck_assert_uint_ge(count_of("class=\"card\""), 5);
}
END_TEST

START_TEST(the_page_needs_nothing_but_itself)
{
    result = results_new(PLAN_ECHO);
    make_page();
    ck_assert_uint_eq(count_of("<script"), 0);
    ck_assert_uint_eq(count_of("http"), 0);
    ck_assert_uint_eq(count_of("url("), 0);
    ck_assert_uint_eq(count_of("src="), 0);
    ck_assert_uint_eq(count_of("nan"), 0);
    ck_assert_uint_eq(count_of("inf"), 0);
    ck_assert_ptr_nonnull(strstr(text, "prefers-color-scheme:dark"));
    ck_assert_ptr_nonnull(strstr(text, "@media print"));
}
END_TEST

START_TEST(a_failure_stands_where_the_proof_would)
{
    result = results_refused();
    make_page();
    ck_assert_ptr_nonnull(strstr(text, "Nothing was measured"));
    ck_assert_ptr_nonnull(strstr(text, "nobody listens there"));
    ck_assert_ptr_null(strstr(text, "came back unchanged"));
    ck_assert_uint_eq(count_of("<svg "), 0);
}
END_TEST

START_TEST(one_message_is_enough_for_a_page)
{
    result = results_new(PLAN_ECHO);
    result->tally = (struct tally){.messages = 1, .bytes = 64, .opened = 1};
    result->measured_s = 0.01;
    histogram_add(&result->tally.latency, 0);
    make_page();
    ck_assert_uint_eq(count_of("<svg "), 2);
    ck_assert_uint_eq(count_of("nan"), 0);
    ck_assert_uint_eq(count_of("inf"), 0);
}
END_TEST

/* ---- the file ---- */

START_TEST(a_page_is_there_as_a_whole_and_alone)
{
    char line[32] = "";

    result = results_new(PLAN_ECHO);
    ck_assert_int_eq(page_save(result, path, NULL), 0);
    FILE *in = fopen(path, "r");

    ck_assert_ptr_nonnull(in);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, in));
    (void)fclose(in);
    ck_assert_str_eq(line, "<!DOCTYPE html>\n");
    ck_assert_int_eq(files_in_folder(), 1);
}
END_TEST

START_TEST(looking_whether_a_page_can_be_made_leaves_nothing)
{
    ck_assert_int_eq(page_check(path, NULL), 0);
    ck_assert_int_eq(files_in_folder(), 0);
}
END_TEST

START_TEST(a_place_that_cannot_be_is_told_before_and_after)
{
    struct secho_error err;

    result = results_new(PLAN_ECHO);
    ck_assert_int_eq(page_check("/nonexistent/run.html", &err), -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_SYSTEM);
    ck_assert_str_eq(err.text, "--html /nonexistent/run.html: No such file or directory");
    ck_assert_int_eq(page_save(result, "/nonexistent/run.html", &err), -1);
    ck_assert_int_eq(page_check("/dev/null", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "no regular file"));
    ck_assert_int_eq(page_save(result, folder, &err), -1);
    ck_assert_int_eq(files_in_folder(), 0);
}
END_TEST

START_TEST(a_symbolic_link_stays_one)
{
    char link[PATH_MAX + 8];
    struct stat status;

    result = results_new(PLAN_ECHO);
    (void)snprintf(link, sizeof link, "%s.link", path);
    (void)fclose(fopen(path, "w"));
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_int_eq(page_save(result, link, NULL), 0);
    ck_assert_int_eq(lstat(link, &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_gt(status.st_size, 1000);
    (void)unlink(link);
}
END_TEST

START_TEST(a_symbolic_link_to_nothing_is_refused_and_stays)
{
    char link[PATH_MAX + 8];
    struct secho_error err;
    struct stat status;

    result = results_new(PLAN_ECHO);
    (void)snprintf(link, sizeof link, "%s.link", path);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_int_eq(page_check(link, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "leads nowhere"));
    ck_assert_int_eq(page_save(result, link, &err), -1);
    ck_assert_int_eq(lstat(link, &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    ck_assert_int_eq(files_in_folder(), 1);
    (void)unlink(link);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, nothing_that_is_said_becomes_markup, 0, COUNT(escaped));
    tcase_add_test(tests, a_host_with_markup_is_shown_as_it_is);
    tcase_add_loop_test(tests, ticks_are_round_and_on_the_axis, 0, COUNT(axes));
    tcase_add_test(tests, axes_that_have_no_width_get_one);
    tcase_add_loop_test(tests, each_mode_has_its_headline_and_its_plots, 0, COUNT(pages));
    tcase_add_test(tests, the_page_needs_nothing_but_itself);
    tcase_add_test(tests, a_failure_stands_where_the_proof_would);
    tcase_add_test(tests, one_message_is_enough_for_a_page);
    tcase_add_test(tests, a_page_is_there_as_a_whole_and_alone);
    tcase_add_test(tests, looking_whether_a_page_can_be_made_leaves_nothing);
    tcase_add_test(tests, a_place_that_cannot_be_is_told_before_and_after);
    tcase_add_test(tests, a_symbolic_link_stays_one);
    tcase_add_test(tests, a_symbolic_link_to_nothing_is_refused_and_stays);
}

int main(void)
{
    return suite_run("bench page", add_tests, prepare, forget);
}
