/* What a client offers: kept while it shakes hands, and told in words that nobody can forge. */
#include "tls/hello.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "suite.h"
#include "tls/hello_names.h"
#include "tls/hello_text.h"
#include "tls/stream.h"

static SSL_CTX *server_context, *client_context;
static SSL *tls; /* the server's end */
static struct stream_facts facts;
static char text[HELLO_TEXT_SIZE];

static unsigned char wire[4096]; /* a real hello */
static size_t wire_len;

/* A server without a certificate: the hello is taken before anybody misses it. */
static void listen_again(void)
{
    BIO *in = BIO_new(BIO_s_mem());

    SSL_free(tls);
    stream_facts_done(&facts);
    tls = SSL_new(server_context);
    BIO_set_mem_eof_return(in, -1); /* more may come */
    SSL_set_bio(tls, in, BIO_new(BIO_s_null()));
    SSL_set_accept_state(tls);
    stream_watch(tls, &facts);
}

static void setup(void)
{
    server_context = SSL_CTX_new(TLS_server_method());
    client_context = SSL_CTX_new(TLS_client_method());
    hello_watch(server_context);
    facts = (struct stream_facts){0};
    tls = NULL;
    listen_again();
}

static void teardown(void)
{
    SSL_free(tls);
    stream_facts_done(&facts);
    SSL_CTX_free(server_context);
    SSL_CTX_free(client_context);
    error_forget_tls();
}

/* What OpenSSL's client says first, with lists that all versions of it know. */
static void write_hello(void)
{
    static const unsigned char alpn[] = "\2h2\10http/1.1";
    SSL *client;
    BIO *out = BIO_new(BIO_s_mem());

    ck_assert_int_eq(SSL_CTX_set_min_proto_version(client_context, TLS1_2_VERSION), 1);
    ck_assert_int_eq(SSL_CTX_set1_groups_list(client_context, "X25519:P-256"), 1);
    ck_assert_int_eq(SSL_CTX_set1_sigalgs_list(client_context, "ed25519:RSA+SHA256"), 1);
    ck_assert_int_eq(SSL_CTX_set_ciphersuites(client_context, "TLS_AES_128_GCM_SHA256"), 1);
    ck_assert_int_eq(SSL_CTX_set_cipher_list(client_context, "ECDHE-RSA-AES128-GCM-SHA256"), 1);
    ck_assert_int_eq(SSL_CTX_set_alpn_protos(client_context, alpn, sizeof alpn - 1), 0);
    client = SSL_new(client_context);
    ck_assert_int_eq(SSL_set_tlsext_host_name(client, "a.secho.test"), 1);
    SSL_set_bio(client, BIO_new(BIO_s_mem()), out);
    SSL_set_connect_state(client);
    ck_assert_int_eq(stream_handshake(client, NULL), IO_WANT_READ);
    wire_len = (size_t)BIO_read(out, wire, sizeof wire);
    SSL_free(client);
}

static enum io give(const unsigned char *bytes, size_t len)
{
    listen_again();
    ck_assert_int_eq(BIO_write(SSL_get_rbio(tls), bytes, (int)len), (int)len);
    return stream_handshake(tls, NULL);
}

static const char *told(void)
{
    hello_describe(facts.hello, tls, text);
    return text;
}

/* ---- a real one ---- */

START_TEST(what_a_client_offers_is_told_also_when_nothing_comes_of_it)
{
    static const char offer[] = "versions TLSv1.3 TLSv1.2; alpn h2 http/1.1; groups X25519 P-256; "
                                "signatures ed25519 rsa_pkcs1_sha256; suites "
                                "TLS_AES_128_GCM_SHA256 ECDHE-RSA-AES128-GCM-SHA256";
    char name[HELLO_NAME_SIZE];

    write_hello();
    ck_assert_int_eq(give(wire, wire_len), IO_FAILED);
    /* OpenSSL 3.0 adds TLS_EMPTY_RENEGOTIATION_INFO_SCSV, 3.5 an extension in its place. */
    ck_assert_msg(strncmp(told(), offer, sizeof offer - 1) == 0, "%s", text);
    hello_server_name(facts.hello, name);
    ck_assert_str_eq(name, "a.secho.test");
}
END_TEST

START_TEST(of_one_version_only_the_highest_is_known)
{
    ck_assert_int_eq(SSL_CTX_set_max_proto_version(client_context, TLS1_2_VERSION), 1);
    write_hello();
    (void)give(wire, wire_len);
    ck_assert_msg(strncmp(told(), "versions up to TLSv1.2; ", 24) == 0, "%s", text);
}
END_TEST

START_TEST(no_hello_is_no_words)
{
    char name[HELLO_NAME_SIZE];

    ck_assert_str_eq(told(), "");
    hello_server_name(NULL, name);
    ck_assert_str_eq(name, "");
}
END_TEST

