#include "diagnosis/sentence.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "diagnosis/alert.h"

/* ---- text that never grows beyond its buffer and never gets a dirty byte ---- */

#define FACT_MAX  160 /* bytes of a subject: the sentence needs room, too */
#define WORDS_MAX 320 /* of OpenSSL's words, or of why a certificate was refused */

/* What of `words` is plain, as far as there is room for it. Returns its length. */
static size_t add_plain(struct text *text, const char *words, size_t len)
{
    size_t plain = utf8_plain_bytes(words, len), room = text->size - 1 - text->used;
    size_t put = plain < room ? plain : room;

    memcpy(text->at + text->used, words, put);
    text->used += put;
    text->at[text->used] = '\0';
    return plain;
}

/* Adds whole characters of `words`, `len` bytes at most; "?" for what nobody should print. */
static void add_bytes(struct text *text, const char *words, size_t len)
{
    size_t plain = add_plain(text, words, len);

    words += plain;
    len -= plain;
    while (len > 0) {
        uint32_t code = 0;
        size_t valid = utf8_read(words, len, &code);
        bool clean = valid > 0 && !utf8_is_deceptive(code);
        size_t put = clean ? valid : 1;

        if (put >= text->size - text->used) {
            return;
        }
        memcpy(text->at + text->used, clean ? words : "?", put);
        text->used += put;
        text->at[text->used] = '\0';
        words += valid > 0 ? valid : 1;
        len -= valid > 0 ? valid : 1;
    }
}

static void add(struct text *text, const char *words)
{
    add_bytes(text, words, strlen(words));
}

static void add_shortened(struct text *text, const char *words, size_t len, size_t most)
{
    add_bytes(text, words, len < most ? len : most);
    add(text, len < most ? "" : "...");
}

/* ---- one fact in a sentence ---- */

static void add_stage(struct text *text, const struct ending *ending)
{
    static const char *const stages[] = {
        [ENDING_STAGE_ACCEPTED] = "before the first byte",
        [ENDING_STAGE_PROXY] = "in the PROXY header",
        [ENDING_STAGE_HANDSHAKE] = "in the handshake",
        [ENDING_STAGE_ECHO] = "during the echo",
        [ENDING_STAGE_GOODBYE] = "during the goodbye",
    };

    add(text, stages[ending->stage]);
}

static void add_progress(struct text *text, const struct ending *ending)
{
    add(text, ending->stage == ENDING_STAGE_ACCEPTED ? "sent nothing"
              : ending->stage == ENDING_STAGE_PROXY  ? "did not finish the PROXY header"
                                                     : "did not finish the handshake");
}

/* What came where something else was expected. */
static void add_first(struct text *text, const struct ending *ending)
{
    static const char *const firsts[] = {
        [SNIFFED_NOTHING] = "something else", [SNIFFED_TLS] = "a TLS hello",
        [SNIFFED_HTTP] = "plain HTTP",        [SNIFFED_SSH] = "an SSH banner",
        [SNIFFED_SMTP] = "a plain SMTP line", [SNIFFED_PROXY] = "something similar",
        [SNIFFED_OTHER] = "something else",
    };

    add(text, firsts[ending->first]);
}

/* As in the configuration: the biggest unit that needs no fraction. */
static void add_time(struct text *text, const struct ending *ending)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    char digits[32];
    size_t i = 0;

    while (units[i].ms > 1 && (ending->limit == 0 || ending->limit % units[i].ms != 0)) {
        i++;
    }
    (void)snprintf(digits, sizeof digits, "%" PRId64 "%s", ending->limit / units[i].ms,
                   units[i].unit);
    add(text, digits);
}

static void add_count(struct text *text, const struct ending *ending)
{
    char digits[32];

    (void)snprintf(digits, sizeof digits, "%" PRId64, ending->limit);
    add(text, digits);
}

static void add_errno(struct text *text, const struct ending *ending)
{
    add(text, ending->os_errno != 0 ? strerror(ending->os_errno) : "it did not say why");
}

