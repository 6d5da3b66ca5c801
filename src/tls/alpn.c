#include "tls/alpn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tls/witness.h"

static size_t wire_size(char *const *names, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        size += 1 + strlen(names[i]);
    }
    return size;
}

int alpn_init(struct alpn *alpn, char *const *names, size_t count, bool reports)
{
    size_t size = wire_size(names, count);

    *alpn = (struct alpn){.reports = reports};
    if (count == 0) {
        return 0;
    }
    alpn->wire = malloc(size);
    if (alpn->wire == NULL) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(names[i]);

        assert(len > 0 && len <= ALPN_NAME_MAX);
        alpn->wire[alpn->len++] = (unsigned char)len;
        memcpy(alpn->wire + alpn->len, names[i], len);
        alpn->len += (unsigned)len;
    }
    return 0;
}

/* ---- while it serves ---- */

#define REPORT_LEN (sizeof ALPN_REPORT - 1)

static bool offers_report(const unsigned char *offered, unsigned len)
{
    unsigned at = 0;

    while (at < len && !(offered[at] == REPORT_LEN && len - at > REPORT_LEN &&
                         memcmp(offered + at + 1, ALPN_REPORT, REPORT_LEN) == 0)) {
        at += 1u + offered[at];
    }
    return at < len;
}

/* SSL_CTX_set_alpn_select_cb(3): called when a client offers protocols. Our order decides. */
/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
static int choose(SSL *tls, const unsigned char **chosen, unsigned char *chosen_len,
                  const unsigned char *offered, unsigned offered_len, void *arg)
{
    const struct alpn *alpn = arg;
    unsigned char *found = NULL;

    if (alpn->reports && offers_report(offered, offered_len) && witness_watch(tls) == 0) {
        witness_note_offered(tls, offered, offered_len);
        *chosen = (const unsigned char *)ALPN_REPORT;
        *chosen_len = REPORT_LEN;
        return SSL_TLSEXT_ERR_OK;
    }
    if (alpn->wire == NULL) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    int answer =
        SSL_select_next_proto(&found, chosen_len, alpn->wire, alpn->len, offered, offered_len);

    *chosen = found;
    return answer == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void alpn_use(SSL_CTX *context, struct alpn *alpn)
{
    if (alpn->wire != NULL || alpn->reports) {
        SSL_CTX_set_alpn_select_cb(context, choose, alpn);
    }
}

void alpn_done(struct alpn *alpn)
{
    free(alpn->wire);
    *alpn = (struct alpn){0};
}
