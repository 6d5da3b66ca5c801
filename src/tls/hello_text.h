/*
 * hello_text.h - a hello in words, for one line of the log:
 *
 *     versions TLSv1.3 TLSv1.2; alpn h2; groups X25519 P-256; signatures ed25519; suites ...
 *
 * A list that was not sent is not there. A number without a name is 0x and four digits; what a list
 * has too much of becomes "+12 more". Of the peer's bytes (ALPN) those that are no visible ASCII,
 * `;` and `\` are \xNN: so "; " and blanks are always ours.
 */
#ifndef SECHO_HELLO_TEXT_H
#define SECHO_HELLO_TEXT_H

#include <openssl/ssl.h>
#include <stddef.h>

#include "tls/hello.h"

#define HELLO_TEXT_SIZE 2048

/* `tls` is any SSL: suites are looked up in it. "" for NULL. */
void hello_describe(const struct hello *hello, SSL *tls, char text[static HELLO_TEXT_SIZE]);

#define HELLO_NAME_SIZE (3 * 255 + 1)

/*
 * The server name that was asked for, "" for none. Its bytes are the peer's, escape them; where it
 * has a NUL, U+FFFD stands.
 */
void hello_server_name(const struct hello *hello, char text[static HELLO_NAME_SIZE]);

/* ---- for those who have lists of their own ---- */

/* A text that grows up to its size; what has no room is left out. */
struct hello_words {
    char *at;
    size_t size, used;
};

/* Begins the next list. */
void hello_say_title(struct hello_words *words, const char *title);

/* Adds a blank and the name of each number. */
void hello_say_numbers(struct hello_words *words, enum hello_list list, struct hello_part numbers,
                       SSL *tls);

/* Adds a blank and each name of an ALPN list (HELLO_ALPN). */
void hello_say_alpn(struct hello_words *words, struct hello_part names);

/* Adds a blank and a word of ours. */
void hello_say_word(struct hello_words *words, const char *word);

#endif
