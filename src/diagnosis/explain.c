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
} rows[] = {
#define CODE(name, ...) [EXPLAIN_##name] = {__VA_ARGS__},
#include "diagnosis/codes.h"
#undef CODE
};

/* NULL: this end needs no advice. */
static const char *advice_for(const struct ending *ending, enum explain_code number)
{
    const struct alert_words *words = alert_words(ending->tls.alert_received);

    if (number == EXPLAIN_OK || number == EXPLAIN_HEALTH_CHECK) {
        return NULL;
    }
    if (ending->side == ENDING_CLIENT) {
        return rows[number].client_advice != NULL ? rows[number].client_advice
                                                  : rows[number].advice;
    }
    if ((number == EXPLAIN_PEER_ALERT || number == EXPLAIN_PEER_REJECTED_CERTIFICATE) &&
        words->advice != NULL) {
        return words->advice;
    }
    return rows[number].advice;
}

void explain(const struct ending *ending, struct explanation *out)
{
    enum explain_code number = explain_decide(ending);
    const char *sentence =
        ending->side == ENDING_SERVER ? rows[number].at_server : rows[number].at_client;
    const char *advice = advice_for(ending, number);
    struct text text = {.at = out->why, .size = sizeof out->why};

    out->number = number;
    out->code = rows[number].code;
    out->why[0] = '\0';
    sentence_expand(&text, sentence != NULL ? sentence : rows[number].meaning, ending);
    out->advice_at = text.used;
    if (advice != NULL) {
        sentence_expand(&text, " ", ending);
        out->advice_at = text.used;
        sentence_expand(&text, advice, ending);
    }
}

/* ---- without a connection ---- */

struct explain_words explain_words(enum explain_code number)
{
    return (struct explain_words){rows[number].code, rows[number].meaning, rows[number].advice,
                                  rows[number].client_advice};
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
