#include "base/utf8.h"

/* The length that a first byte announces, the smallest code that needs it, and the bits it holds.
 */
static const struct {
    unsigned char mask, lead, bits;
    uint32_t low;
} forms[] = {
    {0x80, 0x00, 0x7f, 0},
    {0xe0, 0xc0, 0x1f, 0x80},
    {0xf0, 0xe0, 0x0f, 0x800},
    {0xf8, 0xf0, 0x07, 0x10000},
};

static size_t form_of(unsigned char first)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if ((first & forms[i].mask) == forms[i].lead) {
            return i + 1;
        }
    }
    return 0;
}

size_t utf8_read(const char *text, size_t len, uint32_t *code)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t need = form_of(bytes[0]);
    uint32_t value;

    if (need == 0 || need > len) {
        return 0;
    }
    value = bytes[0] & forms[need - 1].bits;
    for (size_t i = 1; i < need; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = (value << 6) | (bytes[i] & 0x3f);
    }
    if (value < forms[need - 1].low || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    *code = value;
    return need;
}

bool utf8_is_deceptive(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},   {0x180e, 0x180e},
        {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},   {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
        {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
    };

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

size_t utf8_plain_bytes(const char *text, size_t len)
{
    size_t count = 0;

    while (count < len && text[count] >= ' ' && text[count] <= '~') {
        count++;
    }
    return count;
}
