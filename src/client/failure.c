#include "client/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *failure_stage_name(enum failure_stage stage)
{
    static const char *const names[] = {
        [FAILURE_SETUP] = "setup",     [FAILURE_RESOLVE] = "resolve",
        [FAILURE_CONNECT] = "connect", [FAILURE_HANDSHAKE] = "handshake",
        [FAILURE_ECHO] = "echo",       [FAILURE_GOODBYE] = "goodbye",
    };

    return names[stage];
}

static enum secho_error_kind kind_of(enum exit_status exit)
{
    switch (exit) {
    case EXIT_PROVEN:
        return SECHO_OK;
    case EXIT_THRESHOLD:
        return SECHO_ERR_LIMIT;
    case EXIT_USAGE:
        return SECHO_ERR_USAGE;
    case EXIT_BYTES:
        return SECHO_ERR_PEER;
    case EXIT_FILE:
        return SECHO_ERR_FILE;
    case EXIT_NAME:
        return SECHO_ERR_RESOLVE;
    case EXIT_UNREACHABLE:
        return SECHO_ERR_CONNECT;
    case EXIT_SYSTEM:
        return SECHO_ERR_SYSTEM;
    case EXIT_TIMEOUT:
        return SECHO_ERR_TIMEOUT;
    case EXIT_PROTOCOL:
        return SECHO_ERR_TLS;
    case EXIT_CERTIFICATE:
        return SECHO_ERR_VERIFY;
    case EXIT_CONFIG:
        return SECHO_ERR_CONFIG;
    }
    return SECHO_ERR_SYSTEM;
}

static void begin(struct failure *failure, enum failure_stage stage)
{
    *failure = (struct failure){.happened = true, .stage = stage};
}

void failure_set(struct failure *failure, enum failure_stage stage, const struct ending *ending,
                 const char *place, ...)
{
    struct explanation is;
    va_list ap;

    begin(failure, stage);
    va_start(ap, place);
    (void)vsnprintf(failure->why, FAILURE_PLACE_SIZE, place, ap);
    va_end(ap);
    explain(ending, &is);
    size_t used = strlen(failure->why);

    (void)snprintf(failure->why + used, sizeof failure->why - used, ": %.*s", (int)is.advice_at,
                   is.why);
    used = strlen(failure->why);
    if (used > 0 && failure->why[used - 1] == ' ') {
        failure->why[used - 1] = '\0';
    }
    (void)snprintf(failure->advice, sizeof failure->advice, "%s", is.why + is.advice_at);
    failure->number = is.number;
    failure->code = is.code;
    failure->cause = is.cause;
    failure->exit = explain_exit(is.number, ending->stage);
    failure->kind = kind_of(failure->exit);
}

/* ---- beside the network ---- */

static enum explain_code code_of(enum secho_error_kind kind)
{
    switch (kind) {
    case SECHO_ERR_USAGE:
        return EXPLAIN_USAGE;
    case SECHO_ERR_FILE:
        return EXPLAIN_FILE;
    case SECHO_ERR_CONFIG:
        return EXPLAIN_CONFIG;
    case SECHO_ERR_MEMORY:
        return EXPLAIN_OUT_OF_MEMORY;
    case SECHO_ERR_TLS:
        return EXPLAIN_TLS_ERROR;
    case SECHO_OK:
    case SECHO_ERR_SYSTEM:
    case SECHO_ERR_RESOLVE:
    case SECHO_ERR_CONNECT:
    case SECHO_ERR_VERIFY:
    case SECHO_ERR_PEER:
    case SECHO_ERR_TIMEOUT:
    case SECHO_ERR_LIMIT:
        break;
    }
    return EXPLAIN_SYSTEM;
}

enum exit_status failure_exit_of(enum secho_error_kind kind)
{
    return explain_exit(code_of(kind), ENDING_STAGE_ACCEPTED);
}

void failure_advise(struct failure *failure, const char *advice)
{
    (void)snprintf(failure->advice, sizeof failure->advice, "%s", advice);
}

/* base/file.h puts its advice behind the last "; ": ours stands on a line of its own. */
static void drop_advice(char *why)
{
    for (char *at = strstr(why, "; "); at != NULL; at = strstr(at, "; ")) {
        if (strstr(at + 1, "; ") == NULL) {
            *at = '\0';
            return;
        }
        at++;
    }
}

void failure_from_error(struct failure *failure, enum failure_stage stage,
                        const struct secho_error *err)
{
    struct explain_words words = explain_words(code_of(err->kind));
    const char *jargon = strstr(err->text, " ("); /* OpenSSL's words stand behind ours */
    size_t len =
        err->tls_code != 0 && jargon != NULL ? (size_t)(jargon - err->text) : strlen(err->text);

    begin(failure, stage);
    failure->number = code_of(err->kind);
    failure->code = words.code;
    failure->cause = "";
    failure->exit = failure_exit_of(err->kind);
    failure->kind = err->kind;
    (void)snprintf(failure->why, sizeof failure->why, "%.*s", (int)len, err->text);
    failure_advise(failure, words.client_advice != NULL ? words.client_advice : words.advice);
    if (err->kind == SECHO_ERR_FILE) {
        drop_advice(failure->why);
    }
    if (err->text[len] != '\0') {
        (void)snprintf(failure->detail, sizeof failure->detail, "%s", err->text);
    }
}
