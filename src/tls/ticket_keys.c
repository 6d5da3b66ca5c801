#include "tls/ticket_keys.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "tls/shared.h"

/* ---- read the file: all of it into memory that is erased; stdio would leave a copy ---- */

#define FILE_BYTES_MAX 16384 /* sixteen keys, and 14 KiB of what people say about them */
#define SECRET_DIGITS  (2 * TICKET_SECRET_BYTES)

static int check_mode(int fd, const char *path, struct secho_error *err)
{
    struct stat info;

    if (fstat(fd, &info) == 0 && (info.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        return error_set(err, SECHO_ERR_CONFIG,
                         "%s: any user of this machine can %s this file, and so open recorded "
                         "sessions; type: chmod o= %s",
                         path, (info.st_mode & S_IROTH) != 0 ? "read" : "write", path);
    }
    return 0;
}

/* Returns the length, or -1. */
static ssize_t read_all(int fd, const char *path, char *text, struct secho_error *err)
{
    size_t used = 0;
    ssize_t got;

    while ((got = read(fd, text + used, FILE_BYTES_MAX + 1 - used)) > 0) {
        used += (size_t)got;
    }
    if (got < 0) {
        return error_errno(err, "%s: read", path);
    }
    if (used > FILE_BYTES_MAX) {
        return error_set(err, SECHO_ERR_CONFIG,
                         "%s: is larger than %d bytes, so it is no file of ticket keys; it has one "
                         "key a line (openssl rand -hex 32)",
                         path, FILE_BYTES_MAX);
    }
    return (ssize_t)used;
}

static ssize_t read_file(const char *path, char *text, struct secho_error *err)
{
    char why[FILE_WHY_SIZE];
    int fd = file_open(path, why);
    ssize_t len = -1;

    if (fd == -1) {
        return error_set(err, SECHO_ERR_FILE, "%s: %s", path, why);
    }
    if (check_mode(fd, path, err) == 0) {
        len = read_all(fd, path, text, err);
    }
    (void)close(fd);
    return len;
}

/* ---- its lines ---- */

struct reading {
    const char *path;
    size_t line;
    struct ticket_key *keys;
    size_t count; /* of what follows, and of keys */
    unsigned char secrets[TICKET_KEYS_MAX][TICKET_SECRET_BYTES];
    size_t lines[TICKET_KEYS_MAX];
    struct secho_error *err;
};

#define ADVICE "; a line is one key of 64 hexadecimal digits (openssl rand -hex 32)"

static int digit_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = memchr(digits, tolower((unsigned char)digit), sizeof digits - 1);

    return at != NULL ? (int)(at - digits) : -1;
}

static int read_secret(struct reading *reading, const char *text, size_t len, unsigned char *out)
{
    for (size_t i = 0; i < len; i++) {
        if (digit_value(text[i]) < 0) {
            return error_set(reading->err, SECHO_ERR_CONFIG,
                             "%s:%zu: character %zu is no hexadecimal digit" ADVICE, reading->path,
                             reading->line, i + 1);
        }
    }
    if (len != SECRET_DIGITS) {
        return error_set(reading->err, SECHO_ERR_CONFIG, "%s:%zu: has %zu digits" ADVICE,
                         reading->path, reading->line, len);
    }
    for (size_t i = 0; i < TICKET_SECRET_BYTES; i++) {
        out[i] = (unsigned char)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
    }
    return 0;
}

