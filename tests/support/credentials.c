#include "credentials.h"

#include <check.h>
#include <dirent.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- making ---- */

EVP_PKEY *credentials_new_key(const char *type)
{
    EVP_PKEY *key =
        strcmp(type, "EC") == 0 ? EVP_EC_gen("P-256") : EVP_PKEY_Q_keygen(NULL, NULL, type);

    ck_assert_ptr_nonnull(key);
    return key;
}

X509 *credentials_new_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    const unsigned char *name = (const unsigned char *)"secho unit test";
    /* Ed25519 hashes by itself: EVP_DigestSignInit(3). */
    const EVP_MD *digest = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();

    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, name, -1, -1,
                               0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_set_pubkey(certificate, key);
    ck_assert_int_gt(X509_sign(certificate, key, digest), 0);
    return certificate;
}

/* ---- writing ---- */

static FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    ck_assert_ptr_nonnull(file);
    return file;
}

void credentials_write_key(const char *path, EVP_PKEY *key, const char *passphrase)
{
    FILE *file = open_file(path, "w");
    const EVP_CIPHER *cipher = passphrase != NULL ? EVP_aes_128_cbc() : NULL;

    ck_assert_int_eq(
        PEM_write_PKCS8PrivateKey(file, key, cipher, NULL, 0, NULL, (void *)passphrase), 1);
    fclose(file);
}

void credentials_write_certificate(const char *path, X509 *certificate, const char *mode)
{
    FILE *file = open_file(path, mode);

    ck_assert_int_eq(PEM_write_X509(file, certificate), 1);
    fclose(file);
}

void credentials_write_text(const char *path, const char *text)
{
    FILE *file = open_file(path, "w");

    fputs(text, file);
    fclose(file);
}

const char *credentials_path(const struct credentials *credentials, const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", credentials->folder, name);
    return path;
}

void credentials_make(struct credentials *credentials)
{
    const char *parent = getenv("TMPDIR");

    snprintf(credentials->folder, sizeof credentials->folder, "%s/secho-unit-XXXXXX",
             parent != NULL && strlen(parent) < 40 ? parent : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(credentials->folder));
    snprintf(credentials->chain, sizeof credentials->chain, "%s/chain.pem", credentials->folder);
    snprintf(credentials->key, sizeof credentials->key, "%s/key.pem", credentials->folder);

    EVP_PKEY *key = credentials_new_key("EC");
    X509 *certificate = credentials_new_certificate(key);

    credentials_write_key(credentials->key, key, NULL);
    credentials_write_certificate(credentials->chain, certificate, "w");
    X509_free(certificate);
    EVP_PKEY_free(key);
}

void credentials_remove(struct credentials *credentials)
{
    DIR *folder = opendir(credentials->folder);
    const struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            unlink(credentials_path(credentials, entry->d_name));
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    rmdir(credentials->folder);
}
