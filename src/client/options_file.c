/* options_file.c - client.json: the options that a person always wants. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "client/options.h"
#include "config/keys.h"
#include "config/problems.h"

/* What is being read. */
struct file {
    const char *path;
    struct options *options;
    struct problems problems;
};

static const struct option_row *find_row(const char *name)
{
    for (size_t i = 0; i < options_row_count; i++) {
        if (options_rows[i].in_file && strcmp(options_rows[i].name, name) == 0) {
            return &options_rows[i];
        }
    }
    return NULL;
}

static const char *nearest_name(const char *name)
{
    const char *nearest = "";
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < options_row_count; i++) {
        size_t far = config_key_distance(name, options_rows[i].name);

        if (options_rows[i].in_file && far < best) {
            nearest = options_rows[i].name;
            best = far;
        }
    }
    return nearest;
}

/* A copy that lives as long as the options; a relative path gets the folder of the file. */
static char *keep(struct file *file, const struct option_row *row, const char *text)
{
    struct options *options = file->options;
    const char *slash = strrchr(file->path, '/');
    int folder = row->type == OPTION_PATH && text[0] != '/' && text[0] != '\0' && slash != NULL
                     ? (int)(slash + 1 - file->path)
                     : 0;
    char *copy = NULL;

    if (options->owned_count == OPTIONS_STRINGS_MAX ||
        asprintf(&copy, "%.*s%s", folder, file->path, text) < 0) {
        file->problems.no_memory = true;
        return NULL;
    }
    options->owned[options->owned_count++] = copy;
    return copy;
}

static void take_text(struct file *file, const struct json_at *at, const struct option_row *row)
{
    char shown[JSON_SHOWN_SIZE];
    char problem[OPTION_PROBLEM_SIZE] = "";

    if (!cJSON_IsString(at->value)) {
        json_show_typed(at, shown);
        problems_add(&file->problems, at, "must be a string, is %s", shown);
        return;
    }
    char *text = keep(file, row, at->value->valuestring);

    if (text != NULL && option_set(file->options, row, text, problem) != 0) {
        json_show(at, shown);
        problems_add(&file->problems, at, "must %s, is %s", problem, shown);
    }
}

static void take_value(struct file *file, const struct json_at *at, const struct option_row *row)
{
    char shown[JSON_SHOWN_SIZE];

    if (row->type != OPTION_FLAG) {
        take_text(file, at, row);
    } else if (!cJSON_IsBool(at->value)) {
        json_show_typed(at, shown);
        problems_add(&file->problems, at, "must be true or false, is %s", shown);
    } else {
        *(bool *)option_value(file->options, row) = cJSON_IsTrue(at->value);
    }
}

static bool is_given(const struct options *options, const struct option_row *row)
{
    return (options->given & UINT64_C(1) << (row - options_rows)) != 0;
}

static void take_member(struct file *file, const struct json_at *root, const cJSON *value)
{
    struct json_at at = json_member(root, value);
    const struct option_row *row = find_row(at.key);
    struct options scratch = *file->options; /* checked also when the command line wins */

    if (json_twin(root->value, value) != NULL) {
        problems_add_key(&file->problems, &at, "the key is there twice; remove one of them");
    } else if (row == NULL && strcmp(at.key, "$schema") != 0) {
        problems_add_key(&file->problems, &at, "unknown key; did you mean \"%s\"?",
                         nearest_name(at.key));
    } else if (row != NULL) {
        take_value(file, &at, row);
        if (is_given(&scratch, row)) { /* what take_value() owns by now stays owned */
            memcpy(option_value(file->options, row), option_value(&scratch, row), option_size(row));
        }
    }
}

static void take_all(struct file *file, const struct json_file *json)
{
    struct json_at root = json_root(json);

    if (!cJSON_IsObject(root.value)) {
        problems_add(&file->problems, &root, "must be an object; put it in { }");
        return;
    }
    for (const cJSON *value = root.value->child; value != NULL; value = value->next) {
        take_member(file, &root, value);
    }
}

/* -6 on the command line beats "ipv4" in the file: both would leave nothing. */
static void settle_pairs(struct options *options, const struct options *before)
{
    if (before->way.ipv4 || before->way.ipv6) {
        options->way.ipv4 = before->way.ipv4;
        options->way.ipv6 = before->way.ipv6;
    }
    if (before->verbose || before->quiet) {
        options->verbose = before->verbose;
        options->quiet = before->quiet;
    }
}

/* ---- where it is ---- */

/* $XDG_CONFIG_HOME/secho/client.json, or ~/.config/secho/client.json. False: nobody's home. */
static bool default_path(char *path, size_t size)
{
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int n;

    if (base != NULL && base[0] == '/') { /* others are to be ignored: XDG Base Directory */
        n = snprintf(path, size, "%s/secho/client.json", base);
    } else if (home != NULL && home[0] != '\0') {
        n = snprintf(path, size, "%s/.config/secho/client.json", home);
    } else {
        return false;
    }
    return n > 0 && (size_t)n < size;
}

static int load(struct file *file, secho_problem_fn *report, void *context, struct secho_error *err)
{
    const struct options before = *file->options;
    struct json_file json = {0};

    if (json_load(file->path, &json, &file->problems.items[0]) == 0) {
        take_all(file, &json);
    } else {
        file->problems.count = 1;
    }
    json_close(&json);
    settle_pairs(file->options, &before);
    if (file->problems.count == 0 && !file->problems.no_memory) {
        return 0;
    }
    problems_tell(&file->problems, file->path, report, context);
    return error_set(err, SECHO_ERR_CONFIG, "%s: %zu problem%s", file->path, file->problems.count,
                     file->problems.count == 1 ? "" : "s");
}

int options_load(struct options *options, secho_problem_fn *report, void *context,
                 struct secho_error *err)
{
    char path[PATH_MAX];
    struct file *file;
    int rc;

    if (options->config == NULL &&
        (!default_path(path, sizeof path) || (access(path, F_OK) != 0 && errno != EACCES))) {
        return 0; /* most people have none */
    }
    if (options->config != NULL && access(options->config, R_OK) != 0) {
        error_errno(err, "%s", options->config);
        if (err != NULL) {
            err->kind = SECHO_ERR_FILE;
        }
        return -1;
    }
    file = calloc(1, sizeof *file);
    if (file == NULL) {
        return error_set(err, SECHO_ERR_MEMORY, "no memory for client.json");
    }
    file->path = options->config != NULL ? options->config : path;
    file->options = options;
    rc = load(file, report, context, err);
    free(file);
    return rc;
}
