/* path_json.c - what the mode path found, for programs. */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "base/json_print.h"
#include "client/path.h"

static void add_failure(cJSON *root, const struct failure *failure)
{
    if (failure->cause[0] != '\0') {
        cJSON_AddStringToObject(root, "cause", failure->cause);
    }
    cJSON_AddStringToObject(root, "stage", failure_stage_name(failure->stage));
    cJSON_AddStringToObject(root, "why", failure->why);
    cJSON_AddStringToObject(root, "advice", failure->advice);
    if (failure->detail[0] != '\0') {
        cJSON_AddStringToObject(root, "detail", failure->detail);
    }
}

static void add_silence(cJSON *root, const struct path_try *this)
{
    cJSON_AddNumberToObject(root, "survived_ms", (double)this->survived_ms);
    if (this->ended_ms > 0) {
        cJSON_AddNumberToObject(root, "ended_ms", (double)this->ended_ms);
    }
}

static cJSON *describe(const struct path *path, enum path_kind kind)
{
    const struct path_try *this = &path->tries[kind];
    bool connected = this->hello_bytes > 0;
    cJSON *root = cJSON_CreateObject();

    cJSON_AddStringToObject(root, "try", path_name(kind));
    cJSON_AddStringToObject(root, "result", path_result_name(this->result));
    cJSON_AddStringToObject(root, "words", this->words);
    if (connected) {
        cJSON_AddNumberToObject(root, "hello_bytes", (double)this->hello_bytes);
        cJSON_AddNumberToObject(root, "time_ms", (double)this->took_us / 1000);
    }
    if (kind == PATH_IDLE && connected) {
        add_silence(root, this);
    }
    if (this->failure.happened) {
        cJSON_AddStringToObject(root, "code", this->failure.code);
        add_failure(root, &this->failure);
    }
    if (path_culprit(path, kind) != NULL) {
        cJSON_AddStringToObject(root, "culprit", path_culprit(path, kind));
    }
    return root;
}

/* The code of the whole: of the first try that something on the way breaks. */
static const char *code_of(const struct path *path, enum exit_status status)
{
    if (path->failure.happened) {
        return path->failure.code;
    }
    for (enum path_kind kind = 0; kind < PATH_KINDS && status != EXIT_PROVEN; kind++) {
        if (path->tries[kind].result == PATH_FAILS) {
            return path->tries[kind].failure.code;
        }
    }
    return "ok";
}

/* It did not come to that any more. */
static bool was_left_out(const struct path *path, enum path_kind kind)
{
    return path->tries[kind].result == PATH_NOT_TRIED && path->tries[kind].words[0] == '\0';
}

char *path_json(const struct path *path, enum exit_status status)
{
    cJSON *root = cJSON_CreateObject();

    cJSON_AddBoolToObject(root, "ok", status == EXIT_PROVEN);
    cJSON_AddStringToObject(root, "code", code_of(path, status));
    cJSON_AddNumberToObject(root, "exit", status);
    cJSON_AddStringToObject(root, "host", path->host);
    cJSON_AddNumberToObject(root, "port", (double)strtol(path->settings.port, NULL, 10));
    cJSON_AddStringToObject(root, "address", path->address);
    cJSON_AddNumberToObject(root, "timeout_ms", (double)path_patience_ms(path));
    if (path->shaken) {
        cJSON_AddBoolToObject(root, "echo", path->echoes);
    }
    if (path->failure.happened) {
        add_failure(root, &path->failure);
    }
    cJSON *tries = cJSON_AddArrayToObject(root, "tries");

    for (enum path_kind kind = 0; kind < PATH_KINDS; kind++) {
        if (!was_left_out(path, kind)) {
            cJSON_AddItemToArray(tries, describe(path, kind));
        }
    }
    char *text = json_print(root);

    cJSON_Delete(root);
    return text;
}
