#include "diagnosis/catalogue.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "diagnosis/alert.h"
#include "diagnosis/explain.h"

#define ALERTS 256 /* RFC 8446 6: one byte */

/* The next alert from `number` on that an RFC names; ALERTS when there is none. */
static int next_alert(int number)
{
    while (number < ALERTS && alert_words(number)->number != number) {
        number++;
    }
    return number;
}

/* ---- one sentence, with words in place of facts ---- */

static const struct {
    const char *fact;
    const char *words;
} facts[] = {
    {"{stage}", "STAGE"},
    {"{progress}", "did not finish the handshake"},
    {"{first}", "SOMETHING"},
    {"{time}", "TIME"},
    {"{count}", "NUMBER"},
    {"{errno}", "REASON"},
    {"{alert}", "NAME: MEANING"},
    {"{told}", ""},
    {"{named}", ""},
    {"{ender}", "the server"},
    {"{silent}", ""},
    {"{certificate}", "the certificate 'SUBJECT'"},
    {"{words}", ": REASON"},
};

static void print_sentence(FILE *out, const char *sentence)
{
    while (*sentence != '\0') {
        size_t plain = strcspn(sentence, "{");

        (void)fprintf(out, "%.*s", (int)plain, sentence);
        sentence += plain;
        for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
            size_t len = strlen(facts[i].fact);

            if (strncmp(sentence, facts[i].fact, len) == 0) {
                (void)fputs(facts[i].words, out);
                sentence += len;
                break;
            }
        }
    }
}

/* ---- who comes to this end, and with which exit status ---- */

/* A cause stands beside another code in the log of a server: codes_certificates.h. */
static const char *server_field(enum explain_code number)
{
    bool of_certificate = number > EXPLAIN_CLIENT_CERTIFICATE_REJECTED &&
                          number <= EXPLAIN_CLOCK_WRONG &&
                          number != EXPLAIN_PEER_REJECTED_CERTIFICATE;

    return of_certificate ? "cause" : "end";
}

static const char *client_field(enum explain_code number)
{
    bool of_client =
        number > EXPLAIN_CLIENT_CERTIFICATE_REJECTED && number < EXPLAIN_PEER_REJECTED_CERTIFICATE;

    return of_client ? "cause" : "code";
}

static const char *exit_words(enum explain_code number)
{
    static const char *const words[] = {
        [EXIT_PROVEN] = "0: proven",
        [EXIT_THRESHOLD] = "1: proven, but not as it was asked for",
        [EXIT_USAGE] = "64: usage",
        [EXIT_BYTES] = "65: wrong, missing or truncated bytes",
        [EXIT_FILE] = "66: a file cannot be read",
        [EXIT_NAME] = "68: the name does not resolve",
        [EXIT_UNREACHABLE] = "69: unreachable",
        [EXIT_SYSTEM] = "71: the system said no",
        [EXIT_TIMEOUT] = "75: timed out",
        [EXIT_PROTOCOL] = "76: TLS or protocol failure",
        [EXIT_CERTIFICATE] = "77: a certificate was not accepted",
        [EXIT_CONFIG] = "78: configuration",
    };

    if (number == EXPLAIN_RESET || number == EXPLAIN_CONNECTION_LOST) {
        return "69 before the first byte of TLS, 76 in the handshake, 65 after it";
    }
    return words[explain_exit(number, ENDING_STAGE_HANDSHAKE)];
}

/* ---- one code ---- */

static void print_side(FILE *out, const char *who, const char *field, const char *sentence,
                       const char *code)
{
    if (sentence != NULL) {
        (void)fprintf(out, "%s (%s=%s): ", who, field, code);
        print_sentence(out, sentence);
        (void)fputc('\n', out);
    }
}

static void explain_one(FILE *out, enum explain_code number)
{
    struct explain_words words = explain_words(number);

    (void)fprintf(out, "%s\n%s\n%s\n", words.code, words.meaning, words.advice);
    if (words.client_advice != NULL) {
        (void)fprintf(out, "For the user of a client: %s\n", words.client_advice);
    }
    print_side(out, "The server logs", server_field(number), words.at_server, words.code);
    print_side(out, "The client tells", client_field(number), words.at_client, words.code);
    if (words.at_client != NULL) {
        (void)fprintf(out, "Exit status of the client: %s\n", exit_words(number));
    }
}

/* ---- one alert ---- */

static void print_meaning(FILE *out, const struct alert_words *words)
{
    print_sentence(out, words->meaning);
}

