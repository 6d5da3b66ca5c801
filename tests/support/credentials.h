/*
 * credentials.h - certificates and keys for one test: made on the spot, in a folder of its own,
 * so that tests load them from files as the server does.
 */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include <openssl/evp.h>
#include <openssl/x509.h>

struct credentials {
    char folder[64];
    char chain[96], key[96]; /* paths: a self-signed certificate, and its key (P-256) */
};

void credentials_make(struct credentials *credentials);
void credentials_remove(struct credentials *credentials); /* with all that was put there */

/* The path of `name` in the folder, in memory that the next call but three uses again. */
const char *credentials_path(const struct credentials *credentials, const char *name);

/* ---- more of them, into the same folder ---- */

EVP_PKEY *credentials_new_key(const char *type); /* "EC" (P-256) or "ED25519" */
X509 *credentials_new_certificate(EVP_PKEY *key);

void credentials_write_key(const char *path, EVP_PKEY *key, const char *passphrase_or_null);
void credentials_write_certificate(const char *path, X509 *certificate, const char *mode);
void credentials_write_text(const char *path, const char *text);

#endif
