/* key.h - private keys: the only maker of an EVP_PKEY. */
#ifndef SECHO_KEY_H
#define SECHO_KEY_H

#include <openssl/evp.h>

#include <secho/error.h>

#include "base/attributes.h"

/*
 * key_load - read a private key from a PEM file.
 *
 *   path  the file; it must not be encrypted: nobody is there to type a passphrase
 *   out   set on success; the caller frees it with EVP_PKEY_free()
 *
 * Fails with SECHO_ERR_FILE when it cannot be read, SECHO_ERR_CONFIG when it is no usable key; one
 * of a kind that this OpenSSL does not know is told with its kind, and the release that knows it.
 */
MUST_CHECK int key_load(const char *path, EVP_PKEY **out, struct secho_error *err);

#endif
