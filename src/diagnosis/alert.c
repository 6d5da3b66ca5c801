#include "diagnosis/alert.h"

#define REJECTED  EXPLAIN_PEER_REJECTED_CERTIFICATE, EXPLAIN_CLIENT_CERTIFICATE_REJECTED
#define ALERT     EXPLAIN_PEER_ALERT, EXPLAIN_PEER_ALERT
#define EITHER(x) EXPLAIN_PEER_ALERT, EXPLAIN_##x

#define RENEW                                                                                      \
    "Serve a certificate that is valid today (/listeners/N/tls/certificates/0/chain), and check "  \
    "the clock of the client."
#define REPLACE "Serve another certificate (/listeners/N/tls/certificates/0/chain)."

static const struct alert_words alerts[] = {
    {10, ALERT, "it got a message that has no place at this point", NULL},
    {20, ALERT, "it could not decrypt a record, so something changed it on the way", NULL},
    {22, ALERT, "it got a record that is too long", NULL},
    {40, ALERT, "it found nothing acceptable among what was offered",
     "Compare what both sides allow: versions, cipher suites, groups (/listeners/N/tls)."},
    {42, REJECTED, "it finds {certificate} damaged, wrongly signed, or made for another name",
     "Check that the name that the client asks for is in the certificate and that it knows the CA "
     "(programs in Go and with GnuTLS say the same of both), and check the files with openssl "
     "verify: the whole chain has to be in /listeners/N/tls/certificates/0/chain, the "
     "server's own certificate first."},
    {43, REJECTED, "it cannot use {certificate}, because of its kind or its purpose",
     "Serve a certificate that is made for servers, with another kind of key if the client is old "
     "(/listeners/N/tls/certificates)."},
    {44, REJECTED, "it found that {certificate} was revoked", REPLACE},
    {45, REJECTED, "it finds {certificate} expired or not yet valid", RENEW},
    {46, REJECTED, "it does not accept {certificate} and does not tell why",
     "Look into the log of the client; often it does not know the CA, or the name that it asked "
     "for "
     "is not in the certificate (/listeners/N/tls/certificates/0/chain)."},
    {47, ALERT, "it got a value that is not allowed there", NULL},
    {48, REJECTED, "it does not trust the issuer of {certificate}", NULL},
    {49, EXPLAIN_PEER_ALERT, EXPLAIN_CLIENT_CERTIFICATE_REJECTED, "it does not let this peer in",
     NULL},
    {50, ALERT, "it could not read a message", NULL},
    {51, ALERT, "it found a signature or a checksum of the handshake to be wrong", NULL},
    {70, EITHER(NO_COMMON_VERSION), "it does not speak this version of TLS",
     "Widen /listeners/N/tls/min_version and /listeners/N/tls/max_version, or update the client."},
    {71, EITHER(NO_COMMON_SUITE), "it wants stronger parameters than were offered",
     "Add stronger ones to /listeners/N/tls/ciphers and /listeners/N/tls/groups, or serve a "
     "certificate with a longer key."},
    {80, ALERT, "something failed inside it", NULL},
    {86, ALERT, "it found that the connection fell back to an older version of TLS without need",
     NULL},
    {90, ALERT, "it cancelled the handshake", NULL},
    {100, ALERT, "it does not renegotiate", NULL},
    {109, ALERT, "it missed an extension in the handshake", NULL},
    {110, ALERT, "it got an extension that it had not asked for", NULL},
    {112, EITHER(UNKNOWN_NAME), "it does not know this server name", NULL},
    {113, REJECTED, "it does not accept the OCSP response that came with {certificate}",
     "Renew the response (/listeners/N/tls/certificates/0/ocsp)."},
    {115, ALERT, "it does not know the session or key that was offered", NULL},
    {116, EITHER(CLIENT_CERTIFICATE_MISSING), "it requires a certificate and got none", NULL},
    {120, EITHER(NO_COMMON_ALPN), "it speaks none of the application protocols (ALPN)", NULL},
};

const struct alert_words *alert_words(int number)
{
    static const struct alert_words unnamed = {-1, ALERT, "only its makers know what it means",
                                               NULL};

    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        if (alerts[i].number == number) {
            return &alerts[i];
        }
    }
    return &unnamed;
}
