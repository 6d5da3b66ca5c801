/*
 * page.h - the status page: one file, made of src/daemon/page/ when secho is built. It asks for
 * /status and /history, and for nothing else.
 */
#ifndef SECHO_PAGE_H
#define SECHO_PAGE_H

#include <stddef.h>

extern const unsigned char page_bytes[]; /* HTML in UTF-8, `page_len` bytes, no NUL */
extern const size_t page_len;
extern const char page_policy[]; /* its Content-Security-Policy */

#endif
