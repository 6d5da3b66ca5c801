#include "client/failure.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NEW_CHAIN "the server's administrator renews the certificate or serves the right one"

static const struct failure_code codes[] = {
    {"usage", EXIT_USAGE, SECHO_ERR_USAGE, "The command line asks for something that cannot be.",
     "see secho-client -h"},
    {"file", EXIT_FILE, SECHO_ERR_FILE, "A file cannot be read.",
     "check the path, and who may read the file and its folders"},
    {"config", EXIT_CONFIG, SECHO_ERR_CONFIG, "What is in a file is of no use.", "edit the file"},
    {"system", EXIT_SYSTEM, SECHO_ERR_SYSTEM, "The operating system said no.",
     "look at memory and at the limit of open files (ulimit -n)"},
    {"name_unknown", EXIT_NAME, SECHO_ERR_RESOLVE, "The name does not resolve to an address.",
     "check how the name is written, and the resolver (getent hosts NAME)"},
    {"resolve_timeout", EXIT_TIMEOUT, SECHO_ERR_TIMEOUT, "The resolver did not answer in time.",
     "check the resolver (/etc/resolv.conf), or give an address instead of the name"},
    {"refused", EXIT_UNREACHABLE, SECHO_ERR_CONNECT,
     "The host is there, nobody listens on the port.",
     "is the server running, on this address and port?"},
    {"unreachable", EXIT_UNREACHABLE, SECHO_ERR_CONNECT,
     "The network leads to none of the addresses.",
     "check the address, the route and firewalls on the way; with -4 or -6 only one family is "
     "tried"},
    {"reset", EXIT_UNREACHABLE, SECHO_ERR_CONNECT,
     "The connection was cut off with a reset before the first byte of TLS.",
     "a firewall or a load balancer without a server behind it does this, or a server at its "
     "limit"},
    {"connect_timeout", EXIT_TIMEOUT, SECHO_ERR_TIMEOUT, "No address answered in time.",
     "a firewall that drops packets looks like this; check the address, or give more --timeout"},
    {"handshake_timeout", EXIT_TIMEOUT, SECHO_ERR_TIMEOUT,
     "The TCP connection is there, the TLS handshake was not done in time.",
     "is it a TLS port? A service that waits for the client to speak plain text looks like this"},
    {"echo_timeout", EXIT_TIMEOUT, SECHO_ERR_TIMEOUT,
     "TLS is there, the echo did not come in time.",
     "is it an echo server? Else it is stuck, or something on the way is"},
    {"not_tls_http", EXIT_PROTOCOL, SECHO_ERR_TLS, "The peer speaks HTTP without TLS.",
     "use the port on which the server speaks TLS"},
    {"not_tls_ssh", EXIT_PROTOCOL, SECHO_ERR_TLS, "The peer is an SSH server.",
     "use the port on which the server speaks TLS"},
    {"not_tls_smtp", EXIT_PROTOCOL, SECHO_ERR_TLS, "The peer is a mail or FTP server.",
     "use a port with TLS from the first byte (465 for mail); STARTTLS is not spoken here"},
    {"not_tls", EXIT_PROTOCOL, SECHO_ERR_TLS, "The peer does not speak TLS.",
     "use the port on which the server speaks TLS"},
    {"closed_in_handshake", EXIT_PROTOCOL, SECHO_ERR_PEER,
     "The peer closed the connection in the TLS handshake, without saying why.",
     "its log knows why: a connection limit, an unknown server name (--server-name), or no TLS"},
    {"no_common_version", EXIT_PROTOCOL, SECHO_ERR_TLS,
     "Client and server have no version of TLS in common.",
     "leave out --tls, or let the server accept TLS 1.2 or 1.3"},
    {"no_common_suite", EXIT_PROTOCOL, SECHO_ERR_TLS,
     "Client and server have no cipher suite in common.",
     "offer more with --ciphers (TLS 1.2) or --ciphersuites (TLS 1.3)"},
    {"no_common_group", EXIT_PROTOCOL, SECHO_ERR_TLS,
     "Client and server have no group for the key exchange in common.",
     "offer more with --groups, for example X25519:P-256:P-384"},
    {"no_common_signature", EXIT_PROTOCOL, SECHO_ERR_TLS,
     "Client and server have no signature algorithm in common.",
     "the server needs a certificate with a common key: P-256, RSA or Ed25519"},
    {"no_common_alpn", EXIT_PROTOCOL, SECHO_ERR_TLS,
     "The server accepts none of the application protocols that were offered.",
     "leave out --alpn or offer what the server accepts"},
    {"unknown_name", EXIT_PROTOCOL, SECHO_ERR_TLS,
     "The server does not serve the name that was asked for.",
     "give the name that the server knows: --server-name NAME"},
    {"handshake_failure", EXIT_PROTOCOL, SECHO_ERR_TLS,
     "The server found nothing in the client's offer that it accepts.",
     "offer more or the default: leave out --tls, --ciphers, --ciphersuites and --groups; its log "
     "may know what it missed"},
    {"peer_alert", EXIT_PROTOCOL, SECHO_ERR_TLS, "The server ended the connection with an alert.",
     "its log knows why"},
    {"protocol", EXIT_PROTOCOL, SECHO_ERR_TLS, "The server broke the TLS protocol.",
     "-v shows OpenSSL's words; something on the way may change the bytes"},
    {"client_certificate_missing", EXIT_CERTIFICATE, SECHO_ERR_VERIFY,
     "The server wants a client certificate.", "give one: --cert FILE --key FILE"},
    {"client_certificate_rejected", EXIT_CERTIFICATE, SECHO_ERR_VERIFY,
     "The server does not accept the client's certificate.",
     "use a certificate of an authority that the server trusts (--cert, with its chain in the same "
     "file)"},
    {"server_certificate_expired", EXIT_CERTIFICATE, SECHO_ERR_VERIFY,
     "A certificate of the server has expired.", NEW_CHAIN "; check this machine's clock"},
    {"server_certificate_not_yet_valid", EXIT_CERTIFICATE, SECHO_ERR_VERIFY,
     "A certificate of the server is not valid yet.", "check the clocks of both machines"},
    {"server_certificate_wrong_name", EXIT_CERTIFICATE, SECHO_ERR_VERIFY,
     "The server's certificate is for other names.",
     "connect to a name that it is for, or say which one to expect: --server-name NAME"},
    {"server_certificate_unknown_issuer", EXIT_CERTIFICATE, SECHO_ERR_VERIFY,
     "The server's certificate comes from an authority that is not trusted here.",
     "give the authority's certificate: --ca FILE"},
    {"server_certificate_chain_incomplete", EXIT_CERTIFICATE, SECHO_ERR_VERIFY,
     "The server sent its certificate without one that links it to a trusted authority.",
     "if the authority is trusted, the server must send the intermediate certificates too; else "
     "give the authority's certificate: --ca FILE"},
    {"server_certificate_self_signed", EXIT_CERTIFICATE, SECHO_ERR_VERIFY,
     "The server's certificate is self-signed and not trusted here.",
     "if you got a copy of it on a safe way, trust that copy: --ca FILE"},
    {"server_certificate_wrong_usage", EXIT_CERTIFICATE, SECHO_ERR_VERIFY,
     "The server's certificate is not made for servers.",
     "it needs the extended key usage serverAuth; a client certificate in a server looks like "
     "this"},
    {"server_certificate_revoked", EXIT_CERTIFICATE, SECHO_ERR_VERIFY,
     "A certificate of the server is revoked.", NEW_CHAIN},
    {"server_certificate_rejected", EXIT_CERTIFICATE, SECHO_ERR_VERIFY,
     "A certificate of the server is not acceptable.", NEW_CHAIN},
    {"echo_wrong", EXIT_BYTES, SECHO_ERR_PEER, "What came back is not what was sent.",
     "is it an echo server, and nothing on the way that changes the bytes?"},
    {"echo_short", EXIT_BYTES, SECHO_ERR_PEER, "Less came back than was sent.",
     "is it an echo server? Else it was stopped or reached a limit: its log knows"},
    {"echo_long", EXIT_BYTES, SECHO_ERR_PEER, "More came back than was sent.",
     "is it an echo server without a banner or a prompt?"},
    {"truncated", EXIT_BYTES, SECHO_ERR_PEER,
     "The connection ended without TLS's own end (close_notify): anybody on the way may have cut "
     "it.",
     "look at what is between client and server, and at the server's log"},
    {"connection_lost", EXIT_BYTES, SECHO_ERR_PEER,
     "The connection broke before the echo was complete.",
     "look at the server's log, and at what is between client and server"},
};

