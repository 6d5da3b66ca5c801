#include "diagnosis/explain.h"

#include <stddef.h>
#include <string.h>

#include "diagnosis/alert.h"
#include "diagnosis/sentence.h"

static const struct {
    const char *code;
    const char *meaning;
    const char *advice;
    const char *at_server;
    const char *at_client;
    const char *client_advice;
    enum exit_status exit;
} rows[] = {
#define CODE(name, ...) [EXPLAIN_##name] = {__VA_ARGS__},
#include "diagnosis/codes.h"
#undef CODE
};

/* NULL: this end needs no advice. */
static const char *advice_for(const struct ending *ending, enum explain_code number,
                              enum explain_code cause)
{
    const struct alert_words *words = alert_words(ending->tls.alert_received);

    if (number == EXPLAIN_OK || number == EXPLAIN_HEALTH_CHECK) {
        return NULL;
    }
    if (ending->side == ENDING_CLIENT) {
        if (number == EXPLAIN_PEER_ALERT && words->client_advice != NULL) {
            return words->client_advice;
        }
        return rows[cause].client_advice != NULL ? rows[cause].client_advice : rows[cause].advice;
    }
    if ((number == EXPLAIN_PEER_ALERT || number == EXPLAIN_PEER_REJECTED_CERTIFICATE) &&
        words->advice != NULL) {
        return words->advice;
    }
    /* What the client finds of our certificate is advice for the client. */
    return rows[number == EXPLAIN_PEER_REJECTED_CERTIFICATE ? number : cause].advice;
}

/* Of the cause, which knows more; the meaning where this side should not come to such an end. */
static const char *sentence_for(const struct ending *ending, enum explain_code number,
                                enum explain_code cause)
{
    bool server = ending->side == ENDING_SERVER;
    const char *nearer = server ? rows[cause].at_server : rows[cause].at_client;
    const char *sentence = server ? rows[number].at_server : rows[number].at_client;

    return nearer != NULL ? nearer : sentence != NULL ? sentence : rows[number].meaning;
}

void explain(const struct ending *ending, struct explanation *out)
{
    enum explain_code number = explain_decide(ending), cause = explain_cause(ending, number);
    const char *sentence = sentence_for(ending, number, cause);
    const char *advice = advice_for(ending, number, cause);
    struct text text = {.at = out->why, .size = sizeof out->why};

    out->number = number;
    out->code = rows[number].code;
    out->cause = cause != number ? rows[cause].code : "";
    out->why[0] = '\0';
    sentence_expand(&text, sentence, ending);
    out->advice_at = text.used;
    if (advice != NULL) {
        sentence_expand(&text, " ", ending);
        out->advice_at = text.used;
        sentence_expand(&text, advice, ending);
    }
}

enum exit_status explain_exit(enum explain_code number, enum ending_stage stage)
{
    if (number == EXPLAIN_RESET || number == EXPLAIN_CONNECTION_LOST) {
        return stage == ENDING_STAGE_ACCEPTED    ? EXIT_UNREACHABLE
               : stage == ENDING_STAGE_HANDSHAKE ? EXIT_PROTOCOL
                                                 : EXIT_BYTES;
    }
    if (number == EXPLAIN_OK) {
        return EXIT_PROVEN;
    }
    return rows[number].exit != EXIT_PROVEN ? rows[number].exit : EXIT_PROTOCOL;
}

/* ---- without a connection ---- */

struct explain_words explain_words(enum explain_code number)
{
    return (struct explain_words){rows[number].code,      rows[number].meaning,
                                  rows[number].advice,    rows[number].client_advice,
                                  rows[number].at_server, rows[number].at_client};
}

int explain_code(const char *code, struct explain_words *out)
{
    for (int i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        if (strcmp(rows[i].code, code) == 0) {
            *out = explain_words((enum explain_code)i);
            return 0;
        }
    }
    return -1;
}
