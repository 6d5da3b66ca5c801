/* certificate.h - what a certificate says, as text for people. Nothing is decided here. */
#ifndef SECHO_CERTIFICATE_H
#define SECHO_CERTIFICATE_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Each writes a NUL-terminated text of less than `size` bytes. Only printable ASCII: whatever else
 * a certificate holds is escaped, so that it may be shown on a terminal.
 */
void certificate_subject(const X509 *certificate, char *text, size_t size); /* RFC 4514: "CN=x" */
void certificate_issuer(const X509 *certificate, char *text, size_t size);

void certificate_name(const X509_NAME *name, char *text, size_t size);

/* The DNS names and addresses of subjectAltName, separated by ", "; "" when there is none. */
void certificate_names(const X509 *certificate, char *text, size_t size);

/* The serial number in hexadecimal digits, as openssl(1) prints it; a negative one with "-". */
void certificate_serial(const X509 *certificate, char *text, size_t size);

/* Seconds since 1970; 0 where it is no time. */
int64_t certificate_seconds(const ASN1_TIME *time);

/* RFC 3339, "2026-11-22T18:42:15Z". */
void certificate_time(const ASN1_TIME *time, char *text, size_t size);

#define CERTIFICATE_SPKI_SIZE 65 /* 64 hexadecimal digits and NUL */

/* SHA-256 of the public key (SubjectPublicKeyInfo, as RFC 7469 2.4 pins it); "" without memory. */
void certificate_spki_sha256(const X509 *certificate, char text[static CERTIFICATE_SPKI_SIZE]);

/* Whole days until it expires; negative when it has. */
int certificate_days_left(const X509 *certificate);

#endif
