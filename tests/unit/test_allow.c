/* The lists of those who may come in, against what a certificate says. */
#include "tls/allow.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "credentials.h"
#include "suite.h"

static X509 *certificate; /* CN "secho unit test", DNS a.test and *.w.test, URI spiffe://a/b */
static EVP_PKEY *key;
static char digest[65];
static struct allow allow;

static void add_alternative_names(void)
{
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
                                                "DNS:a.test,DNS:*.w.test,URI:spiffe://a/b");

    ck_assert_ptr_nonnull(names);
    ck_assert_int_eq(X509_add_ext(certificate, names, -1), 1);
    X509_EXTENSION_free(names);
}

static void find_digest(void)
{
    unsigned char *der = NULL, bytes[32];
    int len = i2d_PUBKEY(key, &der);

    ck_assert_int_eq(EVP_Digest(der, (size_t)len, bytes, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < sizeof bytes; i++) {
        (void)snprintf(digest + 2 * i, 3, "%02X", bytes[i]);
    }
    OPENSSL_free(der);
}

static void setup(void)
{
    key = credentials_new_key("EC");
    certificate = credentials_new_certificate(key);
    add_alternative_names();
    find_digest();
    allow = (struct allow){0};
}

static void teardown(void)
{
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static const struct {
    enum allow_rule rule;
    const char *entry;
    bool admitted;
} cases[] = {
    {ALLOW_DNS, "a.test", true},
    {ALLOW_DNS, "A.TEST", true},
    {ALLOW_DNS, "*.test", true},
    {ALLOW_DNS, "*.w.test", true}, /* the very same words */
    {ALLOW_DNS, "b.test", false},
    {ALLOW_DNS, "test", false},
    {ALLOW_DNS, "x.w.test", false}, /* a wildcard of theirs opens nothing */
    {ALLOW_DNS, "*", false},
    {ALLOW_DNS, "secho unit test", false}, /* a common name is no DNS name */
    {ALLOW_URI, "spiffe://a/b", true},
    {ALLOW_URI, "spiffe://a/B", false},
    {ALLOW_URI, "spiffe://a/", false},
    {ALLOW_URI, "a.test", false},
    {ALLOW_CN, "secho unit test", true},
    {ALLOW_CN, "Secho unit test", false},
    {ALLOW_CN, "a.test", false},
    {ALLOW_SPKI_SHA256, digest, true},
    {ALLOW_SPKI_SHA256, "0000000000000000000000000000000000000000000000000000000000000000", false},
};

START_TEST(an_entry_admits_or_not)
{
    char *entry = (char *)cases[_i].entry;

    allow.lists[cases[_i].rule] = (struct allow_list){&entry, 1};
    ck_assert_msg(allow_admits(&allow, certificate) == cases[_i].admitted, "%s", entry);
}
END_TEST

START_TEST(without_any_entry_every_certificate_is_admitted)
{
    ck_assert(allow_admits(&allow, certificate));
}
END_TEST

START_TEST(any_entry_of_any_list_is_enough)
{
    char *dns[] = {(char *)"b.test", (char *)"c.test"},
         *cn[] = {(char *)"x", (char *)"secho unit test"};

    allow.lists[ALLOW_DNS] = (struct allow_list){dns, 2};
    ck_assert(!allow_admits(&allow, certificate));
    allow.lists[ALLOW_CN] = (struct allow_list){cn, 2};
    ck_assert(allow_admits(&allow, certificate));
}
END_TEST

START_TEST(a_word_with_a_nul_inside_never_counts)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    char *entry = (char *)"admin";

    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"admin\0.evil",
                               11, -1, 0);
    allow.lists[ALLOW_CN] = (struct allow_list){&entry, 1};
    ck_assert(!allow_admits(&allow, certificate));
}
END_TEST

START_TEST(what_would_admit_it_is_told)
{
    char text[400];

    allow_describe(certificate, text, sizeof text);
    ck_assert_msg(strstr(text,
                         "dns \"a.test\", dns \"*.w.test\", uri \"spiffe://a/b\", cn \"secho unit "
                         "test\", spki_sha256 \"") == text,
                  "%s", text);
}
END_TEST

START_TEST(what_does_not_fit_is_left_out_whole)
{
    char text[24];

    allow_describe(certificate, text, sizeof text);
    ck_assert_str_eq(text, "dns \"a.test\"");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, an_entry_admits_or_not, 0, COUNT(cases));
    tcase_add_test(tests, without_any_entry_every_certificate_is_admitted);
    tcase_add_test(tests, any_entry_of_any_list_is_enough);
    tcase_add_test(tests, a_word_with_a_nul_inside_never_counts);
    tcase_add_test(tests, what_would_admit_it_is_told);
    tcase_add_test(tests, what_does_not_fit_is_left_out_whole);
}

int main(void)
{
    return suite_run("allow", add, setup, teardown);
}
