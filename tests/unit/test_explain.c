/* Why did it end? Facts to a code, a sentence and an advice. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosis/alert.h"
#include "diagnosis/explain.h"
#include "suite.h"

#define SERVER    .side = ENDING_SERVER
#define CLIENT    .side = ENDING_CLIENT
#define ACCEPTED  .stage = ENDING_STAGE_ACCEPTED
#define HEADER    .stage = ENDING_STAGE_PROXY
#define HANDSHAKE .stage = ENDING_STAGE_HANDSHAKE, .first = SNIFFED_TLS
#define ECHOING   .stage = ENDING_STAGE_ECHO, .first = SNIFFED_TLS
#define GOODBYE   .stage = ENDING_STAGE_GOODBYE, .first = SNIFFED_TLS

#define TLS(why)                                                                                   \
    .cause = ENDING_TLS, .tls = {.reason = STREAM_REASON_##why,                                    \
                                 .alert_received = STREAM_NO_ALERT,                                \
                                 .alert_sent = STREAM_NO_ALERT}
#define ALERT(number)                                                                              \
    .cause = ENDING_TLS, .tls = {.reason = STREAM_REASON_ALERT,                                    \
                                 .alert_received = number,                                         \
                                 .alert_sent = STREAM_NO_ALERT}
/* The peer sent plain bytes where TLS was expected. */
#define REFUSED(what)                                                                              \
    HANDSHAKE, TLS(CERTIFICATE_REJECTED), .certificate = "CN=x", .fault = FAULT_##what
#define INSTEAD(what) .stage = ENDING_STAGE_HANDSHAKE, TLS(NOT_TLS), .first = SNIFFED_##what

