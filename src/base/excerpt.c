#include "base/excerpt.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define SHOWN_SIZE 12 /* "\\u" and up to eight digits */

/* Writes the character at `bytes` as it may be shown. Returns how many bytes it was. */
static size_t show(const char *bytes, size_t left, char shown[static SHOWN_SIZE])
{
    uint32_t code = 0;
    size_t len = utf8_read(bytes, left, &code);

    if (len == 0) {
        (void)snprintf(shown, SHOWN_SIZE, "\\x%02x", (unsigned)(unsigned char)bytes[0]);
        return 1;
    }
    if (utf8_is_deceptive(code)) {
        (void)snprintf(shown, SHOWN_SIZE, "\\u%04x", (unsigned)code);
        return len;
    }
    memcpy(shown, bytes, len);
    shown[len] = '\0';
    return len;
}

void excerpt_append(char *out, size_t size, const char *bytes, size_t len, size_t max)
{
    size_t used = strlen(out);
    char shown[SHOWN_SIZE];

    for (size_t at = 0; at < len;) {
        at += show(bytes + at, len - at, shown);
        bool cut = at > max;
        const char *piece = cut ? "..." : shown;
        size_t wide = strlen(piece);

        if (used + wide + 1 > size) {
            return;
        }
        memcpy(out + used, piece, wide + 1);
        used += wide;
        if (cut) {
            return;
        }
    }
}

const char *excerpt_text(char *out, size_t size, const char *text)
{
    out[0] = '\0';
    excerpt_append(out, size, text, strlen(text), size);
    return out;
}

void excerpt_cut(char *out, size_t size, const char *text)
{
    static const char mark[] = "...";
    size_t len = text != NULL ? strlen(text) : 0;
    size_t used = 0, marked = 0; /* up to where there is still room for the mark */
    char shown[SHOWN_SIZE];

    for (size_t at = 0; at < len;) {
        at += show(text + at, len - at, shown);
        size_t wide = strlen(shown);

        if (used + wide + 1 > size) {
            memcpy(out + marked, mark, sizeof mark);
            return;
        }
        memcpy(out + used, shown, wide);
        used += wide;
        marked = used + sizeof mark <= size ? used : marked;
    }
    out[used] = '\0';
}