static void explain_alert(FILE *out, const struct alert_words *words)
{
    (void)fprintf(out, "%s\nTLS alert %d. Who sends it says: ", stream_alert_name(words->number),
                  words->number);
    print_meaning(out, words);
    (void)fprintf(out, ".\nSent by a client, the server logs: end=%s\n",
                  explain_words(words->at_server).code);
    (void)fprintf(out, "Sent by a server, the client tells: code=%s\n",
                  explain_words(words->at_client).code);
    if (words->advice != NULL) {
        (void)fprintf(out, "For whoever runs the server that gets it: %s\n", words->advice);
    }
}

int catalogue_explain(FILE *out, const char *name)
{
    for (int i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        if (strcmp(explain_words((enum explain_code)i).code, name) == 0) {
            explain_one(out, (enum explain_code)i);
            return 0;
        }
    }
    for (int i = next_alert(0); i < ALERTS; i = next_alert(i + 1)) {
        if (strcmp(stream_alert_name(i), name) == 0) {
            explain_alert(out, alert_words(i));
            return 0;
        }
    }
    return -1;
}

/* ---- all of them ---- */

void catalogue_list(FILE *out)
{
    for (int i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        struct explain_words words = explain_words((enum explain_code)i);

        (void)fprintf(out, "%-38s %s\n", words.code, words.meaning);
    }
    for (int i = next_alert(0); i < ALERTS; i = next_alert(i + 1)) {
        (void)fprintf(out, "%-38s TLS alert %d: ", stream_alert_name(i), i);
        print_meaning(out, alert_words(i));
        (void)fputc('\n', out);
    }
}

/* ---- a name that is nearly right ---- */

#define NAME_MAX_BYTES 64 /* the rest of a longer one does not matter */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* How many letters to add, drop or change (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1];
    size_t b_len = strnlen(b, NAME_MAX_BYTES), a_len = strnlen(a, NAME_MAX_BYTES);

    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t changed = corner + (a[i - 1] == b[j - 1] ? 0 : 1);

            corner = row[j];
            row[j] = least(row[j] + 1, row[j - 1] + 1, changed);
        }
    }
    return row[b_len];
}

static void keep_nearer(const char *name, const char *candidate, const char **best)
{
    if (*best == NULL || distance(name, candidate) < distance(name, *best)) {
        *best = candidate;
    }
}

const char *catalogue_nearest(const char *name)
{
    const char *best = NULL;

    for (int i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        keep_nearer(name, explain_words((enum explain_code)i).code, &best);
    }
    for (int i = next_alert(0); i < ALERTS; i = next_alert(i + 1)) {
        keep_nearer(name, stream_alert_name(i), &best);
    }
    return best;
}

/* ---- secho-explain(7) ---- */

static void man_one(FILE *out, enum explain_code number)
{
    struct explain_words words = explain_words(number);

    (void)fprintf(out, ".It Sy %s\n%s\n", words.code, words.meaning);
    (void)fprintf(out, ".Bl -tag -width Ds -compact\n.It What to do\n%s\n", words.advice);
    if (words.client_advice != NULL) {
        (void)fprintf(out, ".It What to do, at a client\n%s\n", words.client_advice);
    }
    if (words.at_server != NULL) {
        (void)fprintf(out, ".It The server logs Pq Cm %s=\n", server_field(number));
        print_sentence(out, words.at_server);
        (void)fputc('\n', out);
    }
    if (words.at_client != NULL) {
        (void)fprintf(out, ".It The client tells Pq Cm %s\n", client_field(number));
        print_sentence(out, words.at_client);
        (void)fprintf(out, "\n.It Exit status of the client\n%s\n", exit_words(number));
    }
    (void)fputs(".El\n", out);
}

void catalogue_man(FILE *out)
{
    (void)fputs(".Sh CODES\n.Bl -tag -width Ds\n", out);
    for (int i = 0; i < EXPLAIN_CODE_COUNT; i++) {
        man_one(out, (enum explain_code)i);
    }
    (void)fputs(".El\n.Sh ALERTS\nWhat the one who sends it says, the code at a server that gets "
                "it, and the code at\na client that does.\n.Bl -tag -width Ds\n",
                out);
    for (int i = next_alert(0); i < ALERTS; i = next_alert(i + 1)) {
        const struct alert_words *words = alert_words(i);

        (void)fprintf(out, ".It Sy %s Pq %d\n", stream_alert_name(i), i);
        print_meaning(out, words);
        (void)fprintf(out, "; server:\n.Sy %s ;\nclient:\n.Sy %s\n",
                      explain_words(words->at_server).code, explain_words(words->at_client).code);
    }
    (void)fputs(".El\n", out);
}
