/* resume_tell.c - the table of the mode "resume", and what it means in words. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_print.h"
#include "client/resume.h"

static const char *const names[] = {
    [RESUME_FULL] = "full",
    [RESUME_YES] = "resumed",
    [RESUME_NO_SESSION] = "no_session",
    [RESUME_NOT_OFFERED] = "not_offered",
    [RESUME_FAILED] = "failed",
};

static const char *cell_text(const struct resume_cell *cell)
{
    return cell->how == RESUME_FAILED ? cell->code : names[cell->how];
}

/* ---- the meaning: one sentence for each server, and for each pair ---- */

typedef void sentence_fn(void *context, const char *sentence);

#define SENTENCE_SIZE 1024

static void tell_one(const struct resume *resume, size_t at, sentence_fn *tell, void *context)
{
    const char *label = resume->targets[at].label;
    char text[SENTENCE_SIZE] = "";

    switch (resume->cells[at][at].how) {
    case RESUME_YES:
        break;
    case RESUME_FULL:
        (void)snprintf(text, sizeof text, "%s does not honour its own sessions", label);
        break;
    case RESUME_NO_SESSION:
        (void)snprintf(text, sizeof text, "%s gives no sessions", label);
        break;
    case RESUME_NOT_OFFERED:
        (void)snprintf(text, sizeof text, "a session of %s cannot be offered even there", label);
        break;
    case RESUME_FAILED:
        (void)snprintf(text, sizeof text, "with %s there was no connection: %s", label,
                       resume->cells[at][at].code);
        break;
    }
    if (text[0] != '\0') {
        tell(context, text);
    }
}

static void tell_pair(const struct resume *resume, size_t a, size_t b, sentence_fn *tell,
                      void *context)
{
    const char *one = resume->targets[a].label, *other = resume->targets[b].label;
    enum resume_how there = resume->cells[a][b].how, back = resume->cells[b][a].how;
    char text[SENTENCE_SIZE] = "";

    if (there == RESUME_NOT_OFFERED || back == RESUME_NOT_OFFERED) {
        (void)snprintf(text, sizeof text,
                       "the certificate of one of %s and %s is not good for the other: with "
                       "--server-name NAME both are asked for the same",
                       one, other);
    } else if (there == RESUME_FULL && back == RESUME_FULL) {
        (void)snprintf(text, sizeof text,
                       "%s and %s do not honour each other's sessions: they share no ticket keys, "
                       "or are set up differently",
                       one, other);
    } else if (there == RESUME_FULL || back == RESUME_FULL) {
        bool forward = there == RESUME_YES;

        (void)snprintf(text, sizeof text,
                       "sessions of %s are honoured by %s but not the other way round: do they "
                       "share ticket keys?",
                       forward ? one : other, forward ? other : one);
        if (there != RESUME_YES && back != RESUME_YES) {
            text[0] = '\0'; /* said of the server that fails */
        }
    }
    if (text[0] != '\0') {
        tell(context, text);
    }
}

static bool all_are_honoured(const struct resume *resume)
{
    for (size_t i = 0; i < resume->count; i++) {
        for (size_t k = 0; k < resume->count; k++) {
            if (resume->cells[i][k].how != RESUME_YES) {
                return false;
            }
        }
    }
    return true;
}

static void tell_all(const struct resume *resume, sentence_fn *tell, void *context)
{
    if (all_are_honoured(resume)) {
        tell(context, resume->count == 1 ? "the server honours its own sessions"
                                         : "every session is honoured by every server");
    }
    for (size_t i = 0; i < resume->count; i++) {
        tell_one(resume, i, tell, context);
    }
    for (size_t i = 0; i < resume->count; i++) {
        for (size_t k = i + 1; k < resume->count; k++) {
            tell_pair(resume, i, k, tell, context);
        }
    }
}

/* ---- for people ---- */

static void print_sentence(void *out, const char *sentence)
{
    (void)fprintf(out, "%s\n", sentence);
}

void resume_print(const struct resume *resume, FILE *out)
{
    int width = (int)sizeof "not_offered";

    for (size_t i = 0; i < resume->count; i++) {
        int len = (int)strlen(resume->targets[i].label);

        width = len > width ? len : width;
    }
    (void)fprintf(out, "%-*s  offered at\n%-*s", width, "made at", width, "");
    for (size_t k = 0; k < resume->count; k++) {
        (void)fprintf(out, "  %-*s", width, resume->targets[k].label);
    }
    for (size_t i = 0; i < resume->count; i++) {
        (void)fprintf(out, "\n%-*s", width, resume->targets[i].label);
        for (size_t k = 0; k < resume->count; k++) {
            (void)fprintf(out, "  %-*s", width, cell_text(&resume->cells[i][k]));
        }
    }
    (void)fputs("\n\n", out);
    tell_all(resume, print_sentence, out);
}

/* ---- for programs ---- */

static void add_sentence(void *list, const char *sentence)
{
    cJSON_AddItemToArray(list, cJSON_CreateString(sentence));
}

static void add_cell(cJSON *list, const struct resume *resume, size_t made_at, size_t offered_at)
{
    const struct resume_cell *cell = &resume->cells[made_at][offered_at];
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "made_at", resume->targets[made_at].label);
    cJSON_AddStringToObject(object, "offered_at", resume->targets[offered_at].label);
    cJSON_AddStringToObject(object, "how", names[cell->how]);
    if (cell->how == RESUME_FAILED) {
        cJSON_AddStringToObject(object, "code", cell->code);
    }
    cJSON_AddItemToArray(list, object);
}

void resume_print_json(const struct resume *resume, int status, FILE *out)
{
    const struct failure *failure = &resume->failure;
    cJSON *root = cJSON_CreateObject();

    cJSON_AddBoolToObject(root, "ok", status == EXIT_PROVEN);
    cJSON_AddStringToObject(root, "code",
                            failure->happened       ? failure->code
                            : status == EXIT_PROVEN ? "ok"
                                                    : "not_resumed");
    cJSON_AddNumberToObject(root, "exit", status);
    cJSON *list = cJSON_AddArrayToObject(root, "offers");

    for (size_t i = 0; i < resume->count; i++) {
        for (size_t k = 0; k < resume->count; k++) {
            add_cell(list, resume, i, k);
        }
    }
    tell_all(resume, add_sentence, cJSON_AddArrayToObject(root, "summary"));
    if (failure->happened) {
        if (failure->cause[0] != '\0') {
            cJSON_AddStringToObject(root, "cause", failure->cause);
        }
        cJSON_AddStringToObject(root, "why", failure->why);
        cJSON_AddStringToObject(root, "advice", failure->advice);
    }
    char *text = json_print(root);

    (void)fprintf(out, "%s\n", text != NULL ? text : "{}");
    free(text);
    cJSON_Delete(root);
}
