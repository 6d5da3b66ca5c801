/* The first bytes of a connection: what was it, if not TLS? */
#include <stdlib.h>
#include <string.h>

#include "diagnosis/sniff.h"
#include "suite.h"

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    enum sniffed is;
} cases[] = {
    {"nothing", BYTES(""), SNIFFED_NOTHING},
    {"a ClientHello of TLS 1.0 to 1.3", BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
     SNIFFED_TLS},
    {"its first byte", BYTES("\x16"), SNIFFED_TLS},
    {"its record header only", BYTES("\x16\x03\x01\x02\x00"), SNIFFED_TLS},
    {"a ServerHello", BYTES("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"), SNIFFED_TLS},
    {"an alert", BYTES("\x15\x03\x01\x00\x02\x02\x46"), SNIFFED_TLS},
    {"a hello as SSL 2 wrapped it", BYTES("\x80\x2e\x01\x03\x01\x00\x15"), SNIFFED_TLS},
    {"a handshake record with no hello in it", BYTES("\x16\x03\x01\x02\x00\x0e\x00"),
     SNIFFED_OTHER},
    {"a record of SSL 2.something", BYTES("\x16\x02\x00\x00\x10"), SNIFFED_OTHER},
    {"application data before any handshake", BYTES("\x17\x03\x03\x00\x10xxxx"), SNIFFED_OTHER},
    {"GET", BYTES("GET / HTTP/1.1\r\n"), SNIFFED_HTTP},
    {"GET, as much as fits a record header", BYTES("GET /"), SNIFFED_HTTP},
    {"POST", BYTES("POST /echo HTTP/1.1\r\n"), SNIFFED_HTTP},
    {"OPTIONS, cut", BYTES("OPTIO"), SNIFFED_HTTP},
    {"CONNECT, as to a proxy", BYTES("CONNECT example.test:443"), SNIFFED_HTTP},
    {"the HTTP/2 preface", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), SNIFFED_HTTP},
    {"an HTTP answer", BYTES("HTTP/1.1 400 Bad Request\r\n"), SNIFFED_HTTP},
    {"an SSH banner", BYTES("SSH-2.0-OpenSSH_9.2p1\r\n"), SNIFFED_SSH},
    {"EHLO", BYTES("EHLO mail.example\r\n"), SNIFFED_SMTP},
    {"ehlo in small letters", BYTES("ehlo mail.example\r\n"), SNIFFED_SMTP},
    {"HELO", BYTES("HELO x\r\n"), SNIFFED_SMTP},
    {"a mail server's greeting", BYTES("220 mail.example ESMTP\r\n"), SNIFFED_SMTP},
    {"a PROXY header of version 1", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\n"), SNIFFED_PROXY},
    {"a PROXY header of version 1, cut", BYTES("PROXY"), SNIFFED_PROXY},
    {"a PROXY header of version 2", BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"), SNIFFED_PROXY},
    {"a PROXY header of version 2, cut", BYTES("\r\n\r\n\0"), SNIFFED_PROXY},
    {"four newlines and more", BYTES("\r\n\r\nhello"), SNIFFED_OTHER},
    {"a letter is no verdict", BYTES("G"), SNIFFED_OTHER},
    {"a word that only begins like a method", BYTES("GETTING"), SNIFFED_OTHER},
    {"a sentence", BYTES("hello, echo\n"), SNIFFED_OTHER},
    {"a lone NUL", BYTES("\0"), SNIFFED_OTHER},
};

START_TEST(it_tells_protocols_apart)
{
    ck_assert_msg(sniff((const unsigned char *)cases[_i].bytes, cases[_i].len) == cases[_i].is,
                  "%s", cases[_i].name);
}
END_TEST

/* With exactly as much memory as bytes, so that a sanitizer sees one read too many. */
START_TEST(each_beginning_of_each_case_is_read_within_bounds)
{
    for (size_t len = 1; len <= cases[_i].len; len++) {
        unsigned char *copy = malloc(len);

        memcpy(copy, cases[_i].bytes, len);
        ck_assert_int_ne(sniff(copy, len), SNIFFED_NOTHING);
        free(copy);
    }
}
END_TEST

START_TEST(what_is_tls_was_tls_after_four_bytes_already)
{
    if (cases[_i].is == SNIFFED_TLS) {
        for (size_t len = 4; len <= cases[_i].len; len++) {
            ck_assert_int_eq(sniff((const unsigned char *)cases[_i].bytes, len), SNIFFED_TLS);
        }
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    int count = COUNT(cases);

    tcase_add_loop_test(tests, it_tells_protocols_apart, 0, count);
    tcase_add_loop_test(tests, each_beginning_of_each_case_is_read_within_bounds, 0, count);
    tcase_add_loop_test(tests, what_is_tls_was_tls_after_four_bytes_already, 0, count);
}

int main(void)
{
    return suite_run("sniff", add_tests, NULL, NULL);
}
