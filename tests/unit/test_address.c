/* Socket addresses: read, print, resolve. */
#include <string.h>

#include "net/address.h"
#include "suite.h"

static const struct {
    const char *text;
    const char *printed, *host; /* with port 443 */
} good[] = {
    {"127.0.0.1", "127.0.0.1:443", "127.0.0.1"},
    {"0.0.0.0", "0.0.0.0:443", "0.0.0.0"},
    {"255.255.255.255", "255.255.255.255:443", "255.255.255.255"},
    {"::", "[::]:443", "::"},
    {"::1", "[::1]:443", "::1"},
    {"2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:443", "2001:db8::1"},
    {"::ffff:192.0.2.1", "192.0.2.1:443", "192.0.2.1"}, /* an IPv4 client of an IPv6 socket */
    {"::192.0.2.1", "[::192.0.2.1]:443", "::192.0.2.1"},
    {"fe80::1%lo", "[fe80::1%lo]:443", "fe80::1%lo"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:443",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
};

START_TEST(an_address_is_read_and_printed)
{
    char text[ADDRESS_TEXT_SIZE];
    struct address address;

    ck_assert_msg(address_parse(good[_i].text, 443, &address) == 0, "%s", good[_i].text);
    address_print(&address, text);
    ck_assert_str_eq(text, good[_i].printed);
    address_print_host(&address, text);
    ck_assert_str_eq(text, good[_i].host);
    ck_assert_uint_eq(address_port(&address), 443);
    ck_assert_int_eq(address_is_ipv6(&address), strchr(good[_i].text, ':') != NULL);
}
END_TEST

static const char *const bad[] = {
    "",      "localhost",  "example.test", "127.0.0.256", "127.0.0.1:80",
    "[::1]", "::1::",      "127.0.0.1/8",  ":",           "1.2.3.4.5",
    "::g",   " 127.0.0.1", "127.0.0.1 ",
};

START_TEST(what_is_no_address_is_refused)
{
    struct address address;

    ck_assert_msg(address_parse(bad[_i], 443, &address) == -1, "\"%s\"", bad[_i]);
}
END_TEST

START_TEST(a_port_can_be_set)
{
    static const char *const texts[] = {"127.0.0.1", "::1"};
    static const unsigned ports[] = {0, 1, 443, 65535};

    for (int i = 0; i < COUNT(texts); i++) {
        for (int k = 0; k < COUNT(ports); k++) {
            struct address address;

            ck_assert_int_eq(address_parse(texts[i], 7, &address), 0);
            address_set_port(&address, ports[k]);
            ck_assert_uint_eq(address_port(&address), ports[k]);
        }
    }
}
END_TEST

/* Names that need a name server are no matter for a unit test. */

static const struct {
    const char *a, *b;
    unsigned port_of_b;
    bool overlap;
} pairs[] = {
    {"127.0.0.1", "127.0.0.1", 443, true},
    {"127.0.0.1", "127.0.0.1", 444, false},
    {"127.0.0.1", "127.0.0.2", 443, false},
    {"127.0.0.1", "0.0.0.0", 443, true},
    {"127.0.0.1", "::", 443, true},
    {"127.0.0.1", "::ffff:127.0.0.1", 443, true},
    {"::", "0.0.0.0", 443, true},
    {"::", "0.0.0.0", 444, false},
    {"::1", "0.0.0.0", 443, false},
    {"::1", "::", 443, true},
    {"::1", "127.0.0.1", 443, false},
    {"fe80::1", "::", 443, true},
    {"::ffff:0.0.0.0", "127.0.0.1", 443, true},
};

START_TEST(one_port_is_for_one_of_two_addresses_that_overlap)
{
    struct address a, b;

    ck_assert_int_eq(address_parse(pairs[_i].a, 443, &a), 0);
    ck_assert_int_eq(address_parse(pairs[_i].b, pairs[_i].port_of_b, &b), 0);
    ck_assert_msg(address_overlaps(&a, &b) == pairs[_i].overlap, "%s, %s", pairs[_i].a,
                  pairs[_i].b);
    ck_assert_msg(address_overlaps(&b, &a) == pairs[_i].overlap, "%s, %s", pairs[_i].b,
                  pairs[_i].a);
}
END_TEST

START_TEST(an_address_resolves_to_itself)
{
    struct address found[4];
    struct secho_error err;
    char text[ADDRESS_TEXT_SIZE];
    size_t count = 0;

    ck_assert_int_eq(address_resolve("127.0.0.1", "8443", 0, found, 4, &count, &err), 0);
    ck_assert_uint_eq(count, 1);
    address_print(&found[0], text);
    ck_assert_str_eq(text, "127.0.0.1:8443");
    ck_assert_int_eq(address_resolve("::1", "1", 6, found, 4, &count, &err), 0);
    address_print(&found[0], text);
    ck_assert_str_eq(text, "[::1]:1");
}
END_TEST

START_TEST(no_more_than_asked_for_are_given)
{
    struct address found[2] = {{.len = 0}, {.len = 77}};
    size_t count = 0;

    ck_assert_int_eq(address_resolve("localhost", "80", 0, found, 1, &count, NULL), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(found[1].len, 77);
}
END_TEST

static const struct {
    const char *host, *port;
    int family;
} unresolvable[] = {{"127.0.0.1", "80", 6}, {"::1", "80", 4}, {"127.0.0.1", "http", 0}};

START_TEST(what_does_not_resolve_says_so)
{
    struct address found[1];
    struct secho_error err = {0};
    size_t count;

    ck_assert_int_eq(address_resolve(unresolvable[_i].host, unresolvable[_i].port,
                                     unresolvable[_i].family, found, 1, &count, &err),
                     -1);
    ck_assert_int_eq(err.kind, SECHO_ERR_RESOLVE);
    ck_assert_ptr_nonnull(strstr(err.text, "resolving "));
    ck_assert_ptr_nonnull(strstr(err.text, unresolvable[_i].host));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, an_address_is_read_and_printed, 0, COUNT(good));
    tcase_add_loop_test(tests, what_is_no_address_is_refused, 0, COUNT(bad));
    tcase_add_test(tests, a_port_can_be_set);
    tcase_add_loop_test(tests, one_port_is_for_one_of_two_addresses_that_overlap, 0,
                        sizeof pairs / sizeof pairs[0]);
    tcase_add_test(tests, an_address_resolves_to_itself);
    tcase_add_test(tests, no_more_than_asked_for_are_given);
    tcase_add_loop_test(tests, what_does_not_resolve_says_so, 0, COUNT(unresolvable));
}

int main(void)
{
    return suite_run("address", add, NULL, NULL);
}
