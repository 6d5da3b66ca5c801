/* What a listener accepts, in words: its lists, as far as its certificates can do them. */
#include "tls/accepted.h"

#include <string.h>

#include "credentials.h"
#include "suite.h"
#include "tls/context.h"
#include "tls/stream.h"

#define SUITES_13 "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256"
#define SUITES_ECDSA                                                                               \
    "ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305"

static struct credentials credentials;
static struct context_pair pair;
static struct context_settings settings;
static SSL_CTX *context;
static SSL *tls;

static void setup(void)
{
    credentials_make(&credentials);
    pair = (struct context_pair){.chain = credentials.chain, .key = credentials.key};
    settings = (struct context_settings){.pairs = &pair,
                                         .pair_count = 1,
                                         .min_version = TLS1_2_VERSION,
                                         .max_version = TLS1_3_VERSION,
                                         .ciphers = "",
                                         .ciphersuites = "",
                                         .groups = "X25519:P-256",
                                         .signature_algorithms = "",
                                         .tickets = 1};
    context = NULL;
    tls = NULL;
}

static void teardown(void)
{
    SSL_free(tls);
    SSL_CTX_free(context);
    credentials_remove(&credentials);
}

static const char *accepted(void)
{
    struct context_problem problem;

    ck_assert_msg(context_server(&settings, &context, &problem, 1) == 0, "%s", problem.err.text);
    tls = context_accept(context, BIO_new(BIO_s_mem()));
    ck_assert_ptr_nonnull(tls);
    return accepted_of(tls);
}

static void use_ed25519(void)
{
    EVP_PKEY *key = credentials_new_key("ED25519");
    X509 *certificate = credentials_new_certificate(key);

    credentials_write_certificate(credentials.chain, certificate, "w");
    credentials_write_key(credentials.key, key, NULL);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

START_TEST(the_defaults_of_a_p256_certificate)
{
    ck_assert_str_eq(accepted(), "versions TLSv1.3 TLSv1.2; groups X25519 P-256; "
                                 "signatures ecdsa_secp256r1_sha256; "
                                 "signatures(TLSv1.2) ecdsa_secp384r1_sha384 "
                                 "ecdsa_secp521r1_sha512; suites " SUITES_13 " " SUITES_ECDSA);
}
END_TEST

START_TEST(tls_1_3_alone)
{
    settings.min_version = TLS1_3_VERSION;
    ck_assert_str_eq(accepted(), "versions TLSv1.3; groups X25519 P-256; "
                                 "signatures ecdsa_secp256r1_sha256; suites " SUITES_13);
}
END_TEST

START_TEST(tls_1_2_alone)
{
    settings.max_version = TLS1_2_VERSION;
    ck_assert_str_eq(accepted(), "versions TLSv1.2; groups X25519 P-256; "
                                 "signatures ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 "
                                 "ecdsa_secp521r1_sha512; suites " SUITES_ECDSA);
}
END_TEST

START_TEST(an_ed25519_key_goes_with_the_suites_of_ecdsa)
{
    use_ed25519();
    ck_assert_str_eq(accepted(), "versions TLSv1.3 TLSv1.2; groups X25519 P-256; "
                                 "signatures ed25519; suites " SUITES_13 " " SUITES_ECDSA);
}
END_TEST

START_TEST(lists_of_ones_own_in_whatever_words)
{
    settings.groups = "secp384r1:P-256";
    settings.signature_algorithms = "RSA+SHA256:ECDSA+SHA256";
    settings.ciphersuites = "TLS_AES_256_GCM_SHA384";
    settings.ciphers = "ECDHE+AESGCM:!AES256";
    ck_assert_str_eq(accepted(), "versions TLSv1.3 TLSv1.2; groups P-384 P-256; "
                                 "signatures ecdsa_secp256r1_sha256; suites "
                                 "TLS_AES_256_GCM_SHA384 ECDHE-ECDSA-AES128-GCM-SHA256");
}
END_TEST

START_TEST(protocols_are_told_where_there_is_a_list)
{
    char *names[] = {(char[]){"h2"}, (char[]){"a b"}};

    settings.alpn = names;
    settings.alpn_count = 2;
    settings.report = true;
    ck_assert_ptr_nonnull(strstr(accepted(), "; alpn h2 a\\x20b secho-report/1; groups "));
}
END_TEST

START_TEST(a_report_alone_excludes_no_protocol)
{
    settings.report = true;
    ck_assert_ptr_null(strstr(accepted(), "alpn"));
}
END_TEST

START_TEST(names_are_told_where_unknown_ones_are_refused)
{
    char *names[] = {(char[]){"b.test"}, (char[]){"*.a.test"}};

    pair.names = names;
    pair.name_count = 2;
    settings.refuse_unknown_names = true;
    ck_assert_ptr_nonnull(strstr(accepted(), "; names *.a.test b.test; groups "));
}
END_TEST

START_TEST(ten_names_are_enough)
{
    char *names[] = {(char[]){"a"}, (char[]){"b"}, (char[]){"c"}, (char[]){"d"},
                     (char[]){"e"}, (char[]){"f"}, (char[]){"g"}, (char[]){"h"},
                     (char[]){"i"}, (char[]){"j"}, (char[]){"k"}};

    pair.names = names;
    pair.name_count = COUNT(names);
    settings.refuse_unknown_names = true;
    ck_assert_ptr_nonnull(strstr(accepted(), "; names a b c d e f g h i j ...; groups "));
}
END_TEST

START_TEST(a_context_that_is_no_listeners_accepts_nothing)
{
    SSL_CTX *other = SSL_CTX_new(TLS_server_method());
    SSL *stranger;

    (void)accepted();
    stranger = SSL_new(other);
    ck_assert_str_eq(accepted_of(stranger), "");
    SSL_free(stranger);
    SSL_CTX_free(other);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, the_defaults_of_a_p256_certificate);
    tcase_add_test(tests, tls_1_3_alone);
    tcase_add_test(tests, tls_1_2_alone);
    tcase_add_test(tests, an_ed25519_key_goes_with_the_suites_of_ecdsa);
    tcase_add_test(tests, lists_of_ones_own_in_whatever_words);
    tcase_add_test(tests, protocols_are_told_where_there_is_a_list);
    tcase_add_test(tests, a_report_alone_excludes_no_protocol);
    tcase_add_test(tests, names_are_told_where_unknown_ones_are_refused);
    tcase_add_test(tests, ten_names_are_enough);
    tcase_add_test(tests, a_context_that_is_no_listeners_accepts_nothing);
}

int main(void)
{
    return suite_run("accepted", add, setup, teardown);
}
