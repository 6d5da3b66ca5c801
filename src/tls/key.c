#include "tls/key.h"

#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/file.h"

/* Called by OpenSSL when the key is encrypted: remember that, and give no passphrase. */
static int no_passphrase(char *buffer, int size, int writing, void *was_asked)
{
    (void)buffer, (void)size, (void)writing;
    *(bool *)was_asked = true;
    return -1;
}

static int no_key(const char *path, bool encrypted, struct secho_error *err)
{
    if (encrypted) {
        error_forget_tls();
        return error_set(err, SECHO_ERR_CONFIG,
                         "%s: the key is encrypted; store it without a passphrase (openssl pkey "
                         "-in %s -out NEW) and protect it by its file mode",
                         path, path);
    }
    error_forget_tls();
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

    (void)fclose(file);
    if (key == NULL) {
        return no_key(path, encrypted, err);
    }
    *out = key;
    return 0;
}
