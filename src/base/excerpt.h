/* excerpt.h - bytes of somebody's file for a message: escaped, so that they cannot forge a line. */
#ifndef SECHO_EXCERPT_H
#define SECHO_EXCERPT_H

#include <stddef.h>

/*
 * excerpt_append - append `len` bytes to the NUL-terminated `out` of `size` bytes.
 *
 *   max  after so many bytes (at the end of a character) comes "..." instead of the rest
 *
 * Characters that deceive (utf8.h) become \u001b, bytes that are not UTF-8 become \xff. What does
 * not fit is left out.
 */
void excerpt_append(char *out, size_t size, const char *bytes, size_t len, size_t max);

/* The whole text in `out`, escaped in the same way; what does not fit is left out. Returns `out`.
 */
const char *excerpt_text(char *out, size_t size, const char *text);

/* The same, but what does not fit is cut at the end of a character and becomes "...". `size` at
 * least 4; `text` may be NULL for "".
 */
void excerpt_cut(char *out, size_t size, const char *text);

#endif
