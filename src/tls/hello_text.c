#include "tls/hello_text.h"

#include <stdio.h>
#include <string.h>

#include "tls/hello_names.h"

/* ---- words ---- */

static void put(struct hello_words *words, const char *text)
{
    size_t len = strlen(text);

    if (len < words->size - words->used) {
        memcpy(words->at + words->used, text, len + 1);
        words->used += len;
    }
}

void hello_say_title(struct hello_words *words, const char *title)
{
    put(words, words->used > 0 ? "; " : "");
    put(words, title);
}

void hello_say_word(struct hello_words *words, const char *word)
{
    put(words, " ");
    put(words, word);
}

/* ---- numbers ---- */

/*
 * Bytes of each list that are shown: what OpenSSL, curl and the browsers offer by default, whole.
 * A line of the log has 4096 for everything.
 */
static const size_t shown_max[HELLO_LISTS] = {
    [HELLO_VERSIONS] = 120, [HELLO_GROUPS] = 240, [HELLO_SIGNATURES] = 520,
    [HELLO_SUITES] = 900,   [HELLO_ALPN] = 200,
};

static void say_how_many_more(struct hello_words *words, size_t count)
{
    char text[32];

    if (count > 0) {
        (void)snprintf(text, sizeof text, "+%zu more", count);
        hello_say_word(words, text);
    }
}

void hello_say_numbers(struct hello_words *words, enum hello_list list, struct hello_part numbers,
                       SSL *tls)
{
    size_t start = words->used, at = 0;

    for (; at + 1 < numbers.len; at += 2) {
        unsigned number = (unsigned)numbers.at[at] << 8 | numbers.at[at + 1];
        const char *name = hello_name(list, number, tls);
        char digits[8];

        (void)snprintf(digits, sizeof digits, "0x%04x", number);
        name = name != NULL ? name : digits;
        if (words->used - start + strlen(name) > shown_max[list]) {
            break;
        }
        hello_say_word(words, name);
    }
    say_how_many_more(words, (numbers.came - at) / 2);
}

/* ---- ALPN ---- */

static void say_byte(struct hello_words *words, unsigned char byte)
{
    char shown[8] = {(char)byte};

    if (byte <= ' ' || byte >= 0x7f || byte == ';' || byte == '\\') {
        (void)snprintf(shown, sizeof shown, "\\x%02x", byte);
    }
    put(words, shown);
}

void hello_say_alpn(struct hello_words *words, struct hello_part names)
{
    size_t start = words->used;

    for (size_t at = 0; at < names.len;) {
        size_t end = at + 1 + names.at[at];

        put(words, " ");
        for (at++; at < end && at < names.len && words->used - start < shown_max[HELLO_ALPN];
             at++) {
            say_byte(words, names.at[at]);
        }
        if (at < end) { /* cut here, or by the peer */
            put(words, "...");
            return;
        }
    }
    put(words, names.came > names.len ? " ..." : "");
}

/* ---- all of it ---- */

/* RFC 8446 4.2.1: without the extension the old field counts, which means "up to". */
static void say_versions(struct hello_words *words, const struct hello *hello, SSL *tls)
{
    struct hello_part versions = hello_part(hello, HELLO_VERSIONS);
    const unsigned char legacy[] = {(unsigned char)(hello->legacy_version >> 8),
                                    (unsigned char)hello->legacy_version};

    hello_say_title(words, "versions");
    if (versions.came > 0) {
        hello_say_numbers(words, HELLO_VERSIONS, versions, tls);
        return;
    }
    hello_say_word(words, "up to");
    hello_say_numbers(words, HELLO_VERSIONS, (struct hello_part){legacy, 2, 2}, tls);
}

static void say_list(struct hello_words *words, const struct hello *hello, enum hello_list list,
                     SSL *tls)
{
    static const char *const titles[] = {
        [HELLO_GROUPS] = "groups", [HELLO_SIGNATURES] = "signatures", [HELLO_SUITES] = "suites"};
    struct hello_part numbers = hello_part(hello, list);

    if (numbers.len > 0) {
        hello_say_title(words, titles[list]);
        hello_say_numbers(words, list, numbers, tls);
    }
}

void hello_describe(const struct hello *hello, SSL *tls, char text[static HELLO_TEXT_SIZE])
{
    struct hello_words words = {.at = text, .size = HELLO_TEXT_SIZE};

    text[0] = '\0';
    if (hello == NULL) {
        return;
    }
    struct hello_part alpn = hello_part(hello, HELLO_ALPN);

    say_versions(&words, hello, tls);
    if (alpn.len > 0) {
        hello_say_title(&words, "alpn");
        hello_say_alpn(&words, alpn);
    }
    say_list(&words, hello, HELLO_GROUPS, tls);
    say_list(&words, hello, HELLO_SIGNATURES, tls);
    say_list(&words, hello, HELLO_SUITES,
             tls); /* the longest comes last: long values lose their end */
}

void hello_server_name(const struct hello *hello, char text[static HELLO_NAME_SIZE])
{
    size_t used = 0;

    text[0] = '\0';
    if (hello == NULL) {
        return;
    }
    struct hello_part name = hello_part(hello, HELLO_NAME);

    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '\0') {
            memcpy(text + used, "\xef\xbf\xbd", 3);
            used += 3;
        } else {
            text[used++] = (char)name.at[i];
        }
    }
    text[used] = '\0';
}
