#include "tls/staple.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "tls/chain.h"

#define RESPONSE_MAX 65536 /* bytes; RFC 6066 8 could carry more, but nobody makes such */

/* ---- reading ---- */

static int read_file(const char *path, unsigned char **der, size_t *len, struct secho_error *err)
{
    FILE *file = file_stream(path, err);
    unsigned char *bytes = malloc(RESPONSE_MAX);

    if (file == NULL || bytes == NULL) {
        free(bytes);
        if (file != NULL) {
            (void)fclose(file);
            error_set(err, SECHO_ERR_MEMORY, "%s: no memory", path);
        }
        return -1;
    }
    *len = fread(bytes, 1, RESPONSE_MAX, file);
    (void)fclose(file);
    *der = bytes;
    return 0;
}

static void staple_done(struct staple *staple)
{
    X509_free(staple->leaf);
    free(staple->der);
}

static int keep(struct staples *staples, const struct staple *staple)
{
    struct staple *each = realloc(staples->each, (staples->count + 1) * sizeof *each);

    if (each == NULL) {
        return -1;
    }
    staples->each = each;
    each[staples->count++] = *staple;
    (void)X509_up_ref(staple->leaf);
    return 0;
}

int staples_add(struct staples *staples, const char *path, X509 *leaf, STACK_OF(X509) * issuers,
                struct secho_error *err)
{
    struct staple staple = {.leaf = leaf};
    int rc = -1;

    if (read_file(path, &staple.der, &staple.len, err) != 0) {
        return -1;
    }
    const struct answer_question question = {staple.der, staple.len, leaf, issuers};

    if (answer_read(&question, &staple.answer, err) != 0) {
        error_context(err, "%s", path);
    } else if (keep(staples, &staple) != 0) {
        error_set(err, SECHO_ERR_MEMORY, "%s: no memory", path);
    } else {
        rc = 0;
    }
    if (rc != 0) {
        free(staple.der);
    }
    return rc;
}

/* ---- serving ---- */

/* SSL_CTX_set_tlsext_status_cb(3): a client asks; the certificate is chosen already. */
static int give(SSL *tls, void *arg)
{
    const struct staples *staples = arg;
    const X509 *chosen = SSL_get_certificate(tls);

    for (size_t i = 0; i < staples->count; i++) {
        const struct staple *staple = &staples->each[i];

        if (staple->leaf == chosen && answer_is_current(&staple->answer)) {
            unsigned char *copy = OPENSSL_memdup(staple->der, staple->len);

            if (copy != NULL) {
                (void)SSL_set_tlsext_status_ocsp_resp(tls, copy, (long)staple->len);
                return SSL_TLSEXT_ERR_OK;
            }
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

void staples_use(SSL_CTX *context, struct staples *staples)
{
    (void)SSL_CTX_set_tlsext_status_cb(context, give);
    (void)SSL_CTX_set_tlsext_status_arg(context, staples);
}

void staple_forget(SSL *tls)
{
    (void)SSL_set_tlsext_status_ocsp_resp(tls, NULL, 0);
}

void staples_done(struct staples *staples)
{
    for (size_t i = 0; i < staples->count; i++) {
        staple_done(&staples->each[i]);
    }
    free(staples->each);
    *staples = (struct staples){0};
}

/* ---- a warning ---- */

static void describe(const struct answer *answer, const char *path,
                     char text[static STAPLE_WARNING_SIZE])
{
    char words[96];

    answer_describe(answer, words, sizeof words);
    if (!answer_is_current(answer)) {
        (void)snprintf(text, STAPLE_WARNING_SIZE,
                       "%s: this OCSP response is %s, and is not sent to clients; get a new one "
                       "from the CA",
                       path, words);
    } else if (answer->status != ANSWER_GOOD) {
        (void)snprintf(text, STAPLE_WARNING_SIZE,
                       "%s: this OCSP response says that the certificate is %s, so clients refuse "
                       "it; use another certificate",
                       path, words);
    }
}

void staple_warning(const char *path, const char *chain, char text[static STAPLE_WARNING_SIZE])
{
    struct staples staples = {0};
    STACK_OF(X509) *issuers = NULL;
    X509 *leaf = NULL;

    text[0] = '\0';
    if (path[0] == '\0' || chain_load(chain, &leaf, &issuers, NULL) != 0) {
        return;
    }
    if (staples_add(&staples, path, leaf, issuers, NULL) == 0) {
        describe(&staples.each[0].answer, path, text);
    }
    staples_done(&staples);
    X509_free(leaf);
    sk_X509_pop_free(issuers, X509_free);
}
