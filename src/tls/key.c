#include "tls/key.h"

#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"

/* Called by OpenSSL when the key is encrypted: remember that, and give no passphrase. */
static int no_passphrase(char *buffer, int size, int writing, void *was_asked)
{
    (void)buffer, (void)size, (void)writing;
    *(bool *)was_asked = true;
    return -1;
}

/* Keys that newer releases brought: RFC 9881 2. */
static const struct {
    const char *oid, *name, *release;
} newcomers[] = {
    {"2.16.840.1.101.3.4.3.17", "ML-DSA-44", "3.5"},
    {"2.16.840.1.101.3.4.3.18", "ML-DSA-65", "3.5"},
    {"2.16.840.1.101.3.4.3.19", "ML-DSA-87", "3.5"},
};

#define OID_SIZE 80

/* A whole key of a kind that this OpenSSL does not know (RFC 5958 2)? true and which. */
static bool is_of_unknown_kind(FILE *file, char oid[static OID_SIZE])
{
    PKCS8_PRIV_KEY_INFO *info;
    const ASN1_OBJECT *kind = NULL;

    rewind(file);
    info = PEM_read_PKCS8_PRIV_KEY_INFO(file, NULL, NULL, NULL);
    if (info == NULL || PKCS8_pkey_get0(&kind, NULL, NULL, NULL, info) != 1 ||
        OBJ_obj2txt(oid, OID_SIZE, kind, 1) <= 0) {
        kind = NULL;
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    return kind != NULL && OBJ_txt2nid(oid) == NID_undef;
}

static int unknown_kind(const char *path, const char *oid, struct secho_error *err)
{
    for (size_t i = 0; i < sizeof newcomers / sizeof newcomers[0]; i++) {
        if (strcmp(oid, newcomers[i].oid) == 0) {
            return error_set(
                err, SECHO_ERR_CONFIG, "%s: %s does not know keys of %s; OpenSSL %s does", path,
                OpenSSL_version(OPENSSL_VERSION), newcomers[i].name, newcomers[i].release);
        }
    }
    return error_set(err, SECHO_ERR_CONFIG, "%s: %s does not know keys of the kind %s", path,
                     OpenSSL_version(OPENSSL_VERSION), oid);
}

static int no_key(const char *path, FILE *file, bool encrypted, struct secho_error *err)
{
    char oid[OID_SIZE];
    bool unknown = !encrypted && is_of_unknown_kind(file, oid);

    error_forget_tls();
    if (unknown) {
        return unknown_kind(path, oid, err);
    }
    if (encrypted) {
        return error_set(err, SECHO_ERR_CONFIG,
                         "%s: the key is encrypted; store it without a passphrase (openssl pkey "
                         "-in %s -out NEW) and protect it by its file mode",
                         path, path);
    }
    return error_set(err, SECHO_ERR_CONFIG,
                     "%s: no private key in PEM form is in this file (\"-----BEGIN PRIVATE "
                     "KEY-----\")",
                     path);
}

int key_load(const char *path, EVP_PKEY **out, struct secho_error *err)
{
    bool encrypted = false;
    FILE *file = file_stream(path, err);

    if (file == NULL) {
        return -1;
    }
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, no_passphrase, &encrypted);

    int rc = key != NULL ? 0 : no_key(path, file, encrypted, err);

    (void)fclose(file);
    if (rc == 0) {
        *out = key;
    }
    return rc;
}
