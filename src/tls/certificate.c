#include "tls/certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void certificate_name(const X509_NAME *name, char *text, size_t size)
{
    BIO *memory = BIO_new(BIO_s_mem());
    int n = 0;

    if (memory != NULL && X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253) >= 0) {
        n = BIO_read(memory, text, (int)size - 1);
    }
    text[n > 0 ? n : 0] = '\0';
    BIO_free(memory);
}

void certificate_subject(const X509 *certificate, char *text, size_t size)
{
    certificate_name(X509_get_subject_name(certificate), text, size);
    if (text[0] == '\0') { /* fine when subjectAltName has it: RFC 5280 4.2.1.6 */
        certificate_names(certificate, text, size);
    }
}

void certificate_issuer(const X509 *certificate, char *text, size_t size)
{
    certificate_name(X509_get_issuer_name(certificate), text, size);
}

/* Adds ", name"; a name that does not fit any more becomes "...". */
static void append_name(char *text, size_t size, const char *name, size_t len)
{
    size_t used = strlen(text);
    const char *between = used > 0 ? ", " : "";

    if (used + len + sizeof ", ..." >= size) {
        if (used + sizeof ", ..." <= size && (used < 3 || strcmp(text + used - 3, "...") != 0)) {
            (void)snprintf(text + used, size - used, "%s...", between);
        }
        return;
    }
    (void)snprintf(text + used, size - used, "%s", between);
    used += strlen(between);
    for (size_t i = 0; i < len; i++) {
        text[used++] = name[i] > ' ' && name[i] < 0x7f ? name[i] : '?';
    }
    text[used] = '\0';
}

static void append_address(char *text, size_t size, const ASN1_OCTET_STRING *address)
{
    char host[INET6_ADDRSTRLEN] = "";
    int len = ASN1_STRING_length(address);

    if (len == 4 || len == 16) {
        (void)inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), host,
                        sizeof host);
        append_name(text, size, host, strlen(host));
    }
}

void certificate_names(const X509 *certificate, char *text, size_t size)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

    text[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_DNS) {
            append_name(text, size, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                        (size_t)ASN1_STRING_length(name->d.dNSName));
        } else if (name->type == GEN_IPADD) {
            append_address(text, size, name->d.iPAddress);
        }
    }
    GENERAL_NAMES_free(names);
}

void certificate_serial(const X509 *certificate, char *text, size_t size)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *digits = number != NULL ? BN_bn2hex(number) : NULL;

    (void)snprintf(text, size, "%s", digits != NULL ? digits : "");
    OPENSSL_free(digits);
    BN_free(number);
}

int64_t certificate_seconds(const ASN1_TIME *time)
{
    struct tm utc;

    return ASN1_TIME_to_tm(time, &utc) == 1 ? (int64_t)timegm(&utc) : 0;
}

void certificate_time(const ASN1_TIME *time, char *text, size_t size)
{
    struct tm utc;

    text[0] = '\0';
    if (ASN1_TIME_to_tm(time, &utc) == 1) {
        (void)strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
}

#define DIGEST_BYTES 32

void certificate_spki_sha256(const X509 *certificate, char text[static CERTIFICATE_SPKI_SIZE])
{
    unsigned char *der = NULL, digest[DIGEST_BYTES];
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool made = len > 0 && EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1;

    OPENSSL_free(der);
    text[0] = '\0';
    for (size_t i = 0; made && i < DIGEST_BYTES; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
}

int certificate_days_left(const X509 *certificate)
{
    int days = 0, seconds = 0;

    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) != 1) {
        return 0;
    }
    return seconds < 0 ? days - 1 : days;
}
