#include "tls/trust.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "tls/certificate.h"
#include "tls/chain.h"
#include "tls/defaults.h"
#include "tls/key.h"
#include "tls/key_log.h"
#include "tls/lists.h"
#include "tls/verdict.h"

/* ---- what we trust ---- */

static int no_certificate(const char *what, const char *path, struct secho_error *err)
{
    error_forget_tls();
    return error_set(err, SECHO_ERR_CONFIG,
                     "%s: %s: no certificate in PEM form (\"-----BEGIN CERTIFICATE-----\") is in "
                     "this file",
                     what, path);
}

static int use_ca(SSL_CTX *context, const char *what, const char *path, struct secho_error *err)
{
    FILE *file = file_stream(path, err);

    if (file == NULL) {
        return error_context(err, "%s", what);
    }
    (void)fclose(file);
    if (SSL_CTX_load_verify_file(context, path) != 1) {
        return no_certificate(what, path, err);
    }
    /* What a person names is trusted, also when it is an intermediate or the server's own. */
    (void)X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    return 0;
}

static int use_trust(SSL_CTX *context, const struct trust_settings *settings,
                     struct secho_error *err)
{
    const char *file = getenv(X509_get_default_cert_file_env());

    if (settings->ca_file != NULL) {
        return use_ca(context, "the trusted certificates (--ca)", settings->ca_file, err);
    }
    if (file != NULL && file[0] != '\0') { /* OpenSSL itself would ignore a missing file */
        return use_ca(context, "the trusted certificates (SSL_CERT_FILE)", file, err);
    }
    if (SSL_CTX_set_default_verify_paths(context) != 1) {
        return error_tls(err, "the system's trusted certificates");
    }
    return 0;
}

/* ---- who we are ---- */

static int use_chain(SSL_CTX *context, const char *path, struct secho_error *err)
{
    return chain_use(context, path, err) == 0 ? 0 : error_context(err, "our certificate (--cert)");
}

static int use_key(SSL_CTX *context, const char *path, const char *cert, struct secho_error *err)
{
    EVP_PKEY *key = NULL;
    int rc = -1;

    if (key_load(path, &key, err) != 0) {
        return error_context(err, "our key (--key)");
    }
    if (X509_check_private_key(SSL_CTX_get0_certificate(context), key) != 1) {
        error_forget_tls();
        error_set(err, SECHO_ERR_CONFIG,
                  "our key (--key): %s: does not belong to the certificate in %s", path, cert);
    } else if (SSL_CTX_use_PrivateKey(context, key) != 1) {
        error_tls(err, "our key (--key): %s: this key cannot be used", path);
    } else {
        rc = 0;
    }
    EVP_PKEY_free(key);
    return rc;
}

static int use_identity(SSL_CTX *context, const struct trust_settings *settings,
                        struct secho_error *err)
{
    const char *key = settings->key_file != NULL ? settings->key_file : settings->cert_file;

    if (settings->cert_file == NULL && settings->key_file == NULL) {
        return 0;
    }
    if (settings->cert_file == NULL) {
        return error_set(err, SECHO_ERR_USAGE, "--key needs --cert: a key alone proves nothing");
    }
    if (use_chain(context, settings->cert_file, err) != 0) {
        return -1;
    }
    return use_key(context, key, settings->cert_file, err);
}

/* ---- what we offer ---- */

static int use_list(SSL_CTX *context, enum lists_kind kind, const char *option, const char *list,
                    struct secho_error *err)
{
    struct secho_error why;

    if (lists_set(context, kind, list, &why) == 0) {
        return 0;
    }
    return error_set(err, SECHO_ERR_USAGE, "%s: %s", option, why.text);
}