/* Facts, the code, and what the sentence must say at least (or NULL). */
static const struct {
    struct ending facts;
    const char *code;
    const char *says;
    const char *says_too;
} cases[] = {
    /* orderly ends */
    {{SERVER, ECHOING, .cause = ENDING_CLEAN}, "ok", "the client ended", NULL},
    {{SERVER, GOODBYE, .cause = ENDING_CLEAN}, "ok", NULL, NULL},
    {{CLIENT, ECHOING, .cause = ENDING_CLEAN}, "ok", "the server sent everything back", NULL},
    {{SERVER, ECHOING, .cause = ENDING_DRAIN}, "drain", "being stopped", "Connect again"},
    /* not one byte: a health check, by FIN or by RST; never once a byte came, never for a client */
    {{SERVER, ACCEPTED, .cause = ENDING_EOF}, "health_check", "without sending a byte", NULL},
    {{SERVER, ACCEPTED, .cause = ENDING_CLEAN}, "health_check", NULL, NULL},
    {{SERVER, ACCEPTED, TLS(TRUNCATED)}, "health_check", NULL, NULL},
    {{SERVER, ACCEPTED, .cause = ENDING_SOCKET, .os_errno = ECONNRESET}, "health_check", 0, 0},
    {{SERVER, HANDSHAKE, .cause = ENDING_EOF}, "closed_in_handshake", "did not say why", NULL},
    {{SERVER, HANDSHAKE, TLS(TRUNCATED)}, "closed_in_handshake", NULL, NULL},
    {{SERVER, HANDSHAKE, .cause = ENDING_CLEAN}, "closed_in_handshake", NULL, NULL},
    {{CLIENT, ACCEPTED, .cause = ENDING_EOF}, "closed_in_handshake", "before the first byte", 0},
    /* who looks at the certificate after the handshake leaves without a word */
    {{SERVER, ECHOING, .cause = ENDING_CLEAN, .silent = true},
     "ok",
     "was echoed; it sent nothing",
     0},
    {{SERVER, ECHOING, .cause = ENDING_EOF, .silent = true}, "truncated", "do not like it", NULL},
    {{SERVER, ECHOING, .cause = ENDING_SOCKET, .os_errno = ECONNRESET, .silent = true},
     "reset",
     "during the echo; it sent nothing after the handshake",
     NULL},
    /* FIN without close_notify */
    {{SERVER, ECHOING, .cause = ENDING_EOF}, "truncated", "without close_notify", NULL},
    {{SERVER, GOODBYE, .cause = ENDING_EOF}, "truncated", NULL, NULL},
    {{CLIENT, ECHOING, TLS(TRUNCATED)}, "truncated", "may be incomplete", NULL},
    /* the network */
    {{SERVER, ECHOING, .cause = ENDING_SOCKET, .os_errno = ECONNRESET}, "reset", "RST", 0},
    {{SERVER, ECHOING, .cause = ENDING_SOCKET, .os_errno = EPIPE}, "reset", "during the echo", 0},
    {{SERVER, HANDSHAKE, TLS(SYSTEM), .os_errno = ECONNRESET}, "reset", "in the handshake", NULL},
    {{CLIENT, ACCEPTED, TLS(SYSTEM), .os_errno = ECONNRESET}, "reset", "the server, or", NULL},
    {{SERVER, ECHOING, .cause = ENDING_SOCKET, .os_errno = ETIMEDOUT},
     "connection_lost",
     "Connection timed out",
     NULL},
    {{SERVER, ECHOING, .cause = ENDING_SOCKET, .os_errno = ENOBUFS}, "out_of_memory", NULL, NULL},
    {{SERVER, HANDSHAKE, .cause = ENDING_MEMORY}, "out_of_memory", "/limits/connections", NULL},
    /* deadlines, with their time in the biggest unit that fits */
    {{SERVER, ACCEPTED, .cause = ENDING_TIMEOUT, .limit = 10000},
     "handshake_timeout",
     "the client sent nothing within 10s",
     "/timeouts/handshake"},
    {{SERVER, HANDSHAKE, .cause = ENDING_TIMEOUT, .limit = 1500},
     "handshake_timeout",
     "did not finish the handshake within 1500ms",
     NULL},
    {{CLIENT, HANDSHAKE, .cause = ENDING_TIMEOUT, .limit = 10000},
     "handshake_timeout",
     "the server did not finish",
     "--timeout"},
    {{SERVER, ECHOING, .cause = ENDING_TIMEOUT, .limit = 300000},
     "idle_timeout",
     "sent nothing for 5m",
     "/timeouts/idle"},
    {{SERVER, ECHOING, .cause = ENDING_WRITE_TIMEOUT, .limit = 30000},
     "write_timeout",
     "did not read its echo for 30s",
     "/timeouts/write"},
    {{SERVER, GOODBYE, .cause = ENDING_TIMEOUT, .limit = 5000},
     "goodbye_timeout",
     "5s after the goodbye",
     "/timeouts/goodbye"},
    {{SERVER, ECHOING, .cause = ENDING_AGE, .limit = 7200000},
     "age_limit",
     "open for 2h",
     "/timeouts/age"},
    {{SERVER, ECHOING, .cause = ENDING_TIMEOUT}, "idle_timeout", "0ms", NULL},
    /* limits */
    {{SERVER, ECHOING, .cause = ENDING_LIMIT_BYTES, .limit = 1048576},
     "byte_limit",
     "1048576 bytes",
     "/limits/bytes_per_connection"},
    {{SERVER, ACCEPTED, .cause = ENDING_LIMIT_CONNECTIONS, .limit = 10000},
     "connection_limit",
     "its limit of 10000 open connections",
     "/limits/connections"},
    {{SERVER, ACCEPTED, .cause = ENDING_LIMIT_ADDRESS, .limit = 10},
     "address_limit",
     "this address has 10 open already",
     "/limits/connections_per_address"},
    {{SERVER, ACCEPTED, .cause = ENDING_LIMIT_ADDRESS_RATE, .limit = 5},
     "address_rate_limit",
     "more than 5 handshakes came from this address",
     "/limits/handshakes_per_second_per_address"},
    {{SERVER, HANDSHAKE, .cause = ENDING_LIMIT_HANDSHAKES, .limit = 1000},
     "handshake_limit",
     "waited for its place",
     "/limits/handshakes_in_flight"},
    {{SERVER, ACCEPTED, .cause = ENDING_LIMIT_RATE, .limit = 100},
     "rate_limit",
     "more than 100 handshakes",
     "/limits/handshakes_per_second"},
    {{SERVER, ECHOING, .cause = ENDING_CONTROL}, "too_many_control_messages", "key updates", 0},
    {{SERVER, ECHOING, .cause = ENDING_WORKER_DIED}, "worker_died", "worker", "worker_exit"},
    /* not TLS; OpenSSL's reason does not matter, the first bytes do */
    {{SERVER, INSTEAD(HTTP)}, "not_tls_http", "plain HTTP", "https://"},
    {{SERVER, INSTEAD(SSH)}, "not_tls_ssh", "SSH", NULL},
    {{SERVER, INSTEAD(SMTP)}, "not_tls_smtp", "SMTP", "STARTTLS"},
    {{SERVER, INSTEAD(OTHER)}, "not_tls", "not TLS", NULL},
    {{SERVER, INSTEAD(NOTHING)}, "not_tls", NULL, NULL},
    {{SERVER, INSTEAD(PROXY)}, "proxy_header_unexpected", "/listeners/3/proxy_protocol", NULL},
    {{CLIENT, INSTEAD(HTTP)}, "not_tls_http", "the server answered in plain HTTP", "443"},
    {{CLIENT, INSTEAD(SSH)}, "not_tls_ssh", "the server sent an SSH banner", NULL},
    {{CLIENT, INSTEAD(SMTP)}, "not_tls_smtp", "as mail servers do", NULL},
    {{SERVER, .stage = ENDING_STAGE_HANDSHAKE, TLS(PROTOCOL), .first = SNIFFED_OTHER},
     "not_tls",
     NULL,
     NULL},
    {{SERVER, .stage = ENDING_STAGE_HANDSHAKE, .cause = ENDING_EOF, .first = SNIFFED_HTTP},
     "not_tls_http",
     NULL,
     NULL},
    {{SERVER, .stage = ENDING_STAGE_ECHO, TLS(PROTOCOL), .first = SNIFFED_OTHER},
     "tls_error",
     NULL,
     NULL},
    {{SERVER, HANDSHAKE, TLS(NOT_TLS)}, "tls_error", NULL, NULL},
    /* TLS where nobody answers in TLS: not an orderly end, however it ends */
    {{SERVER, ECHOING, .cause = ENDING_CLEAN, .plain_hello = true},
     "tls_to_plain_port",
     "the hello was echoed",
     "/listeners/3/transport is tls"},
    {{SERVER, ECHOING, .cause = ENDING_SOCKET, .os_errno = ECONNRESET, .plain_hello = true},
     "tls_to_plain_port",
     NULL,
     NULL},
    {{SERVER, ECHOING, .cause = ENDING_DRAIN, .plain_hello = true}, "drain", NULL, NULL},
    {{CLIENT, HANDSHAKE, TLS(PROTOCOL), .plain_hello = true},
     "tls_to_plain_port",
     "our own TLS hello back",
     "speaks TLS"},
    /* the PROXY header */
    {{SERVER, ACCEPTED, .cause = ENDING_PROXY_MISSING}, "proxy_header_missing", "no PROXY", 0},
    {{SERVER, HEADER, .cause = ENDING_PROXY_MISSING, .first = SNIFFED_TLS},
     "proxy_header_missing",
     "the client sent a TLS hello and no PROXY header, and this listener expects one.",
     "or set /listeners/3/proxy_protocol to false."},
    {{SERVER, HEADER, .cause = ENDING_PROXY_MISSING, .first = SNIFFED_HTTP},
     "proxy_header_missing",
     "plain HTTP",
     "send-proxy-v2"},
    {{SERVER, ACCEPTED, .cause = ENDING_PROXY_INVALID}, "proxy_header_invalid", "not valid", 0},
    {{SERVER, ECHOING, .cause = ENDING_REPORT_INVALID}, "report_invalid", "no such question", 0},
    {{CLIENT, ECHOING, .cause = ENDING_REPORT_INVALID, .detail = "it is no JSON"},
     "report_invalid",
     "is none: it is no JSON.",
     0},
    {{SERVER, HEADER, .cause = ENDING_PROXY_INVALID, .detail = "its version is not 2"},
     "proxy_header_invalid",
     "is not valid: its version is not 2. ",
     "/listeners/3/proxy_protocol_from"},
    {{SERVER, HEADER, .cause = ENDING_TIMEOUT, .limit = 10000},
     "handshake_timeout",
     "the client did not finish the PROXY header within 10s",
     NULL},
    {{SERVER, HEADER, .cause = ENDING_SOCKET, .os_errno = ECONNRESET},
     "reset",
     "in the PROXY header",
     NULL},
    {{SERVER, HEADER, .cause = ENDING_DRAIN}, "drain", "in the PROXY header", NULL},
    {{CLIENT, INSTEAD(PROXY)}, "proxy_header_unexpected", "the server sent", "host and the port"},
    /* nothing in common: found by us */
    {{SERVER, HANDSHAKE, TLS(NO_COMMON_VERSION)},
     "no_common_version",
     "offered no TLS version",
     "/listeners/3/tls/min_version"},
    {{SERVER, HANDSHAKE, TLS(NO_COMMON_SUITE)},
     "no_common_suite",
     "cipher suite",
     "/listeners/3/tls/ciphersuites"},
    {{SERVER, HANDSHAKE, TLS(NO_COMMON_GROUP)},
     "no_common_group",
     "key exchange group",
     "/listeners/3/tls/groups"},
    {{SERVER, HANDSHAKE, TLS(NO_COMMON_SIGNATURE)},
     "no_common_signature",
     "signature algorithm",
     "/listeners/3/tls/certificates"},
    {{SERVER, HANDSHAKE, TLS(NO_COMMON_ALPN)}, "no_common_alpn", "ALPN", "/listeners/3/tls/alpn"},
    {{SERVER, HANDSHAKE, TLS(UNKNOWN_NAME)},
     "unknown_name",
     "SNI",
     "/listeners/3/tls/unknown_name"},
    {{CLIENT, HANDSHAKE, TLS(NO_COMMON_VERSION)},
     "no_common_version",
     "the client ended the handshake: client and server have no TLS version in common.",
     "--tls"},
    /* a client that misses a key share in the hello of a server has got a hello that is wrong */
    {{CLIENT, HANDSHAKE, TLS(NO_COMMON_GROUP)}, "tls_error", "of the server broke", NULL},
    {{CLIENT, HANDSHAKE, TLS(NO_COMMON_SIGNATURE)}, "tls_error", "of the server broke", NULL},
    /* the same, told by the server with an alert */
    {{CLIENT, HANDSHAKE, ALERT(70)},
     "no_common_version",
     "common (alert protocol_version).",
     "--tls"},
    {{CLIENT, HANDSHAKE, ALERT(71)}, "no_common_suite", "insufficient_security", "--ciphers"},
    {{CLIENT, HANDSHAKE, ALERT(112)}, "unknown_name", "the server ended", "--server-name"},
    {{CLIENT, HANDSHAKE, ALERT(120)}, "no_common_alpn", "no_application_protocol", "--alpn"},
    {{SERVER, HANDSHAKE, ALERT(70)}, "peer_alert", "protocol_version", NULL},
    /* certificates of clients; in TLS 1.3 a client hears of it only during the echo */
    {{SERVER, HANDSHAKE, TLS(CERTIFICATE_MISSING)},
     "client_certificate_missing",
     "it sent none",
     "/listeners/3/tls/client_auth/mode"},
    {{SERVER, HANDSHAKE, TLS(CERTIFICATE_REJECTED), .certificate = "CN=alice",
      .detail = "certificate has expired"},
     "client_certificate_rejected",
     "does not accept the certificate 'CN=alice' of the client: certificate has expired.",
     "/listeners/3/tls/client_auth/ca"},
    {{CLIENT, ECHOING, ALERT(116)},
     "client_certificate_missing",
     "certificate_required",
     "--cert FILE --key FILE"},
    {{CLIENT, ECHOING, ALERT(49)}, "client_certificate_rejected", "access_denied", "--cert"},
    {{CLIENT, ECHOING, ALERT(48)},
     "client_certificate_rejected",
     "unknown_ca: it does not trust the issuer of the certificate)",
     "--cert"},
    {{CLIENT, ECHOING, ALERT(45)}, "client_certificate_rejected", "certificate_expired", NULL},
    {{CLIENT, ECHOING, ALERT(44)}, "client_certificate_rejected", "certificate_revoked", NULL},
    {{CLIENT, HANDSHAKE, ALERT(42)}, "client_certificate_rejected", "bad_certificate", NULL},
    {{CLIENT, HANDSHAKE, ALERT(43)}, "client_certificate_rejected", "unsupported_", NULL},
    {{CLIENT, HANDSHAKE, ALERT(46)}, "client_certificate_rejected", "certificate_unknown", NULL},
    /* certificates of servers */
    {{SERVER, HANDSHAKE, ALERT(48), .certificate = "CN=localhost"},
     "peer_rejected_certificate",
     "the client ended the connection in the handshake with alert unknown_ca: it does not trust "
     "the issuer of the certificate 'CN=localhost'. Give the client the CA",
     "secho-client --ca FILE), or serve the whole chain (/listeners/3/tls/certificates/0/chain)."},
    /* what OpenSSL's clients send for a wrong name, too */
    {{SERVER, HANDSHAKE, ALERT(42)},
     "peer_rejected_certificate",
     "bad_certificate: it finds the certificate damaged, wrongly signed, not valid yet, too weak, "
     "or "
     "made for another name. "
     "Check that the name that the client asks for is in the certificate and that it knows the CA",
     "openssl verify: the whole chain has to be in /listeners/3/tls/certificates/0/chain"},
    {{SERVER, HANDSHAKE, ALERT(43)}, "peer_rejected_certificate", "unsupported_", NULL},
    {{SERVER, HANDSHAKE, ALERT(44)}, "peer_rejected_certificate", "certificate_revoked", NULL},
    {{SERVER, HANDSHAKE, ALERT(45)},
     "peer_rejected_certificate",
     "certificate_expired",
     "clock of the client"},
    {{SERVER, HANDSHAKE, ALERT(46)},
     "peer_rejected_certificate",
     "certificate_unknown",
     "often it does not know the CA, or the name"},
    {{SERVER, HANDSHAKE, .cause = ENDING_EOF, .tls = {.alert_received = 48}},
     "peer_rejected_certificate",
     NULL,
     NULL},
    {{CLIENT, HANDSHAKE, TLS(CERTIFICATE_REJECTED), .certificate = "CN=x", .detail = "expired"},
     "server_certificate_rejected",
     "does not accept the certificate 'CN=x' of the server: expired.",
     "--ca FILE"},
    {{CLIENT, REFUSED(EXPIRED)}, "server_certificate_expired", "'CN=x'", "clock"},
    {{CLIENT, REFUSED(NOT_YET_VALID)}, "server_certificate_not_yet_valid", "'CN=x'", "clocks"},
    {{CLIENT, REFUSED(WRONG_NAME)}, "server_certificate_wrong_name", "'CN=x'", "--server-name"},
    {{CLIENT, REFUSED(UNKNOWN_ISSUER)}, "server_certificate_unknown_issuer", "'CN=x'", "--ca"},
    {{CLIENT, REFUSED(CHAIN_INCOMPLETE)},
     "server_certificate_chain_incomplete",
     "'CN=x'",
     "intermediate"},
    {{CLIENT, REFUSED(SELF_SIGNED)}, "server_certificate_self_signed", "'CN=x'", "--ca"},
    {{CLIENT, REFUSED(WRONG_USAGE)}, "server_certificate_wrong_usage", "'CN=x'", "serverAuth"},
    {{CLIENT, REFUSED(REVOKED)}, "server_certificate_revoked", "'CN=x'", NULL},
    {{CLIENT, REFUSED(CLOCK)}, "clock_wrong", "'CN=x'", "Set the clock"},
    {{CLIENT, REFUSED(STAPLE_MISSING)}, "server_certificate_staple_missing", "'CN=x'", "staple"},
    {{CLIENT, REFUSED(NOT_A_CA)}, "server_certificate_not_a_ca", "'CN=x'", "CA:TRUE"},
    {{CLIENT, REFUSED(PATH_TOO_LONG)}, "server_certificate_path_too_long", "'CN=x'", "pathlen"},
    {{CLIENT, REFUSED(NAME_NOT_PERMITTED)},
     "server_certificate_name_not_permitted",
     "'CN=x'",
     "permitted"},
    {{CLIENT, REFUSED(WEAK_KEY)}, "server_certificate_weak_key", "'CN=x'", "2048"},
    {{CLIENT, REFUSED(WEAK_DIGEST)}, "server_certificate_weak_digest", "'CN=x'", "SHA-256"},
    {{CLIENT, REFUSED(BAD_SIGNATURE)}, "server_certificate_bad_signature", "'CN=x'", "two CAs"},
    /* one code at the server, whatever the fault: the cause beside it tells */
    {{SERVER, REFUSED(EXPIRED)}, "client_certificate_rejected", "'CN=x'", NULL},
    /* what ends a client before there is TLS, and what came back */
    {{CLIENT, .cause = ENDING_USAGE}, "usage", "this cannot be", "-h"},
    {{CLIENT, .cause = ENDING_FILE}, "file", "cannot be read", "path"},
    {{CLIENT, .cause = ENDING_CONFIG}, "config", "no use", NULL},
    {{CLIENT, .cause = ENDING_SYSTEM}, "system", "operating system", "ulimit"},
    {{CLIENT, .cause = ENDING_NAME_UNKNOWN}, "name_unknown", "does not resolve", "getent"},
    {{CLIENT, .cause = ENDING_RESOLVE_TIMEOUT, .limit = 10000},
     "resolve_timeout",
     "within 10s",
     "resolv.conf"},
    {{CLIENT, .cause = ENDING_REFUSED}, "refused", "nobody listens", "server runs"},
    {{CLIENT, .cause = ENDING_UNREACHABLE}, "unreachable", "does not lead", "firewalls"},
    {{CLIENT, .cause = ENDING_CONNECT_TIMEOUT, .limit = 500},
     "connect_timeout",
     "within 500ms",
     "--timeout"},
    {{CLIENT, ECHOING, .cause = ENDING_ECHO_WRONG, .detail = "from byte 7 on"},
     "echo_wrong",
     "is not what was sent: from byte 7 on.",
     NULL},
    {{CLIENT, ECHOING, .cause = ENDING_ECHO_SHORT}, "echo_short", "before everything was back", 0},
    {{CLIENT, ECHOING, .cause = ENDING_ECHO_LONG}, "echo_long", "more came back", "banner"},
    {{CLIENT, ECHOING, .cause = ENDING_ECHO_LATE, .detail = "2 not answered"},
     "echo_late",
     "not every echo came back in time: 2 not answered.",
     "--timeout"},
    {{CLIENT, ECHOING, .cause = ENDING_ECHO_SLOW, .detail = "1 of 3"},
     "echo_slow",
     "too slowly: 1 of 3.",
     "--warn"},
    {{CLIENT, ECHOING, .cause = ENDING_CLOSED_EARLY},
     "closed_early",
     "earlier than wanted.",
     "idle timeout"},
    {{CLIENT, ECHOING, .cause = ENDING_NO_SESSION}, "no_session", "gave no session", "count"},
    {{CLIENT, ECHOING, .cause = ENDING_NOT_RESUMED, .detail = "resumed 1 of 3"},
     "not_resumed",
     "but by full handshakes: resumed 1 of 3.",
     "ticket keys"},
    /* other alerts; both directions say who sent it */
    {{SERVER, HANDSHAKE, ALERT(40)}, "peer_alert", "the client ended", "handshake_failure"},
    {{CLIENT, HANDSHAKE, ALERT(40)}, "peer_alert", "the server ended", "Leave --ciphers"},
    {{SERVER, ECHOING, ALERT(20)}, "peer_alert", "bad_record_mac", "during the echo"},
    {{SERVER, HANDSHAKE, ALERT(49)}, "peer_alert", "access_denied", NULL},
    {{SERVER, HANDSHAKE, ALERT(116)}, "peer_alert", "certificate_required", NULL},
    {{SERVER, HANDSHAKE, ALERT(199)}, "peer_alert", "no RFC names", NULL},
    /* an old warning is not why it ended */
    {{SERVER, ECHOING, .cause = ENDING_EOF, .tls = {.alert_received = 100}}, "truncated", 0, 0},
    /* the rest: OpenSSL's words, without its jargon */
    {{SERVER, HANDSHAKE, TLS(PROTOCOL),
      .detail = "TLS handshake (SSL routines: bad extension [x]; SSL routines: y)"},
     "tls_error",
     "in the handshake: the TLS messages of the client broke a rule: bad extension.",
     NULL},
    {{SERVER, HANDSHAKE, TLS(PROTOCOL)}, "tls_error", "broke a rule.", NULL},
    {{SERVER, HANDSHAKE, TLS(NONE)}, "tls_error", NULL, NULL},
    {{SERVER, ECHOING, .cause = ENDING_NONE}, "unknown", "did not note why", NULL},
};

