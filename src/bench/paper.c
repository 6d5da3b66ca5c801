#include "bench/paper.h"

#include <string.h>

#include "base/utf8.h"

static const char *escape_of(uint32_t code)
{
    switch (code) {
    case '\n': /* no more than a space in HTML */
        return " ";
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return utf8_is_deceptive(code) ? "\uFFFD" : NULL;
    }
}

static bool is_microseconds(const char *text, const char *at)
{
    return at > text && at[-1] == ' ' && at[0] == 'u' && at[1] == 's' &&
           (at[2] == '\0' || at[2] == ' ' || at[2] == ',' || at[2] == ':');
}

void paper_text(FILE *out, const char *text)
{
    const char *end = text + strlen(text);

    for (const char *at = text; at < end;) {
        uint32_t code = 0;
        size_t len = utf8_read(at, (size_t)(end - at), &code);
        const char *escape = len == 0 ? "\uFFFD" : escape_of(code);

        if (is_microseconds(text, at)) {
            (void)fputs("µ", out);
        } else if (escape != NULL) {
            (void)fputs(escape, out);
        } else {
            (void)fwrite(at, 1, len, out);
        }
        at += len == 0 ? 1 : len;
    }
}