static void add_alert(struct text *text, const struct ending *ending)
{
    int number = ending->tls.alert_received;

    add(text, stream_alert_name(number));
    add(text, ": ");
    sentence_expand(text, alert_words(number)->meaning, ending);
}

/* The same in brackets, where the alert is not the only way to learn it. */
static void add_told(struct text *text, const struct ending *ending)
{
    if (ending->tls.alert_received > 0) {
        add(text, " (alert ");
        add_alert(text, ending);
        add(text, ")");
    }
}

/* Only its name, where the sentence has said the rest. */
static void add_named(struct text *text, const struct ending *ending)
{
    if (ending->tls.alert_received > 0) {
        add(text, " (alert ");
        add(text, stream_alert_name(ending->tls.alert_received));
        add(text, ")");
    }
}

/* Who ended a handshake without anything in common: whoever sent the alert. */
static void add_ender(struct text *text, const struct ending *ending)
{
    bool we_are_server = ending->side == ENDING_SERVER;
    bool told = ending->tls.alert_received > 0;

    add(text, we_are_server != told ? "the server" : "the client");
}

/* Nobody tells us that it was the certificate: after the handshake there is no alert for it. */
static void add_silent(struct text *text, const struct ending *ending)
{
    if (ending->silent) {
        add(text, "; it sent nothing after the handshake: so do health checks, and clients that "
                  "look at the certificate only then and do not like it (curl, Node)");
    }
}

static void add_certificate(struct text *text, const struct ending *ending)
{
    add(text, "the certificate");
    if (ending->certificate != NULL && ending->certificate[0] != '\0') {
        add(text, " '");
        add_shortened(text, ending->certificate, strlen(ending->certificate), FACT_MAX);
        add(text, "'");
    }
}

/* Of "TLS handshake (SSL routines: bad extension [x])" people want to read: bad extension. */
static void add_words(struct text *text, const struct ending *ending)
{
    const char *words = ending->detail != NULL ? ending->detail : "";
    const char *jargon = strstr(words, "routines: ");
    size_t len = strlen(words);

    if (jargon != NULL) {
        words = jargon + strlen("routines: ");
        len = strcspn(words, ";)[");
        len -= len > 0 && words[len - 1] == ' ' ? 1 : 0;
    }
    if (len > 0) {
        add(text, ": ");
        add_shortened(text, words, len, WORDS_MAX);
    }
}

static const struct {
    const char *name;
    void (*add)(struct text *text, const struct ending *ending);
} facts[] = {
    {"{stage}", add_stage}, {"{progress}", add_progress}, {"{first}", add_first},
    {"{time}", add_time},   {"{count}", add_count},       {"{errno}", add_errno},
    {"{alert}", add_alert}, {"{told}", add_told},         {"{certificate}", add_certificate},
    {"{words}", add_words}, {"{silent}", add_silent},     {"{named}", add_named},
    {"{ender}", add_ender},
};

/* ---- a sentence ---- */

/* Adds the fact or the pointer that `at` begins with; returns its length, or 0 for plain text. */
static size_t add_fact(struct text *text, const char *at, const struct ending *ending)
{
    static const char listener[] = "/listeners/N";

    if (ending->where != NULL && strncmp(at, listener, sizeof listener - 1) == 0) {
        add(text, ending->where);
        return sizeof listener - 1;
    }
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        size_t len = strlen(facts[i].name);

        if (strncmp(at, facts[i].name, len) == 0) {
            facts[i].add(text, ending);
            return len;
        }
    }
    return 0;
}

void sentence_expand(struct text *text, const char *sentence, const struct ending *ending)
{
    while (*sentence != '\0') {
        size_t plain = 1 + strcspn(sentence + 1, "{/");
        size_t fact = add_fact(text, sentence, ending);

        if (fact == 0) {
            add_bytes(text, sentence, plain);
        }
        sentence += fact > 0 ? fact : plain;
    }
}
