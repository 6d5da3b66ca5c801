/* Any text in a field is one clean line: JSON parses, and no byte of it can forge or deceive. */
#include <assert.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "fuzz.h"

static char line[LOG_LINE_MAX];

static void check_clean(size_t len)
{
    uint32_t code = 0;

    assert(len > 0 && len <= sizeof line && line[len - 1] == '\n');
    for (size_t at = 0, wide; at < len - 1; at += wide) {
        wide = utf8_read(line + at, len - 1 - at, &code);
        assert(wide > 0 && !utf8_is_deceptive(code));
    }
}

static void check_json(size_t len)
{
    cJSON *json = cJSON_ParseWithLength(line, len);

    assert(cJSON_IsObject(json));
    assert(cJSON_GetArraySize(json) <= 3 + 3); /* time, level, event, and what was given */
    assert(cJSON_IsString(cJSON_GetObjectItemCaseSensitive(json, "end")));
    cJSON_Delete(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);

    assert(text != NULL);
    if (len > 0) {
        memcpy(text, data, len);
    }
    text[len] = '\0';
    const struct secho_field fields[] = {
        log_text("sni", text), log_text("client", text), log_text("end", "ok"), {0}};

    for (enum log_format how = LOG_FORMAT_TEXT; how <= LOG_FORMAT_SYSTEMD; how++) {
        size_t used = log_format(how, SECHO_LEVEL_INFO, "closed", fields, line);

        check_clean(used);
        if (how == LOG_FORMAT_JSON) {
            check_json(used);
        }
    }
    free(text);
    return 0;
}
