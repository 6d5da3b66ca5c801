/* Any bytes are a configuration or are refused in words; what is one prints, and reads back as
 * itself. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "fuzz.h"

/* A line of a message is one line, of characters that no terminal obeys. */
static void check_line(void *context, const char *line)
{
    size_t *lines = context;

    assert(strncmp(line, "d/s.json:", 9) == 0);
    for (const char *p = line; *p != '\0'; p++) {
        assert((unsigned char)*p >= 0x20 && *p != 0x7f);
    }
    *lines += 1;
}

static void check_print(const struct secho_config *config)
{
    struct secho_config *again = NULL;
    size_t lines = 0;
    char *first = config_print(config), *second;

    assert(first != NULL);
    /* Paths have their folder in front by now: no folder this time. */
    assert(secho_config_parse(first, strlen(first), "s.json", check_line, &lines, &again) == 0);
    second = config_print(again);
    assert(second != NULL && strcmp(first, second) == 0);
    free(first);
    free(second);
    secho_config_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct secho_config *config = NULL;
    size_t lines = 0;
    int rc = secho_config_parse((const char *)data, len, "d/s.json", check_line, &lines, &config);

    assert((rc == 0) == (config != NULL) && (rc == 0) == (lines == 0));
    if (config != NULL) {
        assert(config->listener_count > 0);
        check_print(config);
    }
    secho_config_free(config);
    return 0;
}
