#include "base/json_print.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define ESCAPED 4 /* characters of "\xff" */

static size_t read_one(const char *text, size_t left)
{
    uint32_t code;

    return utf8_read(text, left, &code);
}

static bool is_utf8(const char *text)
{
    size_t left = strlen(text), len = utf8_plain_bytes(text, left);

    for (text += len, left -= len; left > 0; text += len, left -= len) {
        len = read_one(text, left);
        if (len == 0) {
            return false;
        }
    }
    return true;
}

/* A copy in which each byte that is no UTF-8 is escaped; NULL without memory. */
static char *escaped(const char *text)
{
    size_t left = strlen(text), used = 0;
    char *out = malloc(left * ESCAPED + 1);

    while (out != NULL && left > 0) {
        size_t len = read_one(text, left);

        if (len == 0) {
            used += (size_t)snprintf(out + used, ESCAPED + 1, "\\x%02x", (unsigned char)text[0]);
            len = 1;
        } else {
            memcpy(out + used, text, len);
            used += len;
        }
        text += len;
        left -= len;
    }
    if (out != NULL) {
        out[used] = '\0';
    }
    return out;
}

/* False without memory. Our own trees are a few levels deep. */
static bool clean(cJSON *value)
{
    cJSON *child;

    if (cJSON_IsString(value) && !is_utf8(value->valuestring)) {
        char *text = escaped(value->valuestring);
        bool ok = text != NULL && cJSON_SetValuestring(value, text) != NULL;

        free(text);
        return ok;
    }
    cJSON_ArrayForEach(child, value) /* of an object, too */
    {
        if (!clean(child)) {
            return false;
        }
    }
    return true;
}

char *json_print(cJSON *tree)
{
    return tree != NULL && clean(tree) ? cJSON_PrintUnformatted(tree) : NULL;
}
