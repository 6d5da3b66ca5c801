/* decide.c - the facts of an end to its code. What the codes mean is in codes.h. */
#include <errno.h>
#include <stdbool.h>

#include "diagnosis/alert.h"
#include "diagnosis/explain.h"

/* What came in place of TLS; EXPLAIN_TLS_ERROR when it did begin like TLS. */
static enum explain_code not_tls(const struct ending *ending)
{
    switch (ending->first) {
    case SNIFFED_HTTP:
        return EXPLAIN_NOT_TLS_HTTP;
    case SNIFFED_SSH:
        return EXPLAIN_NOT_TLS_SSH;
    case SNIFFED_SMTP:
        return EXPLAIN_NOT_TLS_SMTP;
    case SNIFFED_PROXY:
        return EXPLAIN_PROXY_HEADER_UNEXPECTED;
    case SNIFFED_OTHER:
        return EXPLAIN_NOT_TLS;
    case SNIFFED_NOTHING: /* nobody looked */
        return ending->tls.reason == STREAM_REASON_NOT_TLS ? EXPLAIN_NOT_TLS : EXPLAIN_TLS_ERROR;
    case SNIFFED_TLS:
        break;
    }
    return EXPLAIN_TLS_ERROR;
}

static enum explain_code alert(const struct ending *ending)
{
    const struct alert_words *words = alert_words(ending->tls.alert_received);

    return ending->side == ENDING_SERVER ? words->at_server : words->at_client;
}

static bool sent_something_else(const struct ending *ending)
{
    return ending->first != SNIFFED_NOTHING && ending->first != SNIFFED_TLS;
}

/* The peer went away without a word of TLS: by FIN, or by RST when `reset`. */
static enum explain_code peer_left(const struct ending *ending, bool reset)
{
    if (ending->plain_hello) {
        return EXPLAIN_TLS_TO_PLAIN_PORT;
    }
    if (ending->stage == ENDING_STAGE_ACCEPTED && ending->side == ENDING_SERVER) {
        return EXPLAIN_HEALTH_CHECK; /* with RST, too: HAProxy's checks end so */
    }
    if (ending->stage == ENDING_STAGE_HANDSHAKE) {
        if (ending->tls.alert_received > 0) {
            return alert(ending); /* it said why, and left before we had finished reading */
        }
        if (sent_something_else(ending)) {
            return not_tls(ending);
        }
    }
    if (reset) {
        return EXPLAIN_RESET;
    }
    return ending->stage >= ENDING_STAGE_ECHO ? EXPLAIN_TRUNCATED : EXPLAIN_CLOSED_IN_HANDSHAKE;
}

static enum explain_code socket_failed(const struct ending *ending)
{
    switch (ending->os_errno) {
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
        return peer_left(ending, true);
    case ENOMEM:
    case ENOBUFS:
        return EXPLAIN_OUT_OF_MEMORY;
    default:
        return EXPLAIN_CONNECTION_LOST;
    }
}

/* The code for each fault: of the certificate of a server, of a client; 0 (ok) where none is
 * nearer. */
