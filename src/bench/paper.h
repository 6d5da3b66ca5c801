/* paper.h - text on an HTML page: nothing that a peer or a user says becomes markup. */
#ifndef SECHO_PAPER_H
#define SECHO_PAPER_H

#include <stdio.h>

/*
 * Writes plain text for element content and for attributes in double quotes. What is not UTF-8 and
 * what deceives a reader (utf8.h) becomes U+FFFD, a newline a space, " us" becomes " µs".
 */
void paper_text(FILE *out, const char *text);

#endif
