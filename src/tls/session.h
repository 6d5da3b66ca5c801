/*
 * session.h - a TLS session of a client: taken from one connection, offered by another, kept in a
 * file.
 *
 * When a session is resumed the server shows no certificate: OpenSSL believes what the session
 * says of it. We do not. A session is offered only while its certificate would be accepted by the
 * connection that offers it, verified again in full: chain, name, dates, purpose, against what is
 * trusted now. That the server has the key of that certificate was proven by the signature of the
 * first handshake, which OpenSSL checks for --insecure, too; and only who had that key knows the
 * secret of the session. (An OCSP response comes with a full handshake only: a session of unknown
 * origin whose certificate demands one, RFC 7633, is not offered.) So a resumed connection is as
 * sure as a full one, whoever made the session, under whatever name and with whatever trust.
 *
 * A file with a session is believed: who can write it can answer in the server's place, who can
 * read it can decrypt what is resumed with it (RFC 8446 C.4). So it is written for its owner only.
 */
#ifndef SECHO_SESSION_H
#define SECHO_SESSION_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include <secho/error.h>

#include "base/attributes.h"

/* {0} is none. */
struct session {
    SSL_SESSION *tls;
    STACK_OF(X509) * chain; /* what the server sent of its chain; NULL: unknown */
    bool stapled;           /* an OCSP response that its certificate demands has come with it */
};

void session_done(struct session *session); /* {0} is fine; it is {0} again */

/* Another handle to the same session, to be done with by itself. Fails without memory. */
MUST_CHECK int session_copy(const struct session *from, struct session *out,
                            struct secho_error *err);

/*
 * session_take - the newest session of a connection that has shaken hands.
 *
 *   offered  the one that was offered there, or {0}: a resumed connection knows no chain
 *   out      set on success; session_done() it
 *
 * In TLS 1.3 a session comes with a ticket, after the handshake: ask when bytes have come back.
 * Fails with SECHO_ERR_PEER when the server has given none, SECHO_ERR_MEMORY. What becomes of the
 * connection afterwards does not matter to the session.
 */
MUST_CHECK int session_take(SSL *tls, const struct session *offered, struct session *out,
                            struct secho_error *err);

/* "TLSv1.3" or "TLSv1.2"; of a session that is there. */
const char *session_version(const struct session *session);

#define SESSION_WHY_SIZE 400

/*
 * session_offer - offer it in the handshake to come.
 *
 *   tls       as trust_session() made it, with the name that it insists on
 *   insecure  nothing is verified
 *   why       on failure: why it is not offered, "it expired at ..."; then the handshake is a full
 *             one
 */
MUST_CHECK int session_offer(SSL *tls, bool insecure, const struct session *session,
                             char why[static SESSION_WHY_SIZE]);

/* ---- files ---- */

/*
 * session_read - a session from a PEM file, as session_save() or `openssl s_client -sess_out` write
 * it; certificates behind it are its chain.
 *
 * Fails with SECHO_ERR_FILE: unreadable, or no session is in it; SECHO_ERR_MEMORY.
 */
MUST_CHECK int session_read(const char *path, struct session *out, struct secho_error *err);

/* Can session_save() write there? Leaves nothing behind. */
MUST_CHECK int session_check(const char *path, struct secho_error *err);

/*
 * session_save - write it, readable by its owner only. What was there is replaced, whole or not at
 * all. Fails with SECHO_ERR_SYSTEM.
 */
MUST_CHECK int session_save(const struct session *session, const char *path,
                            struct secho_error *err);

#endif