START_TEST(a_hello_that_is_not_whole_is_not_kept)
{
    write_hello();
    for (size_t len = 0; len < wire_len; len++) {
        ck_assert_int_eq(give(wire, len), IO_WANT_READ);
        ck_assert_msg(facts.hello == NULL, "%zu of %zu bytes", len, wire_len);
    }
}
END_TEST

START_TEST(it_may_come_in_pieces_and_can_be_forgotten)
{
    write_hello();
    (void)give(wire, 40);
    ck_assert_int_gt(BIO_write(SSL_get_rbio(tls), wire + 40, (int)wire_len - 40), 0);
    (void)stream_handshake(tls, NULL);
    ck_assert_ptr_nonnull(facts.hello);
    stream_forget_hello(&facts);
    ck_assert_ptr_null(facts.hello);
    ck_assert_str_eq(told(), "");
}
END_TEST

START_TEST(where_nobody_watches_nothing_is_kept)
{
    write_hello();
    listen_again();
    BIO_set_callback_arg(SSL_get_rbio(tls), NULL);
    ck_assert_int_gt(BIO_write(SSL_get_rbio(tls), wire, (int)wire_len), 0);
    ck_assert_int_eq(stream_handshake(tls, NULL), IO_FAILED);
    ck_assert_ptr_null(facts.hello);
}
END_TEST

START_TEST(the_last_hello_counts)
{
    struct hello *first = calloc(1, sizeof *first), *second = calloc(1, sizeof *second);

    stream_keep_hello(tls, first);
    stream_keep_hello(tls, second); /* the first is free: a sanitizer would tell */
    ck_assert_ptr_eq(facts.hello, second);
}
END_TEST

static bool is_clean(const char *bytes)
{
    while (*bytes >= ' ' && *bytes <= '~') {
        bytes++;
    }
    return *bytes == '\0';
}

START_TEST(a_wrong_byte_anywhere_harms_nobody)
{
    static const unsigned char wrong[] = {0x00, 0x01, 0x7f, 0xff};
    char name[HELLO_NAME_SIZE];
    size_t kept = 0;

    write_hello();
    for (size_t at = 0; at < wire_len; at++) {
        for (int i = 0; i < COUNT(wrong); i++) {
            unsigned char was = wire[at];

            wire[at] = wrong[i];
            (void)give(wire, wire_len);
            wire[at] = was;
            kept += facts.hello != NULL;
            ck_assert_msg(is_clean(told()), "byte %zu is %02x: %s", at, wrong[i], text);
            hello_server_name(facts.hello, name);
        }
    }
    ck_assert_uint_gt(kept, wire_len);
}
END_TEST

/* ---- names ---- */

