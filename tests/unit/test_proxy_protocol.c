/* The PROXY protocol: what a load balancer says of the client behind it. */
#include <stdlib.h>
#include <string.h>

#include "net/crc32c.h"
#include "net/proxy_protocol.h"
#include "suite.h"

#define BYTES(text) (const unsigned char *)(text), sizeof(text) - 1
#define SIGNATURE   "\r\n\r\n\0\r\nQUIT\n"
#define V2(rest)    BYTES(SIGNATURE rest)
#define FROM_TO                                                                                    \
    "\xc0\0\2\1"                                                                                   \
    "\xc6\x33\x64\2"                                                                               \
    "\xc5\x50"                                                                                     \
    "\x01\xbb"                             /* 192.0.2.1:50512 */
#define TCP4(len) "\x21\x11\0" len FROM_TO /* len: 12 and what follows */
#define ONE       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
#define EIGHT     "abcdefgh"
#define UNIX_PATH                                                                                  \
    EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT "abcd"
#define FROM "192.0.2.1:50512"
#define TO   "198.51.100.2:443"

static struct proxy_header header;
static const char *why;

static enum proxy_found read_bytes(const unsigned char *bytes, size_t len)
{
    why = NULL;
    header = (struct proxy_header){0};
    return proxy_protocol_read(bytes, len, &header, &why);
}

static void assert_address(const struct address *address, const char *expected, const char *name)
{
    char text[ADDRESS_TEXT_SIZE];

    address_print(address, text);
    ck_assert_msg(strcmp(text, expected) == 0, "%s: %s is not %s", name, text, expected);
}

/* ---- whole ones ---- */

