#include "client/check_again.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json_print.h"
#include "client/blame.h"
#include "client/check.h"

#define WORDS_SIZE 640

/* ---- one more ---- */

enum again_how again_how(const struct secho_client *one, bool had_session)
{
    return client_resumed(one)                  ? AGAIN_RESUMED
           : !had_session                       ? AGAIN_NO_SESSION
           : client_not_offered(one)[0] != '\0' ? AGAIN_NOT_OFFERED
                                                : AGAIN_REFUSED;
}

static void keep_newest(const struct secho_client *one, struct session *newest)
{
    struct session session = {0};

    if (client_take_session(one, &session, NULL) == 0) {
        session_done(newest);
        *newest = session;
    }
}

static void describe(const struct secho_client *one, enum again_how how, char *words, size_t size)
{
    double ms = (double)one->times.handshake_us / 1000;

    switch (how) {
    case AGAIN_RESUMED:
        (void)snprintf(words, size, "resumed (tls %.1f ms)%s", ms, early_words(&one->early));
        break;
    case AGAIN_REFUSED:
        (void)snprintf(words, size,
                       "full handshake (tls %.1f ms): the server did not take the session", ms);
        break;
    case AGAIN_NO_SESSION:
        (void)snprintf(words, size, "full handshake (tls %.1f ms): the server had given no session",
                       ms);
        break;
    case AGAIN_NOT_OFFERED:
        (void)snprintf(words, size, "full handshake (tls %.1f ms): the session was not offered: %s",
                       ms, client_not_offered(one));
        break;
    case AGAIN_FAILED:
        (void)snprintf(words, size, "failed");
        break;
    }
}

static int connect_once(const struct secho_client *client, struct session *newest,
                        struct secho_client *one, struct again_one *is)
{
    bool had_session = newest->tls != NULL;

    one->insecure = client->insecure;
    one->early.wanted = client->early.wanted;
    one->trace = client->trace;
    one->trace_context = client->trace_context;
    if (had_session && client_offer(one, newest, NULL) != 0) {
        had_session = false;
    }
    int rc = check_run(one, &is->echo_us);

    is->early = one->early;
    if (rc != 0) {
        is->how = AGAIN_FAILED;
        return -1;
    }
    is->how = again_how(one, had_session);
    is->handshake_us = one->times.handshake_us;
    keep_newest(one, newest);
    return 0;
}

/* ---- all of them ---- */

static int out_of_memory(struct secho_client *client)
{
    struct secho_error err = {.kind = SECHO_ERR_MEMORY, .text = "no memory for a connection"};

    failure_from_error(&client->failure, FAILURE_SETUP, &err);
    return -1;
}

static void take_failure(struct secho_client *client, const struct secho_client *one, int number)
{
    char why[sizeof client->failure.why];
    int room = (int)sizeof why - 32;

    (void)snprintf(why, sizeof why, "connection %d: %.*s", number, room, one->failure.why);
    client->failure = one->failure;
    memcpy(client->failure.why, why, sizeof why);
}

/* Connection `number`. -1 when it failed. */
static int run_one(struct secho_client *client, struct again *again, int number,
                   char words[static WORDS_SIZE])
{
    struct again_one *is = &again->each[again->done];
    struct secho_client *one = NULL;

    if (secho_client_new(&client->settings, &one, NULL) != 0) {
        return out_of_memory(client); /* its settings were good before */
    }
    int rc = connect_once(client, again->newest, one, is);

    again->done++;
    again->resumed += is->how == AGAIN_RESUMED;
    describe(one, is->how, words, WORDS_SIZE);
    if (rc != 0) {
        take_failure(client, one, number);
    }
    secho_client_free(one);
    return rc;
}

int again_run(struct secho_client *client, struct again *again, again_tell_fn *tell, void *context)
{
    char words[WORDS_SIZE] = "";

    again->done = again->resumed = 0;
    again->each = calloc((size_t)again->asked, sizeof *again->each);
    if (again->each == NULL) {
        return out_of_memory(client);
    }
    for (int number = 2; again->done < again->asked; number++) {
        int rc = run_one(client, again, number, words);

        if (tell != NULL) {
            tell(context, number, words);
        }
        if (rc != 0) {
            return -1;
        }
    }
    if (again->resumed < again->asked) {
        (void)snprintf(words, sizeof words, "resumed %d of %d", again->resumed, again->asked);
        blame_bytes(client, ENDING_NOT_RESUMED, words);
        return -1;
    }
    return 0;
}

const char *again_how_name(enum again_how how)
{
    static const char *const names[] = {
        [AGAIN_RESUMED] = "resumed",       [AGAIN_REFUSED] = "refused",
        [AGAIN_NO_SESSION] = "no_session", [AGAIN_NOT_OFFERED] = "not_offered",
        [AGAIN_FAILED] = "failed",
    };

    return names[how];
}

static void add_resume(cJSON *root, const struct again *again)
{
    cJSON *resume = cJSON_AddObjectToObject(root, "resume");

    cJSON_AddNumberToObject(resume, "asked", again->asked);
    cJSON_AddNumberToObject(resume, "resumed", again->resumed);
    cJSON *list = cJSON_AddArrayToObject(resume, "connections");

    for (int i = 0; i < again->done; i++) {
        cJSON *one = cJSON_CreateObject();

        cJSON_AddBoolToObject(one, "resumed", again->each[i].how == AGAIN_RESUMED);
        cJSON_AddStringToObject(one, "how", again_how_name(again->each[i].how));
        cJSON_AddNumberToObject(one, "tls_ms", (double)again->each[i].handshake_us / 1000);
        cJSON_AddNumberToObject(one, "echo_ms", (double)again->each[i].echo_us / 1000);
        if (again->each[i].early.wanted) {
            cJSON_AddStringToObject(one, "early_data", early_fate_name(again->each[i].early.fate));
        }
        cJSON_AddItemToArray(list, one);
    }
}

void again_print_json(const struct secho_client *client, int64_t echo_us, const struct again *again,
                      FILE *out)
{
    cJSON *object = check_json(client, echo_us);

    if (again->asked > 0 && again->each != NULL) {
        add_resume(object, again);
    }
    char *text = json_print(object);

    (void)fprintf(out, "%s\n", text != NULL ? text : "{}");
    free(text);
    cJSON_Delete(object);
}

void again_done(struct again *again)
{
    free(again->each);
    again->each = NULL;
    again->done = 0;
}
