/* goodbye.c - close_notify, FIN, and patience, so that no RST destroys the last echo. */
#include "server/steps.h"
#include "tls/stream.h"

enum step goodbye_step(struct conn *conn)
{
    size_t ignored;

    (void)wire_take(&conn->wire, &ignored); /* we have ended: nothing more is echoed */
    if (!conn->said_goodbye) {
        conn->said_goodbye = true;
        limits_shaken(conn->limits, &conn->place); /* if it failed, it is over all the same */
        if (conn->tls != NULL && !conn->tls_broken) {
            (void)stream_goodbye(conn->tls, NULL); /* if it fails there is nobody left to tell */
        }
    }
    return wire_finish(&conn->wire) ? STEP_DONE : STEP_WAIT;
}

enum step linger_step(struct conn *conn)
{
    size_t ignored;

    /*
     * Closing a socket with unread input sends RST, and the peer's kernel may then throw away
     * what it has not read yet: our last echo, or the alert that explains a failure. Nobody has to
     * be waited for who never sent a byte.
     */
    (void)wire_take(&conn->wire, &ignored);
    return conn->wire.at_end || conn->first_len == 0 ? STEP_DONE : STEP_WAIT;
}
