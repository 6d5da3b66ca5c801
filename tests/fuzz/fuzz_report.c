/*
 * Any bytes as what came back from a server: they are a part, an echo, an answer or neither; and
 * what can be decoded can be encoded, and decodes to the same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosis/report.h"
#include "fuzz.h"

static void must_be_framed(const uint8_t *data, size_t len)
{
    static const unsigned char nonce[REPORT_NONCE_BYTES];
    unsigned char request[REPORT_REQUEST_BYTES];
    size_t json = 0;

    report_ask(nonce, request);
    if (report_look(data, len, request, &json) == REPORT_CAME_ANSWER) {
        assert(json == len - REPORT_HEAD_BYTES && json <= REPORT_JSON_MAX);
    }
    if (len <= REPORT_REQUEST_BYTES) {
        (void)report_is_request(data, len);
    }
}

/* A copy of its own size: a sanitizer sees who reads behind it. */
static void must_come_back(const char *json, struct report_view *view, struct report_view *again)
{
    const char *why = NULL;
    size_t len = strlen(json);
    struct report_finding *finding = malloc(sizeof *finding);

    assert(finding != NULL && len <= REPORT_JSON_MAX);
    assert(report_decode(json, len, again, &why) == 0);
    assert(memcmp(view, again, sizeof *view) == 0);
    report_compare(view, again, finding);
    assert(finding->verdict == REPORT_END_TO_END || finding->verdict == REPORT_UNKNOWN);
    free(finding);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct report_view *view = calloc(1, sizeof *view), *again = calloc(1, sizeof *again);
    const char *why = NULL;
    char *exact = malloc(len > 0 ? len : 1), *json;

    assert(view != NULL && again != NULL && exact != NULL);
    memcpy(exact, data, len);
    must_be_framed(data, len);
    if (report_decode(exact, len, view, &why) == 0) {
        json = report_encode(view);
        assert(json != NULL);
        must_come_back(json, view, again);
        free(json);
    } else {
        assert(why != NULL);
    }
    free(exact);
    free(again);
    free(view);
    return 0;
}