static const struct {
    enum hello_list list;
    unsigned number;
    const char *name;
} names[] = {
    {HELLO_VERSIONS, 0x0304, "TLSv1.3"},
    {HELLO_VERSIONS, 0x0300, "SSLv3"},
    {HELLO_VERSIONS, 0x7f1c, NULL},
    {HELLO_VERSIONS, 0x5a5a, "GREASE"},
    {HELLO_GROUPS, 0x001d, "X25519"},
    {HELLO_GROUPS, 0x0017, "P-256"},
    {HELLO_GROUPS, 0x11ec, "X25519MLKEM768"},
    {HELLO_GROUPS, 0x0a0a, "GREASE"},
    {HELLO_GROUPS, 0x0a1a, NULL}, /* both halves have to be the same */
    {HELLO_GROUPS, 0x0b0b, NULL},
    {HELLO_SIGNATURES, 0x0403, "ecdsa_secp256r1_sha256"},
    {HELLO_SIGNATURES, 0x0905, "mldsa65"},
    {HELLO_SIGNATURES, 0xffff, NULL},
    {HELLO_SUITES, 0x1301, "TLS_AES_128_GCM_SHA256"},
    {HELLO_SUITES, 0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {HELLO_SUITES, 0x000a, "DES-CBC3-SHA"},
    {HELLO_SUITES, 0x5600, "TLS_FALLBACK_SCSV"},
    {HELLO_SUITES, 0xfafa, "GREASE"},
    {HELLO_SUITES, 0xfefe, NULL},
};

START_TEST(numbers_have_the_names_that_people_use)
{
    const char *name = hello_name(names[_i].list, names[_i].number, tls);

    if (names[_i].name == NULL) {
        ck_assert_ptr_null(name);
    } else {
        ck_assert_ptr_nonnull(name);
        ck_assert_str_eq(name, names[_i].name);
    }
}
END_TEST

/* ---- more than there is room for ---- */

/* A hello with one list of `len` bytes, of which `came` came. */
static void fill(enum hello_list list, const void *bytes, size_t len, size_t came)
{
    struct hello *hello = calloc(1, sizeof *hello + len + 1);

    hello->legacy_version = TLS1_2_VERSION;
    hello->lens[list] = (uint16_t)len;
    hello->came[list] = (uint16_t)came;
    memcpy(hello->bytes, bytes, len);
    stream_keep_hello(tls, hello);
}

START_TEST(what_is_too_much_of_numbers_is_counted)
{
    unsigned char numbers[256];
    size_t shown = 0;

    for (size_t at = 0; at < sizeof numbers; at += 2) {
        memcpy(numbers + at, "\xc0\x2b", 2);
    }
    fill(HELLO_SUITES, numbers, sizeof numbers, 4000);
    for (const char *at = told(); (at = strstr(at, "ECDHE-ECDSA")) != NULL; at++) {
        shown++;
    }
    char end[32];

    snprintf(end, sizeof end, "-SHA256 +%zu more", 2000 - shown);
    ck_assert_uint_gt(shown, 10);
    ck_assert_str_eq(text + strlen(text) - strlen(end), end);
}
END_TEST

START_TEST(what_is_not_kept_of_a_list_is_counted)
{
    fill(HELLO_GROUPS, "\0\x1d\0\x17", 4, 10);
    ck_assert_str_eq(told(), "versions up to TLSv1.2; groups X25519 P-256 +3 more");
}
END_TEST

static const struct {
    const char *what, *bytes;
    size_t len, came;
    const char *told;
} alpns[] = {
    {"two", "\2h2\1x", 5, 5, "h2 x"},
    {"the second is cut by the peer", "\2h2\11x", 5, 5, "h2 x..."},
    {"a length and nothing more", "\2h2\1", 4, 4, "h2 ..."},
    {"cut by us between two", "\2h2", 3, 9, "h2 ..."},
    {"bytes that move a terminal", "\4\x1b[2J", 5, 5, "\\x1b[2J"},
    {"what looks like ours", "\14a; suites b\\", 13, 13, "a\\x3b\\x20suites\\x20b\\x5c"},
    {"UTF-8", "\2\xc3\xbc", 3, 3, "\\xc3\\xbc"},
    {"a name without a byte", "\0\2h2", 4, 4, " h2"},
};

START_TEST(names_of_alpn_are_told_and_forge_nothing)
{
    char wanted[128];

    fill(HELLO_ALPN, alpns[_i].bytes, alpns[_i].len, alpns[_i].came);
    snprintf(wanted, sizeof wanted, "versions up to TLSv1.2; alpn %s", alpns[_i].told);
    ck_assert_msg(strcmp(told(), wanted) == 0, "%s: %s", alpns[_i].what, text);
}
END_TEST

START_TEST(a_long_name_of_alpn_is_cut)
{
    char bytes[256];

    memset(bytes, 1, sizeof bytes);
    bytes[0] = (char)255;
    fill(HELLO_ALPN, bytes, sizeof bytes, sizeof bytes);
    ck_assert_str_eq(told() + strlen(text) - 7, "\\x01...");
    ck_assert_uint_lt(strlen(text), 300);
}
END_TEST

START_TEST(a_nul_in_a_server_name_is_seen)
{
    char name[HELLO_NAME_SIZE];

    fill(HELLO_NAME, "a\0b", 3, 3);
    hello_server_name(facts.hello, name);
    ck_assert_str_eq(name, "a\xef\xbf\xbd"
                           "b");
}
END_TEST

START_TEST(a_name_of_nothing_but_nul_has_room)
{
    static const char nothing[255];
    char name[HELLO_NAME_SIZE];

    fill(HELLO_NAME, nothing, sizeof nothing, sizeof nothing);
    hello_server_name(facts.hello, name);
    ck_assert_uint_eq(strlen(name), sizeof name - 1);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, what_a_client_offers_is_told_also_when_nothing_comes_of_it);
    tcase_add_test(tests, of_one_version_only_the_highest_is_known);
    tcase_add_test(tests, no_hello_is_no_words);
    tcase_add_test(tests, a_hello_that_is_not_whole_is_not_kept);
    tcase_add_test(tests, it_may_come_in_pieces_and_can_be_forgotten);
    tcase_add_test(tests, where_nobody_watches_nothing_is_kept);
    tcase_add_test(tests, the_last_hello_counts);
    tcase_add_test(tests, a_wrong_byte_anywhere_harms_nobody);
    tcase_add_loop_test(tests, numbers_have_the_names_that_people_use, 0, COUNT(names));
    tcase_add_test(tests, what_is_too_much_of_numbers_is_counted);
    tcase_add_test(tests, what_is_not_kept_of_a_list_is_counted);
    tcase_add_loop_test(tests, names_of_alpn_are_told_and_forge_nothing, 0, COUNT(alpns));
    tcase_add_test(tests, a_long_name_of_alpn_is_cut);
    tcase_add_test(tests, a_nul_in_a_server_name_is_seen);
    tcase_add_test(tests, a_name_of_nothing_but_nul_has_room);
}

int main(void)
{
    return suite_run("hello", add, setup, teardown);
}
