#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "daemon/metrics_parts.h"

/* What is not UTF-8 would spoil the whole answer. */
void metrics_label(FILE *out, const char *separator, const char *name, const char *value)
{
    size_t left = strlen(value);

    (void)fprintf(out, "%s%s=\"", separator, name);
    while (left > 0) {
        uint32_t code;
        size_t len = utf8_read(value, left, &code);

        if (len == 0) {
            (void)fputs("\xEF\xBF\xBD", out); /* U+FFFD */
            len = 1;
        } else if (*value == '\\' || *value == '"') {
            (void)fprintf(out, "\\%c", *value);
        } else if (*value == '\n') {
            (void)fputs("\\n", out);
        } else {
            (void)fwrite(value, 1, len, out);
        }
        value += len;
        left -= len;
    }
    (void)fputc('"', out);
}