START_TEST(facts_become_a_code_and_words)
{
    struct ending facts = cases[_i].facts;
    struct explanation is;

    facts.where = facts.side == ENDING_SERVER ? "/listeners/3" : NULL;
    explain(&facts, &is);
    ck_assert_msg(strcmp(is.code, cases[_i].code) == 0, "case %d is %s, should be %s", _i, is.code,
                  cases[_i].code);
    ck_assert_msg(cases[_i].says == NULL || strstr(is.why, cases[_i].says) != NULL,
                  "'%s' does not say '%s'", is.why, cases[_i].says);
    ck_assert_msg(cases[_i].says_too == NULL || strstr(is.why, cases[_i].says_too) != NULL,
                  "'%s' does not say '%s'", is.why, cases[_i].says_too);
    ck_assert_int_eq(is.number, explain_decide(&facts));
    ck_assert_msg(is.advice_at == strlen(is.why) || isupper((unsigned char)is.why[is.advice_at]),
                  "'%s' does not begin a sentence", is.why + is.advice_at);
}
END_TEST

START_TEST(every_explanation_is_plain_and_complete)
{
    struct explanation is;
    size_t len;

    explain(&cases[_i].facts, &is);
    len = strlen(is.why);
    ck_assert_uint_gt(len, 20);
    ck_assert_uint_lt(len, EXPLAIN_TEXT_MAX - 1); /* nothing was cut */
    ck_assert_msg(islower((unsigned char)is.why[0]), "%s", is.why);
    ck_assert_msg(is.why[len - 1] == '.', "%s", is.why);
    ck_assert_msg(strpbrk(is.why, "{}\n") == NULL, "%s", is.why);
    ck_assert_msg(strstr(is.why, "SSL routines") == NULL, "%s", is.why);
    ck_assert_msg(strstr(is.why, "..") == NULL, "%s", is.why);
}
END_TEST