static int use_lists(SSL_CTX *context, const struct trust_settings *s, struct secho_error *err)
{
    const char *ciphers = s->ciphers != NULL ? s->ciphers : DEFAULTS_CIPHERS;
    const char *suites = s->ciphersuites != NULL ? s->ciphersuites : DEFAULTS_CIPHERSUITES;
    const char *groups = s->groups != NULL ? s->groups : defaults_groups_offered();

    if (use_list(context, LISTS_CIPHERS, "--ciphers", ciphers, err) != 0 ||
        use_list(context, LISTS_CIPHERSUITES, "--ciphersuites", suites, err) != 0 ||
        use_list(context, LISTS_GROUPS, "--groups", groups, err) != 0) {
        return -1;
    }
    return use_list(context, LISTS_SIGNATURE_ALGORITHMS, "signature algorithms",
                    defaults_signature_algorithms(), err);
}

/* "h2,http/1.1" as RFC 7301 3.1 wants it: a byte of length before each name. Returns 0 or -1. */
static int alpn_wire(const char *list, unsigned char *wire, size_t size, size_t *used)
{
    *used = 0;
    for (;;) {
        size_t len = strcspn(list, ",");

        if (len == 0 || len > 255 || *used + 1 + len > size) {
            return -1;
        }
        wire[(*used)++] = (unsigned char)len;
        memcpy(wire + *used, list, len);
        *used += len;
        if (list[len] == '\0') {
            return 0;
        }
        list += len + 1;
    }
}

static int use_alpn(SSL_CTX *context, const char *list, struct secho_error *err)
{
    unsigned char wire[1024];
    size_t len = 0;

    if (list == NULL || list[0] == '\0') {
        return 0;
    }
    if (alpn_wire(list, wire, sizeof wire, &len) != 0) {
        return error_set(err, SECHO_ERR_USAGE,
                         "--alpn: names of 1 to 255 bytes separated by single commas, is \"%s\"",
                         list);
    }
    if (SSL_CTX_set_alpn_protos(context, wire, (unsigned)len) != 0) { /* 0 is success here */
        return error_tls(err, "--alpn");
    }
    return 0;
}

