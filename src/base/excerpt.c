#include "base/excerpt.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Reads one character; its length goes into `*len` (0: not UTF-8). RFC 3629 4. */
static uint32_t decode(const unsigned char *bytes, size_t left, size_t *len)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000}; /* by length: no overlong */
    unsigned char first = bytes[0];
    size_t need = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t point = need == 1 ? first : first & (0xffU >> (need + 1));

    *len = 0;
    if (need == 0 || need > left || first > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < need; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
        point = point << 6 | (bytes[i] & 0x3f);
    }
    if (point < smallest[need] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return 0;
    }
    *len = need;
    return point;
}

size_t utf8_length(const char *bytes, size_t len)
{
    size_t used = 0;

    if (len > 0) {
        (void)decode((const unsigned char *)bytes, len, &used);
    }
    return used;
}

/* C0, DEL, C1, line separators, and the marks that turn the writing direction around. */
static bool is_unprintable(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
           (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

/* Writes the character at `bytes` as it may be shown. Returns how many bytes it was. */
static size_t show(const char *bytes, size_t left, char shown[static 8])
{
    size_t len = 0;
    uint32_t point = decode((const unsigned char *)bytes, left, &len);

    if (len == 0) {
        (void)snprintf(shown, 8, "\\x%02x", (unsigned)(unsigned char)bytes[0]);
        return 1;
    }
    if (is_unprintable(point)) {
        (void)snprintf(shown, 8, "\\u%04x", (unsigned)(point & 0xffff));
        return len;
    }
    memcpy(shown, bytes, len);
    shown[len] = '\0';
    return len;
}

void excerpt_append(char *out, size_t size, const char *bytes, size_t len, size_t max)
{
    size_t used = strlen(out);
    char shown[8];

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