/* Which row says more than the code; both sides come to the same one, as far as the alert tells. */
static const struct {
    struct ending facts;
    const char *code;
    const char *cause;
} causes[] = {
#define AT_SERVER(what, name)                                                                      \
    {                                                                                              \
        {SERVER, REFUSED(what)}, "client_certificate_rejected", name                               \
    }
    AT_SERVER(EXPIRED, "client_certificate_expired"),
    AT_SERVER(NOT_YET_VALID, "client_certificate_not_yet_valid"),
    AT_SERVER(CLOCK, "clock_wrong"),
    AT_SERVER(UNKNOWN_ISSUER, "client_certificate_unknown_issuer"),
    AT_SERVER(CHAIN_INCOMPLETE, "client_certificate_chain_incomplete"),
    AT_SERVER(SELF_SIGNED, "client_certificate_self_signed"),
    AT_SERVER(WRONG_USAGE, "client_certificate_wrong_usage"),
    AT_SERVER(REVOKED, "client_certificate_revoked"),
    AT_SERVER(CRL_MISSING, "client_certificate_crl_missing"),
    AT_SERVER(CRL_OUTDATED, "client_certificate_crl_outdated"),
    AT_SERVER(NOT_ALLOWED, "client_certificate_not_allowed"),
    AT_SERVER(NOT_A_CA, "client_certificate_not_a_ca"),
    AT_SERVER(PATH_TOO_LONG, "client_certificate_path_too_long"),
    AT_SERVER(NAME_NOT_PERMITTED, "client_certificate_name_not_permitted"),
    AT_SERVER(WEAK_KEY, "client_certificate_weak_key"),
    AT_SERVER(WEAK_DIGEST, "client_certificate_weak_digest"),
    AT_SERVER(BAD_SIGNATURE, "client_certificate_bad_signature"),
    AT_SERVER(OTHER, ""),
    AT_SERVER(STAPLE_MISSING, ""), /* nobody asks that of a client */
    {{CLIENT, ECHOING, ALERT(44)}, "client_certificate_rejected", "client_certificate_revoked"},
    {{CLIENT, ECHOING, ALERT(45)}, "client_certificate_rejected", "client_certificate_expired"},
    {{CLIENT, ECHOING, ALERT(48)},
     "client_certificate_rejected",
     "client_certificate_unknown_issuer"},
    {{CLIENT, ECHOING, ALERT(49)}, "client_certificate_rejected", "client_certificate_not_allowed"},
    {{CLIENT, ECHOING, ALERT(46)}, "client_certificate_rejected", ""},
    {{SERVER, HANDSHAKE, ALERT(44)}, "peer_rejected_certificate", "server_certificate_revoked"},
    {{SERVER, HANDSHAKE, ALERT(45)}, "peer_rejected_certificate", "server_certificate_expired"},
    {{SERVER, HANDSHAKE, ALERT(48)},
     "peer_rejected_certificate",
     "server_certificate_unknown_issuer"},
    {{SERVER, HANDSHAKE, ALERT(42)}, "peer_rejected_certificate", ""},
    {{SERVER, HANDSHAKE, ALERT(113)}, "peer_rejected_certificate", ""},
    {{CLIENT, REFUSED(EXPIRED)}, "server_certificate_expired", ""}, /* it is the nearest itself */
    {{SERVER, ECHOING, .cause = ENDING_CLEAN}, "ok", ""},
};

