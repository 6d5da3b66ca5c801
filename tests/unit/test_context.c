/* Settings to a server's SSL_CTX, and every reason why not. */
#include "tls/context.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "credentials.h"
#include "suite.h"

#define MAX 8

static struct credentials credentials;
static struct context_pair pairs[10];
static struct context_settings settings;
static struct context_problem problems[MAX];
static SSL_CTX *context; /* what was made, or NULL */

static void setup(void)
{
    credentials_make(&credentials);
    pairs[0] = (struct context_pair){.chain = credentials.chain, .key = credentials.key};
    settings = (struct context_settings){.pairs = pairs,
                                         .pair_count = 1,
                                         .min_version = TLS1_2_VERSION,
                                         .max_version = TLS1_3_VERSION,
                                         .ciphers = "",
                                         .ciphersuites = "",
                                         .groups = "",
                                         .signature_algorithms = "",
                                         .tickets = 1};
    context = NULL;
}

static void teardown(void)
{
    SSL_CTX_free(context);
    credentials_remove(&credentials);
}

static void assert_made(void)
{
    size_t count = context_server(&settings, &context, problems, MAX);

    ck_assert_msg(count == 0, "%s", problems[0].err.text);
    ck_assert_ptr_nonnull(context);
}

/* Nothing is made; the only problem is about `setting` and says `words`. */
static void assert_refused(enum context_setting setting, size_t pair, const char *words)
{
    size_t count = context_server(&settings, &context, problems, MAX);

    ck_assert_ptr_null(context);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(problems[0].setting, setting);
    ck_assert_uint_eq(problems[0].pair, pair);
    ck_assert_msg(strstr(problems[0].err.text, words) != NULL, "%s", problems[0].err.text);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

static void write_pair(size_t index, const char *type)
{
    static char names[COUNT(pairs)][2][128];
    EVP_PKEY *key = credentials_new_key(type);
    X509 *certificate = credentials_new_certificate(key);

    snprintf(names[index][0], sizeof names[0][0], "%s/%zu.pem", credentials.folder, index);
    snprintf(names[index][1], sizeof names[0][0], "%s/%zu.key", credentials.folder, index);
    pairs[index] = (struct context_pair){.chain = names[index][0], .key = names[index][1]};
    credentials_write_certificate(pairs[index].chain, certificate, "w");
    credentials_write_key(pairs[index].key, key, NULL);
    settings.pair_count = index + 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* ---- what is made ---- */

START_TEST(a_context_holds_what_was_set)
{
    settings.tickets = 3;
    settings.min_version = TLS1_3_VERSION;
    assert_made();
    ck_assert_ptr_nonnull(SSL_CTX_get0_certificate(context));
    ck_assert_int_eq(SSL_CTX_check_private_key(context), 1);
    ck_assert_int_eq(SSL_CTX_get_min_proto_version(context), TLS1_3_VERSION);
    ck_assert_int_eq(SSL_CTX_get_max_proto_version(context), TLS1_3_VERSION);
    ck_assert_uint_eq(SSL_CTX_get_num_tickets(context), 3);
}
END_TEST

START_TEST(nothing_is_compressed_renegotiated_or_kept_for_a_session)
{
    assert_made();
    ck_assert_uint_ne(SSL_CTX_get_options(context) & SSL_OP_NO_COMPRESSION, 0);
    ck_assert_uint_ne(SSL_CTX_get_options(context) & SSL_OP_NO_RENEGOTIATION, 0);
    ck_assert_int_eq(SSL_CTX_get_session_cache_mode(context), SSL_SESS_CACHE_OFF);
    ck_assert_int_eq(SSL_CTX_get_mode(context) & SSL_MODE_AUTO_RETRY, 0); /* floods are counted */
    ck_assert_int_ne(SSL_CTX_get_mode(context) & SSL_MODE_RELEASE_BUFFERS, 0);
}
END_TEST

START_TEST(lists_that_are_empty_or_absent_are_the_defaults)
{
    settings.ciphers = settings.ciphersuites = NULL;
    settings.groups = settings.signature_algorithms = NULL;
    assert_made();
}
END_TEST

START_TEST(a_list_is_used)
{
    settings.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
    settings.ciphersuites = "TLS_AES_256_GCM_SHA384";
    settings.groups = "P-256";
    settings.signature_algorithms = "ecdsa_secp256r1_sha256";
    assert_made();
    ck_assert_int_eq(sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(context)), 2);
}
END_TEST

START_TEST(a_list_of_ciphers_may_have_operators)
{
    settings.ciphers = "HIGH:!aNULL:-SHA1:+ECDHE @STRENGTH";
    assert_made();
}
END_TEST

START_TEST(the_rest_of_the_file_is_the_chain)
{
    STACK_OF(X509) *chain = NULL;
    EVP_PKEY *key = credentials_new_key("EC");
    X509 *issuer = credentials_new_certificate(key);

    credentials_write_certificate(credentials.chain, issuer, "a");
    credentials_write_certificate(credentials.chain, issuer, "a");
    assert_made();
    SSL_CTX_get_extra_chain_certs(context, &chain);
    ck_assert_int_eq(sk_X509_num(chain), 2);
    ck_assert_int_eq(X509_cmp(sk_X509_value(chain, 0), issuer), 0);
    X509_free(issuer);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(certificates_with_keys_of_different_types_live_together)
{
    write_pair(1, "ED25519");
    assert_made();
    int count = 0;

    for (long at = SSL_CERT_SET_FIRST; SSL_CTX_set_current_cert(context, at) == 1;
         at = SSL_CERT_SET_NEXT) {
        count++;
    }
    ck_assert_int_eq(count, 2);
}
END_TEST

/* ---- by name ---- */

static char *of_a[] = {(char *)"a.test"}, *of_b[] = {(char *)"*.b.test", (char *)"b.test"};

/* The default is for a.test, the second for b.test and what is below it. */
static void serve_two_names(void)
{
    write_pair(1, "EC");
    pairs[0].names = of_a;
    pairs[0].name_count = 1;
    pairs[1].names = of_b;
    pairs[1].name_count = 2;
}

/* Shakes hands with a client that asks for `name`; the client's end, or NULL when refused. */
static SSL *ask_for(const char *name)
{
    SSL_CTX *client_context = SSL_CTX_new(TLS_client_method());
    SSL *server = SSL_new(context), *client = SSL_new(client_context);
    BIO *here = NULL, *there = NULL;

    SSL_CTX_free(client_context);
    ck_assert_int_eq(BIO_new_bio_pair(&here, 65536, &there, 65536), 1);
    SSL_set_bio(server, here, here);
    SSL_set_bio(client, there, there);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    ck_assert_int_eq(SSL_set_tlsext_host_name(client, name), 1);
    for (int i = 0; i < 4; i++) {
        (void)SSL_do_handshake(client);
        (void)SSL_do_handshake(server);
    }
    bool done = SSL_is_init_finished(client) && SSL_is_init_finished(server);

    ERR_clear_error();
    SSL_free(server);
    if (!done) {
        SSL_free(client);
        return NULL;
    }
    return client;
}

static const struct {
    const char *name;
    size_t pair;
} asked[] = {
    {"a.test", 0}, {"b.test", 1}, {"B.test", 1}, {"x.b.test", 1}, {"x.y.b.test", 0}, {"c.test", 0},
};

START_TEST(a_name_is_answered_with_its_certificate)
{
    serve_two_names();
    assert_made();
    SSL *client = ask_for(asked[_i].name);
    X509 *got = client != NULL ? SSL_get0_peer_certificate(client) : NULL;
    FILE *file = fopen(pairs[asked[_i].pair].chain, "r");
    X509 *wanted = PEM_read_X509(file, NULL, NULL, NULL);

    fclose(file);
    ck_assert_ptr_nonnull(got);
    ck_assert_msg(X509_cmp(got, wanted) == 0, "%s", asked[_i].name);
    X509_free(wanted);
    SSL_free(client);
}
END_TEST

START_TEST(an_unknown_name_is_refused_where_that_is_wanted)
{
    serve_two_names();
    settings.refuse_unknown_names = true;
    assert_made();
    SSL *known = ask_for("a.test");

    ck_assert_ptr_nonnull(known);
    SSL_free(known);
    ck_assert_ptr_null(ask_for("c.test"));
}
END_TEST

START_TEST(a_connection_of_it_waits_to_accept)
{
    assert_made();
    SSL *tls = context_accept(context, BIO_new(BIO_s_mem()));

    ck_assert_ptr_nonnull(tls);
    ck_assert_int_eq(SSL_is_server(tls), 1);
    SSL_free(tls);
}
END_TEST

/* ---- what is refused: files ---- */

START_TEST(a_chain_that_is_not_there_is_an_error_of_the_file)
{
    pairs[0].chain = credentials_path(&credentials, "none.pem");
    assert_refused(CONTEXT_CHAIN, 0, "none.pem: cannot be read: No such file or directory");
    ck_assert_int_eq(problems[0].err.kind, SECHO_ERR_FILE);
    ck_assert_int_eq(problems[0].err.os_errno, ENOENT);
}
END_TEST

START_TEST(a_chain_without_a_certificate_says_what_is_expected)
{
    credentials_write_text(credentials.chain, "hello\n");
    assert_refused(CONTEXT_CHAIN, 0, "no certificate in PEM form");
    ck_assert_int_eq(problems[0].err.kind, SECHO_ERR_CONFIG);
}
END_TEST

START_TEST(a_key_that_stands_for_the_chain_is_no_certificate)
{
    pairs[0].chain = credentials.key;
    assert_refused(CONTEXT_CHAIN, 0, "no certificate in PEM form");
}
END_TEST

START_TEST(a_chain_that_is_broken_behind_its_first_certificate_is_refused)
{
    FILE *file = fopen(credentials.chain, "a");

    fputs("-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n", file);
    fclose(file);
    assert_refused(CONTEXT_CHAIN, 0, "certificate 2 in this file is damaged");
}
END_TEST

START_TEST(words_behind_the_certificates_are_fine)
{
    FILE *file = fopen(credentials.chain, "a");

    fputs("\n# issued by the test\n", file);
    fclose(file);
    assert_made();
}
END_TEST

START_TEST(a_key_that_is_not_there_is_an_error_of_the_file)
{
    pairs[0].key = credentials_path(&credentials, "none.key");
    assert_refused(CONTEXT_KEY, 0, "none.key: cannot be read: No such file or directory");
    ck_assert_int_eq(problems[0].err.kind, SECHO_ERR_FILE);
}
END_TEST

START_TEST(a_key_of_another_certificate_is_named_with_it)
{
    EVP_PKEY *key = credentials_new_key("EC");

    credentials_write_key(credentials.key, key, NULL);
    EVP_PKEY_free(key);
    assert_refused(CONTEXT_KEY, 0, "this key does not belong to the certificate in ");
    ck_assert_ptr_nonnull(strstr(problems[0].err.text, credentials.chain));
    ck_assert_ptr_nonnull(strstr(problems[0].err.text, credentials.key));
}
END_TEST

START_TEST(a_key_of_another_type_is_no_better)
{
    EVP_PKEY *key = credentials_new_key("ED25519");

    credentials_write_key(credentials.key, key, NULL);
    EVP_PKEY_free(key);
    assert_refused(CONTEXT_KEY, 0, "this key does not belong to the certificate in ");
}
END_TEST

START_TEST(a_second_certificate_of_one_type_needs_a_name_of_its_own)
{
    write_pair(1, "EC");
    assert_refused(CONTEXT_CHAIN, 1, "no client would ever get this certificate");
}
END_TEST

/* ---- what is refused: lists ---- */

static const struct {
    enum context_setting setting;
    const char *list, *unknown;
} lists[] = {
    {CONTEXT_CIPHERS, "NO-SUCH-CIPHER", "NO-SUCH-CIPHER"},
    {CONTEXT_CIPHERS, "ECDHE-ECDSA-AES128-GCM-SHA256:NO-SUCH-CIPHER", "NO-SUCH-CIPHER"},
    {CONTEXT_CIPHERS, "NO-SUCH-CIPHER, HIGH", "NO-SUCH-CIPHER"},
    /* of TLS 1.3: another list */
    {CONTEXT_CIPHERS, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"},
    {CONTEXT_CIPHERSUITES, "TLS_NO_SUCH_SUITE", "TLS_NO_SUCH_SUITE"},
    {CONTEXT_CIPHERSUITES, "TLS_AES_128_GCM_SHA256:TLS_NO_SUCH_SUITE", "TLS_NO_SUCH_SUITE"},
    {CONTEXT_GROUPS, "no-such-group", "no-such-group"},
    {CONTEXT_GROUPS, "P-256:no-such-group:P-384:nor-this", "no-such-group"},
    {CONTEXT_SIGNATURE_ALGORITHMS, "no_such_algorithm", "no_such_algorithm"},
    {CONTEXT_SIGNATURE_ALGORITHMS, "ecdsa_secp256r1_sha256:no_such:nor_this", "no_such"},
};

static void set_list(enum context_setting setting, const char *list)
{
    switch (setting) {
    case CONTEXT_CIPHERS:
        settings.ciphers = list;
        break;
    case CONTEXT_CIPHERSUITES:
        settings.ciphersuites = list;
        break;
    case CONTEXT_GROUPS:
        settings.groups = list;
        break;
    case CONTEXT_SIGNATURE_ALGORITHMS:
        settings.signature_algorithms = list;
        break;
    case CONTEXT_OTHER:
    case CONTEXT_CHAIN:
    case CONTEXT_KEY:
    case CONTEXT_OCSP:
    case CONTEXT_KEY_LOG:
    case CONTEXT_SETTINGS:
    case CONTEXT_CLIENT_CA:
    case CONTEXT_CLIENT_CRL:
    case CONTEXT_TICKET_KEYS:
        ck_abort();
    }
}

START_TEST(the_first_name_that_openssl_does_not_know_is_told)
{
    char words[100];

    set_list(lists[_i].setting, lists[_i].list);
    (void)snprintf(words, sizeof words, " does not know \"%s\"", lists[_i].unknown);
    assert_refused(lists[_i].setting, 0, words);
    ck_assert_ptr_nonnull(strstr(problems[0].err.text, "OpenSSL 3"));
    ck_assert_ptr_null(strstr(problems[0].err.text, "has it"));
}
END_TEST

static const struct {
    enum context_setting setting;
    const char *list, *newer, *release;
    unsigned long since;
} newer_lists[] = {
    {CONTEXT_GROUPS, "X25519MLKEM768", "X25519MLKEM768", "3.5", 0x30500000L},
    {CONTEXT_GROUPS, "X25519:SecP256r1MLKEM768:SecP384r1MLKEM1024", "SecP256r1MLKEM768", "3.5",
     0x30500000L},
    {CONTEXT_GROUPS, "P-256:MLKEM1024", "MLKEM1024", "3.5", 0x30500000L},
    {CONTEXT_SIGNATURE_ALGORITHMS, "ecdsa_secp256r1_sha256:mldsa65", "mldsa65", "3.5", 0x30500000L},
    {CONTEXT_GROUPS, "P-256:brainpoolP256r1tls13", "brainpoolP256r1tls13", "3.2", 0x30200000L},
};

START_TEST(a_name_that_only_a_newer_openssl_knows_is_told_as_such)
{
    char words[100];

    set_list(newer_lists[_i].setting, newer_lists[_i].list);
    if (OpenSSL_version_num() >= newer_lists[_i].since) {
        ck_assert_uint_eq(context_server(&settings, &context, problems, MAX), 0);
        return;
    }
    (void)snprintf(words, sizeof words, " does not know \"%s\"; OpenSSL %s has it",
                   newer_lists[_i].newer, newer_lists[_i].release);
    assert_refused(newer_lists[_i].setting, 0, words);
}
END_TEST

START_TEST(a_list_without_a_name_is_refused_too)
{
    settings.groups = ":";
    assert_refused(CONTEXT_GROUPS, 0, "cannot use the list \":\"");
}
END_TEST

START_TEST(all_problems_are_told_in_one_go)
{
    settings.ciphers = "NO-SUCH-CIPHER";
    settings.groups = "no-such-group";
    pairs[0].chain = credentials_path(&credentials, "none.pem");
    pairs[0].key = credentials_path(&credentials, "none.key");
    ck_assert_uint_eq(context_server(&settings, &context, problems, MAX), 4);
    ck_assert_ptr_null(context);
    ck_assert_int_eq(problems[0].setting, CONTEXT_CIPHERS);
    ck_assert_int_eq(problems[1].setting, CONTEXT_GROUPS);
    ck_assert_int_eq(problems[2].setting, CONTEXT_CHAIN);
    ck_assert_int_eq(problems[3].setting, CONTEXT_KEY);
}
END_TEST

START_TEST(but_no_more_than_there_is_room_for)
{
    settings.ciphers = "NO-SUCH-CIPHER";
    settings.groups = "no-such-group";
    pairs[0].chain = credentials_path(&credentials, "none.pem");
    problems[2].err.text[0] = '\0';
    ck_assert_uint_eq(context_server(&settings, &context, problems, 2), 2);
    ck_assert_ptr_null(context);
    ck_assert_str_eq(problems[2].err.text, "");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_context_holds_what_was_set);
    tcase_add_test(tests, nothing_is_compressed_renegotiated_or_kept_for_a_session);
    tcase_add_test(tests, lists_that_are_empty_or_absent_are_the_defaults);
    tcase_add_test(tests, a_list_is_used);
    tcase_add_test(tests, a_list_of_ciphers_may_have_operators);
    tcase_add_test(tests, the_rest_of_the_file_is_the_chain);
    tcase_add_test(tests, certificates_with_keys_of_different_types_live_together);
    tcase_add_test(tests, a_connection_of_it_waits_to_accept);
    tcase_add_test(tests, a_chain_that_is_not_there_is_an_error_of_the_file);
    tcase_add_test(tests, a_chain_without_a_certificate_says_what_is_expected);
    tcase_add_test(tests, a_key_that_stands_for_the_chain_is_no_certificate);
    tcase_add_test(tests, a_chain_that_is_broken_behind_its_first_certificate_is_refused);
    tcase_add_test(tests, words_behind_the_certificates_are_fine);
    tcase_add_test(tests, a_key_that_is_not_there_is_an_error_of_the_file);
    tcase_add_test(tests, a_key_of_another_certificate_is_named_with_it);
    tcase_add_test(tests, a_key_of_another_type_is_no_better);
    tcase_add_test(tests, a_second_certificate_of_one_type_needs_a_name_of_its_own);
    tcase_add_loop_test(tests, a_name_is_answered_with_its_certificate, 0, COUNT(asked));
    tcase_add_test(tests, an_unknown_name_is_refused_where_that_is_wanted);
    tcase_add_loop_test(tests, the_first_name_that_openssl_does_not_know_is_told, 0, COUNT(lists));
    tcase_add_loop_test(tests, a_name_that_only_a_newer_openssl_knows_is_told_as_such, 0,
                        COUNT(newer_lists));
    tcase_add_test(tests, a_list_without_a_name_is_refused_too);
    tcase_add_test(tests, all_problems_are_told_in_one_go);
    tcase_add_test(tests, but_no_more_than_there_is_room_for);
}

int main(void)
{
    return suite_run("context", add, setup, teardown);
}