static void use_modes(SSL_CTX *context, const struct trust_settings *settings)
{
    int low = settings->min_version != 0 ? settings->min_version : TLS1_2_VERSION;
    int high = settings->max_version != 0 ? settings->max_version : TLS1_3_VERSION;

    (void)SSL_CTX_set_min_proto_version(context, low);
    (void)SSL_CTX_set_max_proto_version(context, high);
    (void)SSL_CTX_set_mode(context,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /*
     * AUTO_RETRY: IO_WANT_READ then means that socket_bio.h holds nothing any more; without it a
     * ticket in front of data would leave us waiting for a socket that is already empty.
     */
    (void)SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

int trust_new(const struct trust_settings *settings, SSL_CTX **out, struct secho_error *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (context == NULL) {
        return error_tls(err, "OpenSSL gives no context");
    }
    use_modes(context, settings);
    if (key_log_of_program(context, err) != 0 || use_trust(context, settings, err) != 0 ||
        use_identity(context, settings, err) != 0 || use_lists(context, settings, err) != 0 ||
        use_alpn(context, settings->alpn, err) != 0) {
        SSL_CTX_free(context);
        return -1;
    }
    *out = context;
    return 0;
}

/* ---- one connection ---- */

/* SSL_CTX_set_cert_cb(3): on a client it is called when the server asks for a certificate. */
static int note_asked(SSL *tls, void *verdict)
{
    (void)tls;
    ((struct trust_verdict *)verdict)->asked = true;
    return 1;
}

/* RFC 6066 3: SNI carries names, never addresses, and no dot at the end. */
static int insist_on_name(SSL *tls, const char *name, struct secho_error *err)
{
    char host[TRUST_TEXT_SIZE];
    size_t len = strlen(name);

    if (len > 1 && name[len - 1] == '.') {
        len--;
    }
    if (len == 0 || len > 253) {
        return error_set(err, SECHO_ERR_USAGE, "a host name has 1 to 253 characters, is \"%.60s\"",
                         name);
    }
    memcpy(host, name, len);
    host[len] = '\0';
    /* RFC 9525: the names in subjectAltName count, the common name does not. */
    SSL_set_hostflags(tls,
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (SSL_set1_host(tls, host) != 1 || SSL_set_tlsext_host_name(tls, host) != 1) {
        return error_tls(err, "host name %s", host);
    }
    return 0;
}

/* The bytes of an address written as text, without a zone. Returns their number, or 0. */
static size_t address_bytes(const char *name, unsigned char bytes[static 16])
{
    char host[INET6_ADDRSTRLEN];
    size_t len = strcspn(name, "%");

    if (len >= sizeof host) {
        return 0;
    }
    memcpy(host, name, len);
    host[len] = '\0';
    return inet_pton(AF_INET, host, bytes) == 1    ? 4
           : inet_pton(AF_INET6, host, bytes) == 1 ? 16
                                                   : 0;
}

static int insist_on(SSL *tls, const char *name, struct secho_error *err)
{
    unsigned char bytes[16];
    size_t len = address_bytes(name, bytes);

    if (len == 0) {
        return insist_on_name(tls, name, err);
    }
    if (X509_VERIFY_PARAM_set1_ip(SSL_get0_param(tls), bytes, len) != 1) {
        return error_tls(err, "address %s", name);
    }
    return 0;
}

SSL *trust_session(SSL_CTX *context, const char *name, bool insecure, struct trust_verdict *verdict,
                   struct secho_error *err)
{
    SSL *tls = SSL_new(context);

    if (tls == NULL) {
        error_set(err, SECHO_ERR_MEMORY, "no memory for a TLS connection");
        return NULL;
    }
    if (verdict_watch(tls, insecure, verdict) != 0 || insist_on(tls, name, err) != 0) {
        SSL_free(tls);
        return NULL;
    }
    SSL_set_cert_cb(tls, note_asked, verdict);
    SSL_set_connect_state(tls);
    return tls;
}

/* Writes the certificate into `der`; 0 when it does not fit. */
static size_t encode(const X509 *certificate, unsigned char der[static TRUST_KNOWN_MAX])
{
    int len = i2d_X509(certificate, NULL);

    if (len <= 0 || (unsigned)len > TRUST_KNOWN_MAX) {
        return 0;
    }
    return i2d_X509(certificate, &der) == len ? (size_t)len : 0;
}

/* SSL_CTX_set_cert_verify_callback(3): in place of X509_verify_cert(). */
static int verify_unless_known(X509_STORE_CTX *chain, void *context)
{
    struct trust_known *known = context;
    unsigned char der[TRUST_KNOWN_MAX];
    size_t len = encode(X509_STORE_CTX_get0_cert(chain), der);

    if (len > 0 && len == known->len && memcmp(der, known->der, len) == 0) {
        X509_STORE_CTX_set_error(chain, X509_V_OK);
        return 1;
    }
    int ok = X509_verify_cert(chain);

    if (ok == 1 && X509_STORE_CTX_get_error(chain) == X509_V_OK) { /* not: --insecure */
        memcpy(known->der, der, len);
        known->len = len;
    }
    return ok;
}

void trust_remember(SSL_CTX *context, struct trust_known *known)
{
    SSL_CTX_set_cert_verify_callback(context, verify_unless_known, known);
}

bool trust_describe(const SSL *tls, int at, char *line, size_t size)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(tls);
    char subject[TRUST_TEXT_SIZE], issuer[TRUST_TEXT_SIZE];

    if (at >= sk_X509_num(chain)) { /* -1 for no chain */
        return false;
    }
    X509 *certificate = sk_X509_value(chain, at);

    certificate_subject(certificate, subject, sizeof subject);
    certificate_issuer(certificate, issuer, sizeof issuer);
    (void)snprintf(line, size, "%s, issued by %s, %d days left", subject, issuer,
                   certificate_days_left(certificate));
    return true;
}