START_TEST(a_cause_says_more_than_its_code)
{
    struct explanation is;

    explain(&causes[_i].facts, &is);
    ck_assert_str_eq(is.code, causes[_i].code);
    ck_assert_msg(strcmp(is.cause, causes[_i].cause) == 0, "case %d: %s", _i, is.cause);
}
END_TEST

START_TEST(every_code_can_be_reached)
{
    bool seen = false;

    for (int i = 0; i < COUNT(cases); i++) {
        seen = seen || explain_decide(&cases[i].facts) == (enum explain_code)_i;
    }
    for (int i = 0; i < COUNT(causes); i++) {
        seen = seen || strcmp(causes[i].cause, explain_words((enum explain_code)_i).code) == 0;
    }
    ck_assert_msg(seen, "no case ends in %s", explain_words((enum explain_code)_i).code);
}
END_TEST

START_TEST(every_code_has_a_meaning_and_an_advice)
{
    struct explain_words words = explain_words((enum explain_code)_i);
    const char *sentences[] = {words.meaning, words.advice};

    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(sentences[i]);

        ck_assert_msg(len > 10, "%s", words.code);
        ck_assert_msg(isupper((unsigned char)sentences[i][0]), "%s", sentences[i]);
        ck_assert_msg(sentences[i][len - 1] == '.', "%s", sentences[i]);
        ck_assert_msg(strpbrk(sentences[i], "{}\n") == NULL, "%s", sentences[i]);
    }
}
END_TEST

