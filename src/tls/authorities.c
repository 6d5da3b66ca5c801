#include "tls/authorities.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "tls/certificate.h"
#include "tls/chain.h"

int authorities_init(struct authorities *authorities, EVP_MD_CTX *digest)
{
    *authorities = (struct authorities){
        .store = X509_STORE_new(),
        .names = sk_X509_NAME_new_null(),
        .digest = digest,
        .lists = sk_X509_CRL_new_null(),
    };
    if (authorities->store == NULL || authorities->names == NULL || authorities->lists == NULL) {
        return -1;
    }
    /* What a person names is trusted, also when it is an intermediate. */
    (void)X509_STORE_set_flags(authorities->store, X509_V_FLAG_PARTIAL_CHAIN);
    return 0;
}

static void take_in(const struct authorities *authorities, unsigned char *der, int len)
{
    if (len > 0 && authorities->digest != NULL) {
        (void)EVP_DigestUpdate(authorities->digest, der, (size_t)len);
    }
    OPENSSL_free(der);
}

/* ---- CAs ---- */

static int add_certificate(struct authorities *authorities, X509 *certificate)
{
    X509_NAME *name = X509_NAME_dup(X509_get_subject_name(certificate));
    unsigned char *der = NULL;

    if (name == NULL || sk_X509_NAME_push(authorities->names, name) == 0) {
        X509_NAME_free(name);
        return -1;
    }
    int len = i2d_X509(certificate, &der);

    take_in(authorities, der, len);
    return X509_STORE_add_cert(authorities->store, certificate) == 1 ? 0 : -1;
}

static int add_file(struct authorities *authorities, const char *path, struct secho_error *err)
{
    STACK_OF(X509) *others = NULL;
    X509 *first = NULL;

    if (chain_load(path, &first, &others, err) != 0) {
        return -1;
    }
    int rc = add_certificate(authorities, first);

    for (int i = 0; i < sk_X509_num(others) && rc == 0; i++) {
        rc = add_certificate(authorities, sk_X509_value(others, i));
    }
    X509_free(first);
    sk_X509_pop_free(others, X509_free);
    return rc == 0 ? 0 : error_tls(err, "%s: a certificate of this file cannot be used", path);
}

bool authorities_counts(const char *name)
{
    const char *end = strrchr(name, '.');

    return end != NULL && end != name &&
           (strcmp(end, ".pem") == 0 || strcmp(end, ".crt") == 0 || strcmp(end, ".cer") == 0);
}

static int is_certificate_file(const struct dirent *entry)
{
    return authorities_counts(entry->d_name) ? 1 : 0;
}

static int add_folder(struct authorities *authorities, const char *path, struct dirent **entries,
                      int count, struct secho_error *err)
{
    for (int i = 0; i < count; i++) {
        char file[4096];
        int len = snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);

        if (len < 0 || (size_t)len >= sizeof file) {
            return error_set(err, SECHO_ERR_FILE, "%s: the path is too long", path);
        }
        if (add_file(authorities, file, err) != 0) {
            return -1;
        }
    }
    return count > 0 ? 0
                     : error_set(err, SECHO_ERR_CONFIG,
                                 "%s: no file in this folder ends in .pem, .crt or .cer", path);
}

int authorities_add(struct authorities *authorities, const char *path, struct secho_error *err)
{
    struct dirent **entries = NULL;
    /* In the order of their names, so that the digest is the same each time. */
    int count = scandir(path, &entries, is_certificate_file, alphasort);

    if (count < 0) { /* no folder: a file, or nothing, which is told better there */
        return add_file(authorities, path, err);
    }
    int rc = add_folder(authorities, path, entries, count, err);

    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
    return rc;
}

/* ---- revocation lists ---- */

static int check_dates(X509_CRL *list, const char *path, int number, struct secho_error *err)
{
    const ASN1_TIME *begin = X509_CRL_get0_lastUpdate(list), *end = X509_CRL_get0_nextUpdate(list);
    char issuer[256], when[32];

    certificate_name(X509_CRL_get_issuer(list), issuer, sizeof issuer);
    if (end != NULL && X509_cmp_current_time(end) < 0) {
        certificate_time(end, when, sizeof when);
        return error_set(
            err, SECHO_ERR_CONFIG,
            "%s: revocation list %d in this file, of '%s', is outdated since %s: every "
            "client would be refused; get a new one from that CA",
            path, number, issuer, when);
    }
    if (X509_cmp_current_time(begin) > 0) {
        certificate_time(begin, when, sizeof when);
        return error_set(err, SECHO_ERR_CONFIG,
                         "%s: revocation list %d in this file, of '%s', is not valid before %s; "
                         "check the clock of this machine, or use another list",
                         path, number, issuer, when);
    }
    return 0;
}