/* source NULL: nobody is known behind the proxy. */
static const struct {
    const char *name;
    const unsigned char *bytes;
    size_t len;
    int version;
    bool local;
    const char *source, *destination;
} whole[] = {
    {"v1 TCP4", BYTES("PROXY TCP4 192.0.2.1 198.51.100.2 50512 443\r\n"), 1, false, FROM, TO},
    {"v1 TCP6", BYTES("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n"), 1, false, "[2001:db8::1]:0",
     "[::1]:65535"},
    {"v1 TCP6, mapped", BYTES("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"), 1, false, "192.0.2.1:1",
     "[::1]:2"},
    {"v1 TCP6, as long as it can be",
     BYTES("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
     1, false, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
     "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
    {"v1 UNKNOWN", BYTES("PROXY UNKNOWN\r\n"), 1, false, NULL, NULL},
    {"v1 UNKNOWN with words, 107 bytes",
     BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
     1, false, NULL, NULL},
    {"v2 TCP4", V2(TCP4("\x0c")), 2, false, FROM, TO},
    {"v2 TCP6", V2("\x21\x21\0\x24" ONE ONE "\0\1\0\2"), 2, false, "[::1]:1", "[::1]:2"},
    {"v2 UDP4", V2("\x21\x12\0\x0c" FROM_TO), 2, false, NULL, NULL},
    {"v2 UDP6", V2("\x21\x22\0\x24" ONE ONE "\0\1\0\2"), 2, false, NULL, NULL},
    {"v2 UNIX stream", V2("\x21\x31\0\xd8" UNIX_PATH UNIX_PATH), 2, false, NULL, NULL},
    {"v2 UNIX datagram", V2("\x21\x32\0\xd8" UNIX_PATH UNIX_PATH), 2, false, NULL, NULL},
    {"v2 UNSPEC", V2("\x21\0\0\0"), 2, false, NULL, NULL},
    {"v2 LOCAL", V2("\x20\0\0\0"), 2, true, NULL, NULL},
    {"v2 LOCAL with addresses", V2("\x20\x11\0\x0c" FROM_TO), 2, true, NULL, NULL},
    {"v2 LOCAL, a family that does not exist", V2("\x20\x77\0\1x"), 2, true, NULL, NULL},
    {"v2 LOCAL, broken TLVs", V2("\x20\0\0\3\3\xff\xff"), 2, true, NULL, NULL},
    {"a NOOP", V2(TCP4("\x0f") "\4\0\0"), 2, false, FROM, TO},
    {"an unknown TLV", V2(TCP4("\x11") "\xee\0\2xy"), 2, false, FROM, TO},
    {"TLVs without addresses", V2("\x21\0\0\4\2\0\1a"), 2, false, NULL, NULL},
    {"a right checksum", V2(TCP4("\x13") "\3\0\4\xd5\xe4\xac\x24"), 2, false, FROM, TO},
};

static void assert_whole(const char *name, size_t len, int i)
{
    ck_assert_msg(header.len == len && header.version == whole[i].version, "%s: %zu bytes", name,
                  header.len);
    ck_assert_msg(header.local == whole[i].local, "%s", name);
    ck_assert_msg(header.is_known == (whole[i].source != NULL), "%s", name);
    if (whole[i].source != NULL) {
        assert_address(&header.source, whole[i].source, name);
        assert_address(&header.destination, whole[i].destination, name);
    }
}

START_TEST(a_header_says_who_is_behind_the_proxy)
{
    ck_assert_msg(read_bytes(whole[_i].bytes, whole[_i].len) == PROXY_FOUND_HEADER, "%s: %s",
                  whole[_i].name, why);
    assert_whole(whole[_i].name, whole[_i].len, _i);
}
END_TEST

START_TEST(every_beginning_of_a_header_is_a_part)
{
    for (size_t cut = 0; cut < whole[_i].len; cut++) {
        unsigned char *part = malloc(cut + 1); /* a sanitizer sees who reads on */

        memcpy(part, whole[_i].bytes, cut);
        part = realloc(part, cut > 0 ? cut : 1);
        ck_assert_msg(read_bytes(part, cut) == PROXY_FOUND_PART, "%s: %zu bytes", whole[_i].name,
                      cut);
        free(part);
    }
}
END_TEST

START_TEST(what_follows_a_header_is_the_clients)
{
    static const char hello[] = "\x16\x03\x01 PROXY TCP4";
    unsigned char *both = malloc(whole[_i].len + sizeof hello);

    memcpy(both, whole[_i].bytes, whole[_i].len);
    memcpy(both + whole[_i].len, hello, sizeof hello);
    ck_assert_msg(read_bytes(both, whole[_i].len + sizeof hello) == PROXY_FOUND_HEADER, "%s: %s",
                  whole[_i].name, why);
    assert_whole(whole[_i].name, whole[_i].len, _i);
    free(both);
}
END_TEST

/* ---- what breaks the rules ---- */

#define X10 "xxxxxxxxxx"

static const struct {
    const char *name;
    const unsigned char *bytes;
    size_t len;
    const char *why;
} faults[] = {
    {"no family", BYTES("PROXY \r\n"), "TCP4, TCP6 or UNKNOWN"},
    {"two spaces", BYTES("PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), "TCP4, TCP6 or UNKNOWN"},
    {"a family in small letters", BYTES("PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n"), "TCP4"},
    {"a longer family", BYTES("PROXY TCP44 192.0.2.1 192.0.2.2 1 2\r\n"), "TCP4"},
    {"UNKNOWNS", BYTES("PROXY UNKNOWNS\r\n"), "TCP4"},
    {"UDP4", BYTES("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"), "TCP4"},
    {"no address", BYTES("PROXY TCP4\r\n"), "addresses"},
    {"one address", BYTES("PROXY TCP4 192.0.2.1\r\n"), "addresses"},
    {"an address of the other family", BYTES("PROXY TCP4 ::1 ::1 1 2\r\n"), "addresses"},
    {"IPv4 in TCP6", BYTES("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"), "addresses"},
    {"a zero in front of a number", BYTES("PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n"), "addresses"},
    {"a number too large", BYTES("PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"), "addresses"},
    {"a zone", BYTES("PROXY TCP6 fe80::1%lo ::1 1 2\r\n"), "addresses"},
    {"two spaces inside", BYTES("PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n"), "addresses"},
    {"no port", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2\r\n"), "ports"},
    {"one port", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"), "ports"},
    {"an empty port", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 \r\n"), "ports"},
    {"a port too large", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n"), "ports"},
    {"a port much too large", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 4294967297\r\n"), "ports"},
    {"a port with a sign", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n"), "ports"},
    {"a port with a zero in front", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 02\r\n"), "ports"},
    {"a word too many", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"), "more words"},
    {"a space at the end", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n"), "more words"},
    {"LF alone", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"), "CRLF"},
    {"CR alone", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rX"), "CRLF"},
    {"a NUL", BYTES("PROXY UNKNOWN \0\r\n"), "CRLF"},
    {"a NUL at the end of what came", BYTES("PROXY UNKNOWN \0"), "CRLF"},
    {"108 bytes", BYTES("PROXY UNKNOWN " X10 X10 X10 X10 X10 X10 X10 X10 X10 "xx\r\n"), "107"},
    {"107 bytes without an end", BYTES("PROXY UNKNOWN " X10 X10 X10 X10 X10 X10 X10 X10 X10 "xxx"),
     "107"},
    {"107 bytes with half an end",
     BYTES("PROXY UNKNOWN " X10 X10 X10 X10 X10 X10 X10 X10 X10 "xx\r"), "107"},
    {"version 1 in binary", V2("\x11\x11\0\x0c" FROM_TO), "version"},
    {"version 3", V2("\x31\x11\0\x0c" FROM_TO), "version"},
    {"command 2", V2("\x22\x11\0\x0c" FROM_TO), "command"},
    {"command 15, nothing more", V2("\x2f\x11\0\x0c"), "command"},
    {"TCP without a family", V2("\x21\x01\0\0"), "family"},
    {"a family without TCP", V2("\x21\x10\0\x0c" FROM_TO), "family"},
    {"family 4", V2("\x21\x41\0\x0c" FROM_TO), "family"},
    {"protocol 3", V2("\x21\x13\0\x0c" FROM_TO), "family"},
    {"too short for TCP4", V2("\x21\x11\0\x0b"), "too short for its addresses"},
    {"too short for TCP6", V2("\x21\x21\0\x23"), "too short for its addresses"},
    {"too short for UNIX", V2("\x21\x31\0\xd7"), "too short for its addresses"},
    {"4097 bytes", V2("\x21\x11\x0f\xf1"), "4096"},
    {"65,551 bytes", V2("\x20\0\xff\xff"), "4096"},
    {"a TLV of one byte", V2(TCP4("\x0d") "\4"), "TLV"},
    {"a TLV of two bytes", V2(TCP4("\x0e") "\4\0"), "TLV"},
    {"a TLV that is too long by one", V2(TCP4("\x10") "\4\0\2x"), "TLV"},
    {"a TLV that is far too long", V2(TCP4("\x0f") "\4\xff\xff"), "TLV"},
    {"a second TLV that is too long", V2(TCP4("\x13") "\4\0\1x\1\0\1"), "TLV"},
    {"a wrong checksum", V2(TCP4("\x13") "\3\0\4\xd5\xe4\xac\x25"), "CRC32C"},
    {"a checksum of three bytes", V2(TCP4("\x12") "\3\0\3abc"), "CRC32C"},
    {"a checksum of five bytes", V2(TCP4("\x14") "\3\0\5abcde"), "CRC32C"},
    {"an empty SSL entry", V2(TCP4("\x0f") "\x20\0\0"), "SSL"},
    {"an SSL entry of four bytes", V2(TCP4("\x13") "\x20\0\4\1\0\0\0"), "SSL"},
    {"an entry in SSL that is too long", V2(TCP4("\x18") "\x20\0\x09\1\0\0\0\0\x21\0\2x"), "SSL"},
    {"an entry in SSL that is cut", V2(TCP4("\x16") "\x20\0\7\1\0\0\0\0\x21\0"), "SSL"},
};

START_TEST(what_breaks_the_rules_is_a_fault_in_words)
{
    ck_assert_msg(read_bytes(faults[_i].bytes, faults[_i].len) == PROXY_FOUND_FAULT, "%s",
                  faults[_i].name);
    ck_assert_msg(why != NULL && strstr(why, faults[_i].why) != NULL, "%s: %s", faults[_i].name,
                  why);
    ck_assert_msg(header.len == 0, "%s: the output was touched", faults[_i].name);
}
END_TEST

START_TEST(a_unique_id_has_at_most_128_bytes)
{
    unsigned char bytes[16 + 12 + 3 + 129] = SIGNATURE TCP4("\x90") "\5\0\x81"; /* 12 + 3 + 129 */

    ck_assert_int_eq(read_bytes(bytes, sizeof bytes), PROXY_FOUND_FAULT);
    ck_assert_ptr_nonnull(strstr(why, "unique id"));
    bytes[15]--;
    bytes[30]--;
    ck_assert_int_eq(read_bytes(bytes, sizeof bytes), PROXY_FOUND_HEADER);
    ck_assert_uint_eq(header.unique_id.len, 128);
}
END_TEST

START_TEST(the_longest_header_is_read)
{
    unsigned char bytes[PROXY_HEADER_MAX] = SIGNATURE "\x21\x11\x0f\xf0" FROM_TO "\4\x0f\xe1";

    ck_assert_int_eq(read_bytes(bytes, sizeof bytes - 1), PROXY_FOUND_PART);
    ck_assert_int_eq(read_bytes(bytes, sizeof bytes), PROXY_FOUND_HEADER);
    ck_assert_uint_eq(header.len, PROXY_HEADER_MAX);
}
END_TEST

/* ---- what is no PROXY header ---- */

static const struct {
    const char *name;
    const unsigned char *bytes;
    size_t len;
} others[] = {
    {"TLS", BYTES("\x16\x03\x01\x02")},
    {"HTTP", BYTES("GET / HTTP/1.1\r\n")},
    {"HTTP with the same letter", BYTES("PUT / HTTP/1.1\r\n")},
    {"small letters", BYTES("proxy TCP4 ")},
    {"no space", BYTES("PROXY\tTCP4")},
    {"one byte", BYTES("X")},
    {"five letters", BYTES("PROXI")},
    {"an empty line", BYTES("\r\n\r\nX")},
    {"the other signature, broken", BYTES("\r\n\r\n\0\r\nQUIT\r")},
};

START_TEST(what_is_no_header_is_nothing)
{
    ck_assert_msg(read_bytes(others[_i].bytes, others[_i].len) == PROXY_FOUND_NOTHING, "%s",
                  others[_i].name);
}
END_TEST

/* ---- what a proxy says besides ---- */

static void assert_value(struct proxy_value value, const char *expected)
{
    ck_assert_uint_eq(value.len, strlen(expected));
    ck_assert_mem_eq(value.at, expected, value.len);
}

START_TEST(names_and_ids_are_read)
{
    static const char bytes[] = SIGNATURE TCP4("\x35") "\1\0\2h2"
                                                       "\2\0\7host.ex"
                                                       "\5\0\4\0id\n"
                                                       "\x30\0\2ns"
                                                       "\x20\0\x0b\1\0\0\0\0\x21\0\3TLS";

    ck_assert_int_eq(read_bytes(BYTES(bytes)), PROXY_FOUND_HEADER);
    assert_value(header.alpn, "h2");
    assert_value(header.authority, "host.ex");
    assert_value(header.netns, "ns");
    ck_assert_uint_eq(header.unique_id.len, 4); /* bytes of any kind, a NUL too */
    ck_assert_mem_eq(header.unique_id.at, "\0id\n", 4);
    assert_value(header.ssl.version, "TLS");
}
END_TEST

START_TEST(the_tls_in_front_of_the_proxy_is_read)
{
    static const char all[] = SIGNATURE TCP4(
        "\x2e") "\x20\0\x1f\3\0\0\0\0\x21\0\3TLS\x22\0\2cn\x23\0\1c\x24\0\1s\x25\0\1k\x77\0\0";

    ck_assert_int_eq(read_bytes(BYTES(all)), PROXY_FOUND_HEADER);
    ck_assert(header.ssl.present && header.ssl.tls && header.ssl.certificate);
    ck_assert(header.ssl.verified);
    assert_value(header.ssl.version, "TLS");
    assert_value(header.ssl.cn, "cn");
    assert_value(header.ssl.cipher, "c");
    assert_value(header.ssl.sig_alg, "s");
    assert_value(header.ssl.key_alg, "k");
}
END_TEST

START_TEST(a_certificate_that_was_not_verified_is_told)
{
    static const char bytes[] = SIGNATURE TCP4("\x14") "\x20\0\5\5\0\0\0\1";

    ck_assert_int_eq(read_bytes(BYTES(bytes)), PROXY_FOUND_HEADER);
    ck_assert(header.ssl.present && header.ssl.certificate && !header.ssl.verified);
}
END_TEST

START_TEST(a_plain_client_of_the_proxy_is_told)
{
    static const char bytes[] = SIGNATURE TCP4("\x14") "\x20\0\5\0\0\0\0\0";

    ck_assert_int_eq(read_bytes(BYTES(bytes)), PROXY_FOUND_HEADER);
    ck_assert(header.ssl.present && !header.ssl.tls && !header.ssl.certificate);
}
END_TEST

START_TEST(a_checksum_finds_every_changed_bit)
{
    unsigned char bytes[] = SIGNATURE TCP4("\x13") "\3\0\4\xd5\xe4\xac\x24";

    for (size_t bit = 16 * 8; bit < 28 * 8; bit++) { /* the addresses */
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        ck_assert_msg(read_bytes(bytes, sizeof bytes - 1) == PROXY_FOUND_FAULT, "bit %zu", bit);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    ck_assert_int_eq(read_bytes(bytes, sizeof bytes - 1), PROXY_FOUND_HEADER);
}
END_TEST

START_TEST(the_checksum_is_that_of_the_rfc) /* RFC 3720 B.4 */
{
    unsigned char zeros[32] = {0};

    ck_assert_uint_eq(crc32c(0, zeros, sizeof zeros), 0x8a9136aa);
    ck_assert_uint_eq(crc32c(0, "123456789", 9), 0xe3069283);
    ck_assert_uint_eq(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
    ck_assert_uint_eq(crc32c(0, "", 0), 0);
}
END_TEST

/* ---- writing ---- */

static const struct {
    const char *source, *destination;
} written[] = {
    {"192.0.2.1", "198.51.100.2"},
    {"2001:db8::1", "::1"},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.2"},
    {"fe80::1%lo", "fe80::2%lo"}, /* the zone means nothing elsewhere */
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
};

static void assert_same(const struct address *a, const struct address *b)
{
    ck_assert_int_eq(a->any.sa_family, b->any.sa_family);
    ck_assert_uint_eq(address_port(a), address_port(b));
    if (address_is_ipv6(a)) {
        ck_assert_mem_eq(&a->ipv6.sin6_addr, &b->ipv6.sin6_addr, 16);
    } else {
        ck_assert_mem_eq(&a->ipv4.sin_addr, &b->ipv4.sin_addr, 4);
    }
}

START_TEST(what_is_written_is_read_back)
{
    unsigned char bytes[PROXY_V1_MAX];
    struct address source, destination;

    ck_assert_int_eq(address_parse(written[_i].source, 65535, &source), 0);
    ck_assert_int_eq(address_parse(written[_i].destination, 65534, &destination), 0);
    for (int version = 1; version <= 2; version++) {
        size_t len = proxy_protocol_write(version, &source, &destination, bytes);

        ck_assert_uint_le(len, sizeof bytes);
        ck_assert_int_eq(read_bytes(bytes, len), PROXY_FOUND_HEADER);
        ck_assert_uint_eq(header.len, len);
        ck_assert_int_eq(header.version, version);
        ck_assert(header.is_known && !header.local);
        assert_same(&header.source, &source);
        assert_same(&header.destination, &destination);
    }
}
END_TEST

START_TEST(a_header_about_nobody_can_be_written)
{
    unsigned char bytes[PROXY_V1_MAX];
    size_t len = proxy_protocol_write(1, NULL, NULL, bytes);

    ck_assert_uint_eq(len, 15);
    ck_assert_mem_eq(bytes, "PROXY UNKNOWN\r\n", len);
    len = proxy_protocol_write(2, NULL, NULL, bytes);
    ck_assert_uint_eq(len, 16);
    ck_assert_mem_eq(bytes, SIGNATURE "\x20\0\0\0", len);
    ck_assert_int_eq(read_bytes(bytes, len), PROXY_FOUND_HEADER);
    ck_assert(header.local);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_header_says_who_is_behind_the_proxy, 0, COUNT(whole));
    tcase_add_loop_test(tests, every_beginning_of_a_header_is_a_part, 0, COUNT(whole));
    tcase_add_loop_test(tests, what_follows_a_header_is_the_clients, 0, COUNT(whole));
    tcase_add_loop_test(tests, what_breaks_the_rules_is_a_fault_in_words, 0, COUNT(faults));
    tcase_add_test(tests, a_unique_id_has_at_most_128_bytes);
    tcase_add_test(tests, the_longest_header_is_read);
    tcase_add_loop_test(tests, what_is_no_header_is_nothing, 0, COUNT(others));
    tcase_add_test(tests, names_and_ids_are_read);
    tcase_add_test(tests, the_tls_in_front_of_the_proxy_is_read);
    tcase_add_test(tests, a_certificate_that_was_not_verified_is_told);
    tcase_add_test(tests, a_plain_client_of_the_proxy_is_told);
    tcase_add_test(tests, a_checksum_finds_every_changed_bit);
    tcase_add_test(tests, the_checksum_is_that_of_the_rfc);
    tcase_add_loop_test(tests, what_is_written_is_read_back, 0, COUNT(written));
    tcase_add_test(tests, a_header_about_nobody_can_be_written);
}

int main(void)
{
    return suite_run("proxy protocol", add, NULL, NULL);
}