START_TEST(every_code_is_found_by_its_name)
{
    struct explain_words words = {0};

    ck_assert_int_eq(explain_code(explain_words((enum explain_code)_i).code, &words), 0);
    ck_assert_str_eq(words.code, explain_words((enum explain_code)_i).code);
}
END_TEST

START_TEST(what_is_no_code_is_not_found)
{
    struct explain_words words;

    ck_assert_int_eq(explain_code("", &words), -1);
    ck_assert_int_eq(explain_code("okay", &words), -1);
    ck_assert_int_eq(explain_code("OK", &words), -1);
}
END_TEST

/* The names that scripts of users rely on: they may become more, never fewer. */
static const char *const promised[] = {
    "ok",
    "truncated",
    "reset",
    "idle_timeout",
    "handshake_timeout",
    "write_timeout",
    "age_limit",
    "byte_limit",
    "connection_limit",
    "rate_limit",
    "drain",
    "not_tls_http",
    "not_tls_ssh",
    "not_tls_smtp",
    "not_tls",
    "proxy_header_missing",
    "proxy_header_invalid",
    "no_common_version",
    "no_common_suite",
    "no_common_group",
    "no_common_signature",
    "no_common_alpn",
    "unknown_name",
    "client_certificate_missing",
    "client_certificate_rejected",
    "peer_rejected_certificate",
    "peer_alert",
    "health_check",
};

