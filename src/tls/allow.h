/* allow.h - the lists of those who may come in, against what a certificate says. Any thread. */
#ifndef SECHO_ALLOW_H
#define SECHO_ALLOW_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

/* The lists: any entry of any of them admits. */
enum allow_rule {
    ALLOW_DNS, /* a DNS name in subjectAltName; "*.x" in a list is for any one label before x */
    ALLOW_URI, /* a URI in subjectAltName, byte by byte: SPIFFE IDs are such */
    ALLOW_CN,  /* a common name of the subject */
    ALLOW_SPKI_SHA256, /* the SHA-256 of the public key (SubjectPublicKeyInfo), 64 hex digits */
    ALLOW_RULES,
};

struct allow_list {
    char *const *items; /* not copied */
    size_t count;
};

struct allow {
    struct allow_list lists[ALLOW_RULES];
};

/* May the owner of this certificate, which was verified, come in? All lists empty: yes. */
bool allow_admits(const struct allow *allow, X509 *certificate);

/* What entries would admit it: `dns "a.test", cn "a"`. Never more than `size` with the NUL. */
void allow_describe(X509 *certificate, char *text, size_t size);

#endif
