#include "diagnosis/sniff.h"

/* Does it begin with TLS? A part of the beginning is enough: the rest may be under way. */
static bool is_tls(const unsigned char *bytes, size_t len)
{
    enum { ALERT = 21, HANDSHAKE = 22, CLIENT_HELLO = 1, SERVER_HELLO = 2 }; /* RFC 8446 B.1, B.3 */

    if (bytes[0] != HANDSHAKE && bytes[0] != ALERT) {
        return false;
    }
    if ((len > 1 && bytes[1] != 3) || (len > 2 && bytes[2] > 4)) { /* legacy_record_version */
        return false;
    }
    return bytes[0] == ALERT || len <= 5 || bytes[5] == CLIENT_HELLO || bytes[5] == SERVER_HELLO;
}

/* The hello of SSL 2 that very old clients wrap around a TLS hello: RFC 5246 E.2. */
static bool is_old_hello(const unsigned char *bytes, size_t len)
{
    return len >= 4 && (bytes[0] & 0x80) != 0 && bytes[2] == 1 && bytes[3] == 3;
}

#define WORD(word, enough, is)                                                                     \
    {                                                                                              \
        word, sizeof(word) - 1, enough, is                                                         \
    }

/* How other protocols begin, and how many bytes of it leave no doubt. */
static const struct {
    const char *word;
    size_t len;
    size_t enough;
    enum sniffed is;
} words[] = {
    WORD("PROXY ", 5, SNIFFED_PROXY),   WORD("\r\n\r\n\0\r\nQUIT\n", 5, SNIFFED_PROXY),
    WORD("SSH-", 4, SNIFFED_SSH),       WORD("EHLO", 4, SNIFFED_SMTP),
    WORD("HELO", 4, SNIFFED_SMTP),      WORD("220 ", 4, SNIFFED_SMTP),
    WORD("220-", 4, SNIFFED_SMTP),      WORD("GET ", 4, SNIFFED_HTTP),
    WORD("HEAD ", 4, SNIFFED_HTTP),     WORD("POST ", 4, SNIFFED_HTTP),
    WORD("PUT ", 4, SNIFFED_HTTP),      WORD("DELETE ", 4, SNIFFED_HTTP),
    WORD("CONNECT ", 4, SNIFFED_HTTP),  WORD("OPTIONS ", 4, SNIFFED_HTTP),
    WORD("TRACE ", 4, SNIFFED_HTTP),    WORD("PATCH ", 4, SNIFFED_HTTP),
    WORD("PROPFIND ", 4, SNIFFED_HTTP), WORD("PRI * HTTP/2", 4, SNIFFED_HTTP),
    WORD("HTTP/", 4, SNIFFED_HTTP),
};

/* toupper(3) would ask the locale. */
static unsigned char upper(unsigned char byte)
{
    return byte >= 'a' && byte <= 'z' ? (unsigned char)(byte - 'a' + 'A') : byte;
}

static bool begins_with(const unsigned char *bytes, size_t len, size_t row)
{
    size_t count = len < words[row].len ? len : words[row].len;

    for (size_t i = 0; i < count; i++) {
        if (upper(bytes[i]) != (unsigned char)words[row].word[i]) {
            return false;
        }
    }
    return count >= words[row].enough;
}

enum sniffed sniff(const unsigned char *bytes, size_t len)
{
    if (len == 0) {
        return SNIFFED_NOTHING;
    }
    if (len > SNIFF_BYTES) {
        len = SNIFF_BYTES;
    }
    if (is_tls(bytes, len) || is_old_hello(bytes, len)) {
        return SNIFFED_TLS;
    }
    for (size_t row = 0; row < sizeof words / sizeof words[0]; row++) {
        if (begins_with(bytes, len, row)) {
            return words[row].is;
        }
    }
    return SNIFFED_OTHER;
}

bool sniff_is_client_hello(const unsigned char *bytes, size_t len)
{
    enum { HANDSHAKE = 22, CLIENT_HELLO = 1 };

    return len >= 6 && bytes[0] == HANDSHAKE && is_tls(bytes, len) && bytes[5] == CLIENT_HELLO;
}