START_TEST(the_promised_codes_exist)
{
    struct explain_words words;

    ck_assert_msg(explain_code(promised[_i], &words) == 0, "%s", promised[_i]);
}
END_TEST

/* ---- hostile facts ---- */

START_TEST(a_hostile_subject_cannot_spoil_the_sentence)
{
    char subject[4096];
    struct ending facts = {SERVER, HANDSHAKE, ALERT(48), .certificate = subject};
    struct explanation is;

    memset(subject, 'x', sizeof subject);
    memcpy(subject, "CN=\033[2J\n\xff\xe2\x80\xae", 11);
    subject[sizeof subject - 1] = '\0';
    explain(&facts, &is);
    ck_assert_ptr_nonnull(strstr(is.why, "'CN=?[2J????"));
    ck_assert_ptr_nonnull(strstr(is.why, "xxx...'"));
    ck_assert_ptr_nonnull(strstr(is.why, "Give the client the CA"));
}
END_TEST

START_TEST(a_long_pointer_cuts_the_text_and_nothing_else)
{
    char where[2 * EXPLAIN_TEXT_MAX];
    struct ending facts = {SERVER, HANDSHAKE, TLS(NO_COMMON_SUITE), .where = where};
    struct explanation is;

    memset(where, '/', sizeof where);
    where[sizeof where - 1] = '\0';
    explain(&facts, &is);
    ck_assert_str_eq(is.code, "no_common_suite");
    ck_assert_uint_eq(strlen(is.why), EXPLAIN_TEXT_MAX - 1);
}
END_TEST