static const enum explain_code faults[FAULT_COUNT][2] = {
#define BOTH(name)                                                                                 \
    [FAULT_##name] = {EXPLAIN_SERVER_CERTIFICATE_##name, EXPLAIN_CLIENT_CERTIFICATE_##name}
    BOTH(EXPIRED),
    BOTH(NOT_YET_VALID),
    BOTH(UNKNOWN_ISSUER),
    BOTH(CHAIN_INCOMPLETE),
    BOTH(SELF_SIGNED),
    BOTH(WRONG_USAGE),
    BOTH(REVOKED),
    BOTH(NOT_A_CA),
    BOTH(PATH_TOO_LONG),
    BOTH(NAME_NOT_PERMITTED),
    BOTH(WEAK_KEY),
    BOTH(WEAK_DIGEST),
    BOTH(BAD_SIGNATURE),
#undef BOTH
    [FAULT_CLOCK] = {EXPLAIN_CLOCK_WRONG, EXPLAIN_CLOCK_WRONG},
    [FAULT_WRONG_NAME] = {EXPLAIN_SERVER_CERTIFICATE_WRONG_NAME, EXPLAIN_OK},
    [FAULT_STAPLE_MISSING] = {EXPLAIN_SERVER_CERTIFICATE_STAPLE_MISSING, EXPLAIN_OK},
    [FAULT_CRL_MISSING] = {EXPLAIN_OK, EXPLAIN_CLIENT_CERTIFICATE_CRL_MISSING},
    [FAULT_CRL_OUTDATED] = {EXPLAIN_OK, EXPLAIN_CLIENT_CERTIFICATE_CRL_OUTDATED},
    [FAULT_NOT_ALLOWED] = {EXPLAIN_OK, EXPLAIN_CLIENT_CERTIFICATE_NOT_ALLOWED},
};

/* Of a server, as a client sees it. */
static enum explain_code certificate_refused(const struct ending *ending)
{
    enum explain_code nearer = faults[ending->fault][0];

    return nearer != EXPLAIN_OK ? nearer : EXPLAIN_SERVER_CERTIFICATE_REJECTED;
}

static enum explain_code tls_failed(const struct ending *ending)
{
    bool server = ending->side == ENDING_SERVER;

    if (ending->plain_hello) {
        return EXPLAIN_TLS_TO_PLAIN_PORT;
    }
    switch (ending->tls.reason) {
    case STREAM_REASON_TRUNCATED:
        return peer_left(ending, false);
    case STREAM_REASON_SYSTEM:
        return socket_failed(ending);
    case STREAM_REASON_ALERT:
        return alert(ending);
    case STREAM_REASON_NO_COMMON_VERSION:
        return EXPLAIN_NO_COMMON_VERSION;
    case STREAM_REASON_NO_COMMON_SUITE:
        return EXPLAIN_NO_COMMON_SUITE;
    case STREAM_REASON_NO_COMMON_GROUP: /* a client that says so got a hello that breaks a rule */
        return server ? EXPLAIN_NO_COMMON_GROUP : EXPLAIN_TLS_ERROR;
    case STREAM_REASON_NO_COMMON_SIGNATURE:
        return server ? EXPLAIN_NO_COMMON_SIGNATURE : EXPLAIN_TLS_ERROR;
    case STREAM_REASON_NO_COMMON_ALPN:
        return EXPLAIN_NO_COMMON_ALPN;
    case STREAM_REASON_UNKNOWN_NAME:
        return EXPLAIN_UNKNOWN_NAME;
    case STREAM_REASON_CERTIFICATE_MISSING:
        return EXPLAIN_CLIENT_CERTIFICATE_MISSING;
    case STREAM_REASON_CERTIFICATE_REJECTED:
        return server ? EXPLAIN_CLIENT_CERTIFICATE_REJECTED : certificate_refused(ending);
    case STREAM_REASON_NONE:
    case STREAM_REASON_NOT_TLS:
    case STREAM_REASON_PROTOCOL:
        break;
    }
    return ending->stage <= ENDING_STAGE_HANDSHAKE ? not_tls(ending) : EXPLAIN_TLS_ERROR;
}

static enum explain_code timed_out(const struct ending *ending)
{
    switch (ending->stage) {
    case ENDING_STAGE_ACCEPTED:
    case ENDING_STAGE_PROXY:
    case ENDING_STAGE_HANDSHAKE:
        return EXPLAIN_HANDSHAKE_TIMEOUT;
    case ENDING_STAGE_ECHO:
        return EXPLAIN_IDLE_TIMEOUT;
    case ENDING_STAGE_GOODBYE:
        return EXPLAIN_GOODBYE_TIMEOUT;
    }
    return EXPLAIN_UNKNOWN;
}

/* Causes that say all by themselves; EXPLAIN_OK where more has to be looked at. */
static const enum explain_code plain[] = {
    [ENDING_WRITE_TIMEOUT] = EXPLAIN_WRITE_TIMEOUT,
    [ENDING_CONTROL] = EXPLAIN_TOO_MANY_CONTROL_MESSAGES,
    [ENDING_DRAIN] = EXPLAIN_DRAIN,
    [ENDING_LIMIT_CONNECTIONS] = EXPLAIN_CONNECTION_LIMIT,
    [ENDING_MEMORY] = EXPLAIN_OUT_OF_MEMORY,
    [ENDING_AGE] = EXPLAIN_AGE_LIMIT,
    [ENDING_LIMIT_BYTES] = EXPLAIN_BYTE_LIMIT,
    [ENDING_LIMIT_ADDRESS] = EXPLAIN_ADDRESS_LIMIT,
    [ENDING_LIMIT_RATE] = EXPLAIN_RATE_LIMIT,
    [ENDING_LIMIT_ADDRESS_RATE] = EXPLAIN_ADDRESS_RATE_LIMIT,
    [ENDING_LIMIT_HANDSHAKES] = EXPLAIN_HANDSHAKE_LIMIT,
    [ENDING_PROXY_MISSING] = EXPLAIN_PROXY_HEADER_MISSING,
    [ENDING_PROXY_INVALID] = EXPLAIN_PROXY_HEADER_INVALID,
    [ENDING_REPORT_INVALID] = EXPLAIN_REPORT_INVALID,
    [ENDING_WORKER_DIED] = EXPLAIN_WORKER_DIED,
    [ENDING_USAGE] = EXPLAIN_USAGE,
    [ENDING_FILE] = EXPLAIN_FILE,
    [ENDING_CONFIG] = EXPLAIN_CONFIG,
    [ENDING_SYSTEM] = EXPLAIN_SYSTEM,
    [ENDING_NAME_UNKNOWN] = EXPLAIN_NAME_UNKNOWN,
    [ENDING_RESOLVE_TIMEOUT] = EXPLAIN_RESOLVE_TIMEOUT,
    [ENDING_REFUSED] = EXPLAIN_REFUSED,
    [ENDING_UNREACHABLE] = EXPLAIN_UNREACHABLE,
    [ENDING_CONNECT_TIMEOUT] = EXPLAIN_CONNECT_TIMEOUT,
    [ENDING_ECHO_WRONG] = EXPLAIN_ECHO_WRONG,
    [ENDING_ECHO_SHORT] = EXPLAIN_ECHO_SHORT,
    [ENDING_ECHO_LONG] = EXPLAIN_ECHO_LONG,
    [ENDING_ECHO_LATE] = EXPLAIN_ECHO_LATE,
    [ENDING_ECHO_SLOW] = EXPLAIN_ECHO_SLOW,
    [ENDING_NO_SESSION] = EXPLAIN_NO_SESSION,
    [ENDING_NOT_RESUMED] = EXPLAIN_NOT_RESUMED,
    [ENDING_CLOSED_EARLY] = EXPLAIN_CLOSED_EARLY,
};

static enum explain_code ended_cleanly(const struct ending *ending)
{
    return ending->stage < ENDING_STAGE_ECHO || ending->plain_hello ? peer_left(ending, false)
                                                                    : EXPLAIN_OK;
}

/* Compiled with -Wswitch-enum a switch would have to repeat the table. */
enum explain_code explain_decide(const struct ending *ending)
{
    enum explain_code code =
        (size_t)ending->cause < sizeof plain / sizeof plain[0] ? plain[ending->cause] : EXPLAIN_OK;

    if (code != EXPLAIN_OK) {
        return code;
    }
    return ending->cause == ENDING_CLEAN     ? ended_cleanly(ending)
           : ending->cause == ENDING_EOF     ? peer_left(ending, false)
           : ending->cause == ENDING_SOCKET  ? socket_failed(ending)
           : ending->cause == ENDING_TLS     ? tls_failed(ending)
           : ending->cause == ENDING_TIMEOUT ? timed_out(ending)
                                             : EXPLAIN_UNKNOWN;
}

/* What an alert about a certificate says of it; ours, as the peer sees it. */
static enum fault fault_of_alert(int number)
{
    switch (number) {
    case 44:
        return FAULT_REVOKED;
    case 45:
        return FAULT_EXPIRED; /* or not valid yet: RFC 8446 6.2 has one alert for both */
    case 48:
        return FAULT_UNKNOWN_ISSUER;
    case 49:
        return FAULT_NOT_ALLOWED;
    default:
        return FAULT_OTHER; /* 42, 43, 46 and 113 may mean anything */
    }
}

enum explain_code explain_cause(const struct ending *ending, enum explain_code number)
{
    bool told = ending->tls.alert_received > 0;
    enum fault fault = told ? fault_of_alert(ending->tls.alert_received) : ending->fault;
    enum explain_code nearer = number;

    if (number == EXPLAIN_CLIENT_CERTIFICATE_REJECTED) {
        nearer = faults[fault][1];
    } else if (number == EXPLAIN_PEER_REJECTED_CERTIFICATE) {
        nearer = faults[fault][0];
    }
    return nearer != EXPLAIN_OK ? nearer : number;
}
