#include "tls/chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/file.h"
#include "tls/certificate.h"

/* How reading the next certificate ended. */
enum next { NEXT_CERTIFICATE, NEXT_NO_MORE, NEXT_DAMAGED };

static enum next read_next(FILE *file, X509 **out)
{
    error_forget_tls();
    *out = PEM_read_X509(file, NULL, NULL, NULL);
    if (*out != NULL) {
        return NEXT_CERTIFICATE;
    }
    bool no_more = ERR_GET_REASON(error_peek_tls()) == PEM_R_NO_START_LINE;

    error_forget_tls();
    return no_more ? NEXT_NO_MORE : NEXT_DAMAGED;
}

static int damaged(const char *path, int number, struct secho_error *err)
{
    return error_set(err, SECHO_ERR_CONFIG,
                     "%s: certificate %d in this file is damaged; copy it again, whole", path,
                     number);
}

static int read_leaf(FILE *file, const char *path, X509 **leaf, struct secho_error *err)
{
    switch (read_next(file, leaf)) {
    case NEXT_NO_MORE:
        return error_set(err, SECHO_ERR_CONFIG,
                         "%s: no certificate in PEM form (\"-----BEGIN CERTIFICATE-----\") is in "
                         "this file",
                         path);
    case NEXT_DAMAGED:
        return damaged(path, 1, err);
    case NEXT_CERTIFICATE:
        break;
    }
    return 0;
}

static int read_issuers(FILE *file, const char *path, STACK_OF(X509) * issuers,
                        struct secho_error *err)
{
    X509 *issuer = NULL;
    enum next next;
    int number = 2;

    for (; (next = read_next(file, &issuer)) == NEXT_CERTIFICATE; number++) {
        if (sk_X509_push(issuers, issuer) == 0) { /* owns it when it succeeds */
            X509_free(issuer);
            return error_set(err, SECHO_ERR_MEMORY, "%s: no memory", path);
        }
    }
    return next == NEXT_NO_MORE ? 0 : damaged(path, number, err);
}

int chain_load(const char *path, X509 **leaf, STACK_OF(X509) * *issuers, struct secho_error *err)
{
    FILE *file = file_stream(path, err);
    STACK_OF(X509) *rest = sk_X509_new_null();
    X509 *first = NULL;
    int rc = -1;

    if (file == NULL) {
        sk_X509_free(rest);
        return -1;
    }
    if (rest == NULL) {
        error_set(err, SECHO_ERR_MEMORY, "%s: no memory", path);
    } else if (read_leaf(file, path, &first, err) == 0) {
        rc = read_issuers(file, path, rest, err);
    }
    (void)fclose(file);
    if (rc != 0) {
        X509_free(first);
        sk_X509_pop_free(rest, X509_free);
        return -1;
    }
    *leaf = first;
    *issuers = rest;
    return 0;
}

int chain_use(SSL_CTX *context, const char *path, struct secho_error *err)
{
    STACK_OF(X509) *issuers = NULL;
    X509 *leaf = NULL;
    int rc = -1;

    if (chain_load(path, &leaf, &issuers, err) != 0) {
        return -1;
    }
    if (SSL_CTX_use_certificate(context, leaf) != 1 || SSL_CTX_set1_chain(context, issuers) != 1) {
        error_tls(err, "%s: this certificate cannot be used", path);
    } else {
        rc = 0;
    }
    X509_free(leaf);
    sk_X509_pop_free(issuers, X509_free);
    return rc;
}

/* ---- at which time it is good ---- */

static bool describe_time(const X509 *certificate, const char *path, int number,
                          char text[static CHAIN_WARNING_SIZE])
{
    const ASN1_TIME *begin = X509_get0_notBefore(certificate);
    const ASN1_TIME *end = X509_get0_notAfter(certificate);
    char when[32];

    if (X509_cmp_current_time(end) < 0) {
        certificate_time(end, when, sizeof when);
        (void)snprintf(text, CHAIN_WARNING_SIZE,
                       "%s: certificate %d in this file expired on %s, clients refuse it; renew it",
                       path, number, when);
        return true;
    }
    if (X509_cmp_current_time(begin) > 0) {
        certificate_time(begin, when, sizeof when);
        (void)snprintf(text, CHAIN_WARNING_SIZE,
                       "%s: certificate %d in this file is not valid before %s, clients refuse it "
                       "until then; check the clock of this machine, or use another certificate",
                       path, number, when);
        return true;
    }
    return false;
}

void chain_warning(const char *path, char text[static CHAIN_WARNING_SIZE])
{
    FILE *file = file_stream(path, NULL);
    X509 *certificate = NULL;
    bool found = false;

    text[0] = '\0';
    if (file == NULL) {
        return;
    }
    for (int number = 1; !found && read_next(file, &certificate) == NEXT_CERTIFICATE; number++) {
        found = describe_time(certificate, path, number, text);
        X509_free(certificate);
    }
    (void)fclose(file);
}