/* ---- alerts ---- */

START_TEST(every_alert_that_has_a_name_has_a_meaning)
{
    const struct alert_words *words = alert_words(_i);
    bool named = strstr(stream_alert_name(_i), "no RFC") == NULL;

    ck_assert_str_ne(words->meaning, "");
    if (_i != 0) { /* close_notify is no failure */
        ck_assert_msg(named == (words->number == _i), "alert %d, %s", _i, stream_alert_name(_i));
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, facts_become_a_code_and_words, 0, COUNT(cases));
    tcase_add_loop_test(tests, every_explanation_is_plain_and_complete, 0, COUNT(cases));
    tcase_add_loop_test(tests, every_code_can_be_reached, 0, EXPLAIN_CODE_COUNT);
    tcase_add_loop_test(tests, every_code_has_a_meaning_and_an_advice, 0, EXPLAIN_CODE_COUNT);
    tcase_add_loop_test(tests, every_code_is_found_by_its_name, 0, EXPLAIN_CODE_COUNT);
    tcase_add_test(tests, what_is_no_code_is_not_found);
    tcase_add_loop_test(tests, the_promised_codes_exist, 0, COUNT(promised));
    tcase_add_test(tests, a_hostile_subject_cannot_spoil_the_sentence);
    tcase_add_test(tests, a_long_pointer_cuts_the_text_and_nothing_else);
    tcase_add_loop_test(tests, every_alert_that_has_a_name_has_a_meaning, 0, 256);
    tcase_add_loop_test(tests, a_cause_says_more_than_its_code, 0, COUNT(causes));
}

int main(void)
{
    return suite_run("explain", add_tests, NULL, NULL);
}
