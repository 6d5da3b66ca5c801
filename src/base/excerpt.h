/* excerpt.h - bytes of somebody's file for a message: escaped, so that they cannot forge a line. */
#ifndef SECHO_EXCERPT_H
#define SECHO_EXCERPT_H

#include <stddef.h>

/*
 * The length of the UTF-8 character (RFC 3629) at `bytes`, 1..4; 0 when there is none within
 * `len` bytes: overlong forms, surrogates and code points above U+10FFFF are none.
 */
size_t utf8_length(const char *bytes, size_t len);

/*
 * excerpt_append - append `len` bytes to the NUL-terminated `out` of `size` bytes.
 *
 *   max  after so many bytes (at the end of a character) comes "..." instead of the rest
 *
 * Control characters and those that change the direction or the line become \u001b, bytes that
 * are not UTF-8 become \xff. What does not fit is left out.
 */
void excerpt_append(char *out, size_t size, const char *bytes, size_t len, size_t max);

#endif
