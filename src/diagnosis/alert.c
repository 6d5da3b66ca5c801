#include "diagnosis/alert.h"

#define REJECTED  EXPLAIN_PEER_REJECTED_CERTIFICATE, EXPLAIN_CLIENT_CERTIFICATE_REJECTED
#define ALERT     EXPLAIN_PEER_ALERT, EXPLAIN_PEER_ALERT
#define EITHER(x) EXPLAIN_PEER_ALERT, EXPLAIN_##x

#define RENEW                                                                                      \
    "Serve a certificate that is valid today (/listeners/N/tls/certificates/0/chain), and check "  \
    "the clock of the client."
#define REPLACE "Serve another certificate (/listeners/N/tls/certificates/0/chain)."

static const struct alert_words alerts[] = {
    {10, ALERT, "it got a message that has no place at this point", NULL, NULL},
    {20, ALERT, "it could not decrypt a record, so something changed it on the way", NULL, NULL},
    {22, ALERT, "it got a record that is too long", NULL, NULL},
    {40, ALERT, "it found nothing acceptable among what was offered",
     "Compare what both sides allow: versions, cipher suites, groups (/listeners/N/tls).",
     "Leave --ciphers, --ciphersuites and --groups away, or widen what the server allows; its log "
     "knows which it was."},
    {42, REJECTED,
     "it finds {certificate} damaged, wrongly signed, not valid yet, too weak, or made for another "
     "name",
     "Check that the name that the client asks for is in the certificate and that it knows the CA "
     "(programs in Go and with GnuTLS say the same of both), look at its clock, and check the "
     "files "
     "with openssl verify: the whole chain has to be in /listeners/N/tls/certificates/0/chain, the "
     "server's own certificate first.",
     NULL},
    {43, REJECTED, "it cannot use {certificate}, because of its kind or its purpose",
     "Serve a certificate that is made for servers, with another kind of key if the client is old "
     "(/listeners/N/tls/certificates).",
     NULL},
    {44, REJECTED, "it found that {certificate} was revoked", REPLACE, NULL},
    {45, REJECTED, "it finds {certificate} expired or not yet valid", RENEW, NULL},
    {46, REJECTED, "it does not accept {certificate} and does not tell why",
     "Look into the log of the client; often it does not know the CA, or the name that it asked "
     "for "
     "is not in the certificate (/listeners/N/tls/certificates/0/chain).",
     NULL},
    {47, ALERT, "it got a value that is not allowed there", NULL, NULL},
    {48, REJECTED, "it does not trust the issuer of {certificate}", NULL, NULL},
    {49, EXPLAIN_PEER_ALERT, EXPLAIN_CLIENT_CERTIFICATE_REJECTED, "it does not let this peer in",
     NULL, NULL},
    {50, ALERT, "it could not read a message", NULL, NULL},
    {51, ALERT, "it found a signature or a checksum of the handshake to be wrong", NULL, NULL},
    {70, EITHER(NO_COMMON_VERSION), "it does not speak this version of TLS",
     "Widen /listeners/N/tls/min_version and /listeners/N/tls/max_version, or update the client.",
     NULL},
    {71, EITHER(NO_COMMON_SUITE), "it wants stronger parameters than were offered",
     "Add stronger ones to /listeners/N/tls/ciphers and /listeners/N/tls/groups, or serve a "
     "certificate with a longer key.",
     NULL},
    {80, ALERT, "something failed inside it", NULL, NULL},
    {86, ALERT, "it found that the connection fell back to an older version of TLS without need",
     NULL, NULL},
    {90, ALERT, "it cancelled the handshake", NULL, NULL},
    {100, ALERT, "it does not renegotiate", NULL, NULL},
    {109, ALERT, "it missed an extension in the handshake", NULL, NULL},
    {110, ALERT, "it got an extension that it had not asked for", NULL, NULL},
    {112, EITHER(UNKNOWN_NAME), "it does not know this server name", NULL, NULL},
    {113, REJECTED,
     "it misses an OCSP response beside {certificate}, or does not accept the one that came",
     "Renew the response (/listeners/N/tls/certificates/0/ocsp); if it says that the certificate "
     "is revoked, serve another one.",
     NULL},
    {115, ALERT, "it does not know the session or key that was offered", NULL, NULL},
    {116, EITHER(CLIENT_CERTIFICATE_MISSING), "it requires a certificate and got none", NULL, NULL},
    {120, EITHER(NO_COMMON_ALPN), "it speaks none of the application protocols (ALPN)", NULL, NULL},
};

const struct alert_words *alert_words(int number)
{
    static const struct alert_words unnamed = {-1, ALERT, "only its makers know what it means",
                                               NULL, NULL};

    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        if (alerts[i].number == number) {
            return &alerts[i];
        }
    }
    return &unnamed;
}
