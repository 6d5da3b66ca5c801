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

static int add_issuers(SSL_CTX *context, FILE *file, const char *path, struct secho_error *err)
{
    X509 *issuer = NULL;
    enum next next;
    int number = 2;

    (void)SSL_CTX_clear_chain_certs(context);
    for (; (next = read_next(file, &issuer)) == NEXT_CERTIFICATE; number++) {
        if (SSL_CTX_add0_chain_cert(context, issuer) != 1) { /* owns it when it succeeds */
            X509_free(issuer);
            return error_tls(err, "%s: certificate %d cannot be used", path, number);
        }
    }
    return next == NEXT_NO_MORE ? 0 : damaged(path, number, err);
}

static int use_leaf(SSL_CTX *context, FILE *file, const char *path, X509 **leaf,
                    struct secho_error *err)
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
    if (SSL_CTX_use_certificate(context, *leaf) != 1) {
        X509_free(*leaf);
        return error_tls(err, "%s: this certificate cannot be used", path);
    }
    return 0;
}

int chain_use(SSL_CTX *context, const char *path, X509 **leaf, struct secho_error *err)
{
    FILE *file = file_stream(path, err);
    X509 *first = NULL;
    int rc = -1;

    if (file == NULL) {
        return -1;
    }
    if (use_leaf(context, file, path, &first, err) == 0) {
        rc = add_issuers(context, file, path, err);
        if (rc == 0) {
            *leaf = first;
        } else {
            X509_free(first);
        }
    }
    (void)fclose(file);
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
