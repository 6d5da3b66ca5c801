#include "tls/rehearsal.h"

#include <openssl/bio.h>

#include "base/error.h"
#include "tls/accepted.h"
#include "tls/stream.h"

#define PIPE_BYTES 65536 /* more than a flight with a long chain */
#define FLIGHTS    8     /* no handshake takes more turns */

static int join(SSL *server, SSL *client)
{
    BIO *here = NULL, *there = NULL;

    if (BIO_new_bio_pair(&here, PIPE_BYTES, &there, PIPE_BYTES) != 1) {
        return -1;
    }
    SSL_set_bio(server, here, here);
    SSL_set_bio(client, there, there);
    SSL_set_accept_state(server);
    SSL_set_verify(server, SSL_VERIFY_NONE, NULL); /* the other side has no certificate */
    SSL_set_connect_state(client);
    return 0;
}

static int shake_hands(SSL *server, SSL *client, struct secho_error *err)
{
    enum io at_server = IO_WANT_READ, at_client = IO_WANT_READ;

    for (int i = 0; i < FLIGHTS; i++) {
        at_client = stream_handshake(client, NULL);
        at_server = stream_handshake(server, err);
        if (at_server == IO_FAILED) {
            return -1;
        }
        if (at_server == IO_DONE && at_client == IO_DONE) {
            return 0;
        }
    }
    error_forget_tls();
    return error_set(err, SECHO_ERR_CONFIG, "TLS handshake (the other side gave up)");
}

int rehearsal_hold(SSL_CTX *server_context, SSL_CTX *client_context, struct secho_error *err)
{
    SSL *server = SSL_new(server_context), *client = SSL_new(client_context);
    struct stream_facts facts = {0};
    int rc = -1;

    if (server == NULL || client == NULL || join(server, client) != 0) {
        error_set(err, SECHO_ERR_MEMORY, "no memory for a rehearsal");
    } else {
        stream_watch(server, &facts);
        rc = shake_hands(server, client, err);
    }
    if (rc == 0 && (facts.hello == NULL || accepted_note(server, facts.hello) != 0)) {
        rc = error_set(err, SECHO_ERR_MEMORY, "no memory for a rehearsal");
    }
    if (rc != 0 && err != NULL) {
        err->kind = SECHO_ERR_CONFIG;
    }
    SSL_free(server);
    SSL_free(client);
    stream_facts_done(&facts);
    error_forget_tls();
    return rc;
}
