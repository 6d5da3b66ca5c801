/* report_json.c - a finding for programs. */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "base/json_print.h"
#include "client/report.h"

static void add_view(cJSON *root, const char *key, const struct report_view *view)
{
    char *text = report_encode(view);

    if (text != NULL) {
        cJSON_AddRawToObject(root, key, text);
    }
    free(text);
}

static void add_finding(cJSON *root, const struct report_finding *finding)
{
    cJSON_AddStringToObject(root, "verdict", report_verdict_name(finding->verdict));
    cJSON_AddStringToObject(root, "why", report_verdict_words(finding->verdict));
    cJSON *notes = cJSON_AddArrayToObject(root, "notes");

    for (size_t i = 0; i < finding->note_count; i++) {
        cJSON_AddItemToArray(notes, cJSON_CreateString(finding->notes[i]));
    }
}

static void add_failure(cJSON *root, const struct failure *failure)
{
    cJSON_AddStringToObject(root, "verdict", "failed");
    cJSON_AddStringToObject(root, "why", failure->why);
    cJSON_AddStringToObject(root, "code", failure->code);
    if (failure->cause[0] != '\0') {
        cJSON_AddStringToObject(root, "cause", failure->cause);
    }
    cJSON_AddStringToObject(root, "stage", failure_stage_name(failure->stage));
    cJSON_AddStringToObject(root, "advice", failure->advice);
    if (failure->detail[0] != '\0') {
        cJSON_AddStringToObject(root, "detail", failure->detail);
    }
}

char *report_json(const struct secho_client *client, const struct report_result *result)
{
    const struct failure *failure = &client->failure;
    int status = (int)(failure->happened ? failure->exit : report_exit(result));
    cJSON *root = cJSON_CreateObject();

    cJSON_AddBoolToObject(root, "ok", status == EXIT_PROVEN);
    cJSON_AddNumberToObject(root, "exit", status);
    cJSON_AddStringToObject(root, "host", client->settings.host);
    cJSON_AddNumberToObject(root, "port", (double)strtol(client->settings.port, NULL, 10));
    cJSON_AddStringToObject(root, "address", client->address);
    if (failure->happened) {
        add_failure(root, failure);
    } else {
        add_finding(root, &result->finding);
    }
    if (result->shaken) {
        add_view(root, "here", &result->here);
    }
    if (result->answered) {
        add_view(root, "there", &result->there);
    }
    char *text = json_print(root);

    cJSON_Delete(root);
    return text;
}