static int add_list(struct authorities *authorities, X509_CRL *list, const char *path, int number,
                    struct secho_error *err)
{
    unsigned char *der = NULL;

    if (check_dates(list, path, number, err) != 0) {
        return -1;
    }
    int len = i2d_X509_CRL(list, &der);

    take_in(authorities, der, len);
    if (X509_STORE_add_crl(authorities->store, list) != 1 || X509_CRL_up_ref(list) != 1) {
        return error_tls(err, "%s: revocation list %d cannot be used", path, number);
    }
    if (sk_X509_CRL_push(authorities->lists, list) == 0) {
        X509_CRL_free(list);
        return error_tls(err, "%s: no memory for revocation list %d", path, number);
    }
    return 0;
}

/* The next one: PEM, or the whole file as DER when it does not begin with PEM. */
static X509_CRL *read_list(FILE *file, int number)
{
    X509_CRL *list = PEM_read_X509_CRL(file, NULL, NULL, NULL);

    if (list == NULL && number == 1 && ERR_GET_REASON(error_peek_tls()) == PEM_R_NO_START_LINE) {
        error_forget_tls();
        rewind(file);
        list = d2i_X509_CRL_fp(file, NULL);
    }
    return list;
}

static int add_lists(struct authorities *authorities, FILE *file, const char *path,
                     struct secho_error *err)
{
    int number = 1, rc = 0;
    X509_CRL *list;

    error_forget_tls();
    for (; rc == 0 && (list = read_list(file, number)) != NULL; number++) {
        rc = add_list(authorities, list, path, number, err);
        X509_CRL_free(list);
    }
    if (rc != 0) {
        return -1;
    }
    bool at_end = number > 1 && (ERR_GET_REASON(error_peek_tls()) == PEM_R_NO_START_LINE);

    error_forget_tls();
    return at_end ? 0
                  : error_set(err, SECHO_ERR_CONFIG,
                              "%s: revocation list %d in this file is missing or damaged; it must "
                              "be PEM (\"-----BEGIN X509 CRL-----\") or DER",
                              path, number);
}

int authorities_add_revocations(struct authorities *authorities, const char *path,
                                struct secho_error *err)
{
    FILE *file = file_stream(path, err);

    if (file == NULL) {
        return -1;
    }
    int rc = add_lists(authorities, file, path, err);

    (void)fclose(file);
    (void)X509_STORE_set_flags(authorities->store,
                               X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return rc;
}

/* ---- how long a chain is good ---- */

/* A time that cannot be read is over. */
static int64_t unix_time(const ASN1_TIME *time)
{
    struct tm utc;

    return ASN1_TIME_to_tm(time, &utc) == 1 ? (int64_t)timegm(&utc) : 0;
}

/* The list that OpenSSL takes for this certificate: of its issuer, the newest one. NULL: none. */
static const X509_CRL *list_for(const struct authorities *authorities, const X509 *certificate)
{
    const X509_NAME *issuer = X509_get_issuer_name(certificate);
    const X509_CRL *newest = NULL;

    for (int i = 0; i < sk_X509_CRL_num(authorities->lists); i++) {
        const X509_CRL *list = sk_X509_CRL_value(authorities->lists, i);

        if (X509_NAME_cmp(X509_CRL_get_issuer(list), issuer) == 0 &&
            (newest == NULL || unix_time(X509_CRL_get0_lastUpdate(list)) >
                                   unix_time(X509_CRL_get0_lastUpdate(newest)))) {
            newest = list;
        }
    }
    return newest;
}

const ASN1_TIME *authorities_next_update(const struct authorities *authorities,
                                         const X509 *certificate)
{
    const X509_CRL *list = list_for(authorities, certificate);

    return list != NULL ? X509_CRL_get0_nextUpdate(list) : NULL;
}

static int64_t earlier(int64_t one, const ASN1_TIME *other)
{
    return other == NULL || unix_time(other) > one ? one : unix_time(other);
}

int64_t authorities_until(const struct authorities *authorities, const STACK_OF(X509) * chain)
{
    int64_t until_s = INT64_MAX;

    for (int i = 0; i < sk_X509_num(chain); i++) {
        const X509 *certificate = sk_X509_value(chain, i);

        until_s = earlier(until_s, X509_get0_notAfter(certificate));
        until_s = earlier(until_s, authorities_next_update(authorities, certificate));
    }
    return until_s;
}

void authorities_done(struct authorities *authorities)
{
    sk_X509_CRL_pop_free(authorities->lists, X509_CRL_free);
    X509_STORE_free(authorities->store);
    sk_X509_NAME_pop_free(authorities->names, X509_NAME_free);
    *authorities = (struct authorities){0};
}
