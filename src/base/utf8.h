/* utf8.h - read UTF-8 one character at a time, strictly. Pure. */
#ifndef SECHO_UTF8_H
#define SECHO_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * utf8_read - the character that `text` begins with.
 *
 *   text, len  len in bytes, at least 1
 *   code       set to the code point when the answer is not 0
 *
 * Returns its length in bytes, 1..4, or 0 when the first byte begins no valid character (RFC 3629:
 * nothing overlong, no surrogate, nothing above U+10FFFF, nothing cut short).
 */
size_t utf8_read(const char *text, size_t len, uint32_t *code);

/*
 * Is this a character that a reader does not see or that rearranges what he sees: a control
 * (C0, DEL, C1), a line or paragraph separator, a direction mark, a zero-width character?
 */
bool utf8_is_deceptive(uint32_t code);

/*
 * How many bytes from the start are printable ASCII, space to "~": nearly always all of them, and
 * then nothing else has to be looked at.
 */
size_t utf8_plain_bytes(const char *text, size_t len);

#endif
