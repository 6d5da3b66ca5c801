/* Addresses with the same first bits. */
#include <string.h>

#include "net/prefix.h"
#include "suite.h"

static const struct {
    const char *prefix, *address;
    bool has;
} cases[] = {
    {"10.0.0.0/8", "10.0.0.0", true},
    {"10.0.0.0/8", "10.255.255.255", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"10.0.0.0/8", "9.255.255.255", false},
    {"172.16.0.0/12", "172.31.255.255", true},
    {"172.16.0.0/12", "172.32.0.0", false},
    {"192.0.2.7", "192.0.2.7", true},
    {"192.0.2.7", "192.0.2.6", false},
    {"192.0.2.7/32", "192.0.2.7", true},
    {"192.0.2.6/31", "192.0.2.7", true},
    {"0.0.0.0/0", "255.255.255.255", true},
    {"0.0.0.0/0", "::1", false},
    {"10.0.0.0/8", "::ffff:10.1.2.3", true}, /* as an IPv6 socket has it */
    {"10.0.0.0/8", "::ffff:11.1.2.3", false},
    {"10.0.0.0/8", "::10.1.2.3", false},
    {"::ffff:10.0.0.0/104", "10.1.2.3", true},
    {"fd00::/8", "fd12:3456::1", true},
    {"fd00::/8", "fc00::1", false},
    {"fe80::/10", "febf::1", true},
    {"fe80::/10", "fec0::1", false},
    {"2001:db8::1", "2001:db8::1", true},
    {"2001:db8::1", "2001:db8::2", false},
    {"2001:db8::/127", "2001:db8::1", true},
    {"2001:db8::/127", "2001:db8::2", false},
    {"::1/128", "::1", true},
    {"::/0", "2001:db8::1", true},
    {"::/0", "192.0.2.1", true}, /* "::" stands for both, as it does for listeners */
};

START_TEST(it_has_those_addresses_and_no_others)
{
    struct prefix prefix;
    struct address address;
    const char *why = NULL;

    ck_assert_msg(prefix_parse(cases[_i].prefix, &prefix, &why) == 0, "%s: %s", cases[_i].prefix,
                  why);
    ck_assert_int_eq(address_parse(cases[_i].address, 443, &address), 0);
    ck_assert_msg(prefix_has(&prefix, &address) == cases[_i].has, "%s in %s", cases[_i].address,
                  cases[_i].prefix);
}
END_TEST

START_TEST(what_is_no_internet_address_is_in_none)
{
    struct address address = {.any.sa_family = AF_UNIX};
    struct prefix prefix;
    const char *why;

    ck_assert_int_eq(prefix_parse("::/0", &prefix, &why), 0);
    ck_assert(!prefix_has(&prefix, &address));
}
END_TEST

#define NO_PREFIX  "must be an address or a prefix"
#define BITS_AFTER "must have no bits behind its length"

static const struct {
    const char *text, *why;
} bad[] = {
    {"", NO_PREFIX},
    {"/", NO_PREFIX},
    {"/8", NO_PREFIX},
    {"localhost", NO_PREFIX},
    {"10.0.0.0/", NO_PREFIX},
    {"10.0.0.0/33", NO_PREFIX},
    {"10.0.0.0/-1", NO_PREFIX},
    {"10.0.0.0/+8", NO_PREFIX},
    {"10.0.0.0/ 8", NO_PREFIX},
    {"10.0.0.0/8 ", NO_PREFIX},
    {"10.0.0.0/8/8", NO_PREFIX},
    {"10.0.0.0/0008", NO_PREFIX},
    {"10.0.0.0/99999999999999999999", NO_PREFIX},
    {"10.0.0/8", NO_PREFIX},
    {"10/8", NO_PREFIX},
    {"010.0.0.0/8", NO_PREFIX},
    {"10.0.0.0/255.0.0.0", NO_PREFIX},
    {" 10.0.0.0/8", NO_PREFIX},
    {"::/129", NO_PREFIX},
    {"[::1]", NO_PREFIX},
    {"fe80::1%lo", NO_PREFIX},
    {"1111:2222:3333:4444:5555:6666:7777:8888:9999", NO_PREFIX},
    {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", NO_PREFIX},
    {"10.1.2.3/8", BITS_AFTER},
    {"10.0.0.1/31", BITS_AFTER},
    {"0.0.0.1/0", BITS_AFTER},
    {"fd00::1/8", BITS_AFTER},
    {"::1/127", BITS_AFTER},
};

START_TEST(what_is_no_prefix_is_refused_in_words)
{
    struct prefix prefix = {.bits = 7};
    const char *why = NULL;

    ck_assert_msg(prefix_parse(bad[_i].text, &prefix, &why) == -1, "\"%s\"", bad[_i].text);
    ck_assert_msg(strstr(why, bad[_i].why) == why, "\"%s\": %s", bad[_i].text, why);
    ck_assert_uint_eq(prefix.bits, 7);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, it_has_those_addresses_and_no_others, 0, COUNT(cases));
    tcase_add_test(tests, what_is_no_internet_address_is_in_none);
    tcase_add_loop_test(tests, what_is_no_prefix_is_refused_in_words, 0, COUNT(bad));
}

int main(void)
{
    return suite_run("prefix", add, NULL, NULL);
}