static int add_key(struct reading *reading, const char *text, size_t len)
{
    size_t count = reading->count;

    if (count == TICKET_KEYS_MAX) {
        return error_set(reading->err, SECHO_ERR_CONFIG,
                         "%s:%zu: is one key too many: %d at most; remove the oldest ones",
                         reading->path, reading->line, TICKET_KEYS_MAX);
    }
    if (read_secret(reading, text, len, reading->secrets[count]) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (memcmp(reading->secrets[i], reading->secrets[count], TICKET_SECRET_BYTES) == 0) {
            return error_set(reading->err, SECHO_ERR_CONFIG,
                             "%s:%zu: is the same key as line %zu; remove one of them",
                             reading->path, reading->line, reading->lines[i]);
        }
    }
    if (ticket_key_derive(reading->secrets[count], &reading->keys[count]) != 0) {
        return error_set(reading->err, SECHO_ERR_MEMORY, "%s: no memory for the keys",
                         reading->path);
    }
    reading->lines[count] = reading->line;
    reading->count++;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* What is left of a line without its comment and the blanks around it. */
static void trim(const char **text, size_t *len)
{
    const char *comment = memchr(*text, '#', *len);

    *len = comment != NULL ? (size_t)(comment - *text) : *len;
    while (*len > 0 && is_blank(**text)) {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && is_blank((*text)[*len - 1])) {
        (*len)--;
    }
}

static int read_lines(struct reading *reading, const char *text, size_t len)
{
    while (len > 0) {
        const char *end = memchr(text, '\n', len), *key = text;
        size_t line_len = end != NULL ? (size_t)(end - text) : len;
        size_t key_len = line_len;

        reading->line++;
        trim(&key, &key_len);
        if (key_len > 0 && add_key(reading, key, key_len) != 0) {
            return -1;
        }
        text += line_len + (end != NULL);
        len -= line_len + (end != NULL);
    }
    return reading->count > 0 ? 0
                              : error_set(reading->err, SECHO_ERR_CONFIG,
                                          "%s: no key is in this file" ADVICE, reading->path);
}

int ticket_keys_load(struct ticket_keys *keys, const char *path, struct secho_error *err)
{
    char *text = calloc(1, FILE_BYTES_MAX + 1);
    struct reading reading = {.path = path, .err = err};
    int rc = -1;

    keys->keys = reading.keys = calloc(TICKET_KEYS_MAX, sizeof *keys->keys);
    if (text == NULL || keys->keys == NULL) {
        error_set(err, SECHO_ERR_MEMORY, "%s: no memory to read it", path);
    } else {
        ssize_t len = read_file(path, text, err);

        rc = len < 0 ? -1 : read_lines(&reading, text, (size_t)len);
        OPENSSL_cleanse(text, FILE_BYTES_MAX + 1);
    }
    OPENSSL_cleanse(reading.secrets, sizeof reading.secrets);
    free(text);
    keys->count = rc == 0 ? reading.count : 0;
    return rc;
}

void ticket_keys_done(struct ticket_keys *keys)
{
    if (keys->keys != NULL) {
        OPENSSL_cleanse(keys->keys, TICKET_KEYS_MAX * sizeof *keys->keys);
    }
    free(keys->keys);
    *keys = (struct ticket_keys){0};
}

/* ---- while it serves ---- */

static void choose(const struct ticket_keys *keys, struct ticket_key *out)
{
    if (keys->count > 0) {
        *out = keys->keys[0];
    } else {
        ratchet_current(keys->ratchet, clock_boot_s(), out);
    }
}

/* False: nobody here has it. `newest`: it is the one that tickets are made with now. */
static bool find(const struct ticket_keys *keys, const unsigned char *name, struct ticket_key *out,
                 bool *newest)
{
    enum ratchet_age age = RATCHET_BEFORE;

    if (keys->count == 0) {
        bool found = ratchet_find(keys->ratchet, clock_boot_s(), name, out, &age);

        *newest = age == RATCHET_NOW;
        return found;
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (memcmp(keys->keys[i].name, name, TICKET_NAME_BYTES) == 0) {
            *out = keys->keys[i];
            *newest = i == 0;
            return true;
        }
    }
    return false;
}

static bool use_key(struct ticket_key *key, const unsigned char *iv, EVP_CIPHER_CTX *cipher,
                    EVP_MAC_CTX *mac, int sealing)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac_key, sizeof key->mac_key),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher_key, iv, sealing) == 1 &&
           EVP_MAC_CTX_set_params(mac, params) == 1;
}

/*
 * SSL_CTX_set_tlsext_ticket_key_evp_cb(3): -1 failed, 0 no such key, 1 done, 2 done, and the client
 * gets a new ticket. In TLS 1.3 always: a ticket is used once (RFC 8446 C.4).
 */
/* NOLINTNEXTLINE(readability-function-size): it has more than five parameters */
static int give_key(SSL *tls, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                    EVP_MAC_CTX *mac, int sealing)
{
    const struct ticket_keys *keys = &shared_of(tls)->ticket_keys;
    struct ticket_key key;
    bool newest = true, done;

    if (sealing == 1) {
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) {
            return -1;
        }
        choose(keys, &key);
        memcpy(name, key.name, sizeof key.name);
    } else if (!find(keys, name, &key, &newest)) {
        return 0;
    }
    done = use_key(&key, iv, cipher, mac, sealing);
    OPENSSL_cleanse(&key, sizeof key);
    return !done ? -1 : !newest || SSL_version(tls) == TLS1_3_VERSION ? 2 : 1;
}

void ticket_keys_use(SSL_CTX *context)
{
    (void)SSL_CTX_set_tlsext_ticket_key_evp_cb(context, give_key);
    (void)SSL_CTX_set_timeout(context, TICKET_LIFETIME_S);
}
