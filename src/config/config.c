#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "config/check.h"
#include "config/fields.h"
#include "config/problems.h"
#include "config/read.h"

struct secho_config *config_share(const struct secho_config *config)
{
    /* What people configured never changes; who counts on it does. */
    struct secho_config *shared = (struct secho_config *)(uintptr_t)config;

    atomic_fetch_add(&shared->owners, 1);
    return shared;
}

void secho_config_free(struct secho_config *config)
{
    if (config == NULL || atomic_fetch_sub(&config->owners, 1) > 0) {
        return;
    }
    fields_clear(SECTION_ROOT, config);
    free(config->path);
    free(config);
}

static struct secho_config *new_config(const char *path)
{
    struct secho_config *config = calloc(1, sizeof *config);

    if (config != NULL && (fields_set_text(&config->path, "", 0, path) != 0 ||
                           fields_default(SECTION_ROOT, config) != 0)) {
        secho_config_free(config);
        return NULL;
    }
    return config;
}

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

/* Tree to fields, as far as they are right. Returns NULL without memory. */
static struct secho_config *read_config(const struct json_file *file, const char *path,
                                        struct problems *problems)
{
    struct reader reader = {
        .problems = problems, .folder = path, .folder_len = folder_length(path)};
    struct json_at root = json_root(file);
    struct secho_config *config = new_config(path);

    if (config == NULL) {
        problems->no_memory = true;
        return NULL;
    }
    read_section(&reader, &root, SECTION_ROOT, config);
    if (!problems->no_memory) {
        check_config(&reader, &root, config);
    }
    if (problems->no_memory) {
        secho_config_free(config);
        return NULL;
    }
    return config;
}

/* What all ways of getting at the text share. Takes over `file`; `config` as config_read() has it.
 */
static int finish(struct json_file *file, int parsed, struct problems *problems, const char *path,
                  struct secho_config **config)
{
    *config = NULL;
    if (parsed == 0) {
        *config = read_config(file, path, problems);
        json_close(file);
    } else {
        problems->count = 1; /* the one that json.h wrote */
    }
    return problems->count == 0 && !problems->no_memory ? 0 : -1;
}

int config_read(const char *path, secho_problem_fn *report, void *context,
                struct secho_config **out)
{
    struct problems problems = {0};
    struct json_file file = {0};
    int parsed = json_load(path, &file, &problems.items[0]);

    if (finish(&file, parsed, &problems, path, out) != 0) {
        problems_tell(&problems, path, report, context);
        return -1;
    }
    return 0;
}

int secho_config_load(const char *path, secho_problem_fn *report, void *context,
                      struct secho_config **out)
{
    struct secho_config *config;

    if (config_read(path, report, context, &config) != 0) {
        secho_config_free(config);
        return -1;
    }
    *out = config;
    return 0;
}

/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
int secho_config_parse(const char *text, size_t len, const char *name, secho_problem_fn *report,
                       void *context, struct secho_config **out)
{
    struct problems problems = {0};
    struct json_file file = {0};
    struct secho_config *config;
    int parsed = json_parse(text, len, &file, &problems.items[0]);

    if (finish(&file, parsed, &problems, name, &config) != 0) {
        problems_tell(&problems, name, report, context);
        secho_config_free(config);
        return -1;
    }
    *out = config;
    return 0;
}
