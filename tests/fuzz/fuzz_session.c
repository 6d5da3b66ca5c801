/*
 * Any bytes as a file of --sess-in: a session or none; and one that is offered makes a first
 * message, whatever it says of itself. Bytes that do not begin like PEM are the DER of a session
 * and of certificates behind it: so a hunt gets past base64.
 */
#include <assert.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "fuzz.h"
#include "tls/session.h"
#include "tls/trust.h"

static SSL_CTX *context; /* one for all inputs; libFuzzer has one thread */

static void begin(void)
{
    const struct trust_settings settings = {.ca_file = NULL};
    struct secho_error err;

    assert(context != NULL || trust_new(&settings, &context, &err) == 0);
}

/* ---- the file ---- */

/* The length of the DER element at the start, as far as it is there. */
static size_t element(const uint8_t *data, size_t len)
{
    if (len < 2 || data[1] < 0x80) {
        return len < 2 || (size_t)data[1] + 2 > len ? len : (size_t)data[1] + 2;
    }
    size_t count = data[1] & 0x7f, size = 0;

    if (count > 3 || count + 2 > len) {
        return len;
    }
    for (size_t i = 0; i < count; i++) {
        size = size << 8 | data[2 + i];
    }
    return size > len - count - 2 ? len : size + count + 2;
}

static void write_pem(FILE *file, const uint8_t *data, size_t len)
{
    const char *name = PEM_STRING_SSL_SESSION;

    for (size_t size; len > 0; data += size, len -= size) {
        size = element(data, len);
        (void)PEM_write(file, name, "", data, (long)size);
        name = PEM_STRING_X509;
    }
}

static void write_file(int fd, const uint8_t *data, size_t len)
{
    FILE *file = fdopen(dup(fd), "w");

    assert(file != NULL);
    if (len > 0 && data[0] == '-') {
        assert(fwrite(data, 1, len, file) == len);
    } else {
        write_pem(file, data, len);
    }
    assert(fclose(file) == 0);
}

/* ---- what is done with it ---- */

static void offer(const struct session *session, bool insecure)
{
    char why[SESSION_WHY_SIZE] = "";
    struct trust_verdict verdict = {0};
    SSL *tls = trust_session(context, "localhost", insecure, &verdict, NULL);
    struct session copy = {0};

    assert(tls != NULL && session_copy(session, &copy, NULL) == 0);
    if (session_offer(tls, insecure, &copy, why) != 0) {
        assert(why[0] != '\0');
    } else {
        BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

        assert(in != NULL && out != NULL);
        SSL_set_bio(tls, in, out);
        (void)SSL_connect(tls); /* the first message, or a refusal: no crash */
        error_forget_tls();
    }
    session_done(&copy);
    SSL_free(tls);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct session session = {0};
    struct secho_error err = {0};
    char path[64];
    int fd = memfd_create("session", MFD_CLOEXEC);

    begin();
    assert(fd >= 0);
    write_file(fd, data, len);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (session_read(path, &session, &err) == 0) {
        assert(session.tls != NULL && session_version(&session) != NULL);
        offer(&session, false);
        offer(&session, true);
    } else {
        assert(err.kind == SECHO_ERR_FILE && err.text[0] != '\0');
    }
    session_done(&session);
    (void)close(fd);
    return 0;
}