#define CODE_COUNT (sizeof codes / sizeof codes[0])

const struct failure_code *failure_at(size_t at)
{
    return at < CODE_COUNT ? &codes[at] : NULL;
}

const struct failure_code *failure_find(const char *name)
{
    for (size_t i = 0; i < CODE_COUNT; i++) {
        if (strcmp(codes[i].name, name) == 0) {
            return &codes[i];
        }
    }
    return NULL;
}

const char *failure_stage_name(enum failure_stage stage)
{
    static const char *const names[] = {
        [FAILURE_SETUP] = "setup",     [FAILURE_RESOLVE] = "resolve",
        [FAILURE_CONNECT] = "connect", [FAILURE_HANDSHAKE] = "handshake",
        [FAILURE_ECHO] = "echo",       [FAILURE_GOODBYE] = "goodbye",
    };

    return names[stage];
}

void failure_set(struct failure *failure, enum failure_stage stage, const char *code,
                 const char *fmt, ...)
{
    va_list ap;

    failure->code = failure_find(code);
    assert(failure->code != NULL);
    failure->stage = stage;
    va_start(ap, fmt);
    (void)vsnprintf(failure->why, sizeof failure->why, fmt, ap);
    va_end(ap);
    (void)snprintf(failure->advice, sizeof failure->advice, "%s", failure->code->advice);
    failure->detail[0] = '\0';
}

void failure_advise(struct failure *failure, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(failure->advice, sizeof failure->advice, fmt, ap);
    va_end(ap);
}

const char *failure_code_of(enum secho_error_kind kind)
{
    switch (kind) {
    case SECHO_ERR_USAGE:
        return "usage";
    case SECHO_ERR_FILE:
        return "file";
    case SECHO_ERR_CONFIG:
        return "config";
    case SECHO_ERR_RESOLVE:
        return "name_unknown";
    case SECHO_ERR_CONNECT:
        return "unreachable";
    case SECHO_ERR_VERIFY:
        return "server_certificate_rejected";
    case SECHO_ERR_TLS:
    case SECHO_ERR_PEER:
        return "protocol";
    case SECHO_ERR_TIMEOUT:
        return "echo_timeout";
    case SECHO_OK:
    case SECHO_ERR_SYSTEM:
    case SECHO_ERR_LIMIT:
    case SECHO_ERR_MEMORY:
    default:
        return "system";
    }
}
