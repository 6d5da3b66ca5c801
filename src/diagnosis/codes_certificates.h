/*
 * codes_certificates.h - the part of codes.h about certificates. Included by it, for its rows only.
 *
 * A server ends with client_certificate_rejected or peer_rejected_certificate; the row that says
 * more is the cause beside it (`cause=`). A client ends with the nearest row for the certificate of
 * the server, and has a cause beside client_certificate_rejected.
 */

CODE(CLIENT_CERTIFICATE_MISSING, "client_certificate_missing",
     "The server requires a certificate of the client, and none came.",
     "Give the client one (secho-client --cert FILE --key FILE), or set "
     "/listeners/N/tls/client_auth/mode to request or none.",
     .exit = EXIT_CERTIFICATE,
     .at_server = "the server ended the handshake: this listener requires a certificate of the "
                  "client, and it sent none.",
     .at_client = "the server requires a certificate of this client, and none was sent{named}.",
     .client_advice = "Give a certificate and its key: --cert FILE --key FILE.")

#define REFUSED_BY_SERVER                                                                          \
    .exit = EXIT_CERTIFICATE,                                                                      \
    .at_server = "the server does not accept {certificate} of the client{words}."

/* The same, where an alert tells the client so much. */
#define CLIENT_REFUSED                                                                             \
    REFUSED_BY_SERVER,                                                                             \
        .at_client = "the server does not accept the certificate of this client{told}."

CODE(CLIENT_CERTIFICATE_REJECTED, "client_certificate_rejected",
     "The server does not accept the certificate of the client.",
     "Use a certificate that is valid today, not revoked, made for clients, from a CA in "
     "/listeners/N/tls/client_auth/ca, and on a list of /listeners/N/tls/client_auth/allow where "
     "there is one.",
     CLIENT_REFUSED,
     .client_advice = "Use a certificate (--cert FILE --key FILE) that is valid today, not "
                      "revoked, made for clients, and from a CA that the server trusts.")

CODE(CLIENT_CERTIFICATE_EXPIRED, "client_certificate_expired",
     "A certificate of the client has expired.",
     "Renew the certificate of the client, and check the clock of the server.", CLIENT_REFUSED,
     .client_advice = "Use a certificate that is valid today: --cert FILE --key FILE.")

CODE(CLIENT_CERTIFICATE_NOT_YET_VALID, "client_certificate_not_yet_valid",
     "A certificate of the client is not valid yet.", "Check the clocks of both machines.",
     REFUSED_BY_SERVER)

CODE(CLIENT_CERTIFICATE_UNKNOWN_ISSUER, "client_certificate_unknown_issuer",
     "The certificate of the client comes from a CA that the server does not trust.",
     "Add the CA of the client to /listeners/N/tls/client_auth/ca, or give the client a "
     "certificate from a CA that is there.",
     CLIENT_REFUSED,
     .client_advice =
         "Use a certificate from a CA that the server trusts (--cert FILE --key FILE), "
         "with its intermediate certificates behind it in the file.")

CODE(CLIENT_CERTIFICATE_CHAIN_INCOMPLETE, "client_certificate_chain_incomplete",
     "The client sent its certificate alone, and nothing links it to a CA that the server trusts.",
     "Let the client send the intermediate certificates too (behind its own in the file of "
     "--cert), or add the CA to /listeners/N/tls/client_auth/ca.",
     REFUSED_BY_SERVER)

CODE(CLIENT_CERTIFICATE_SELF_SIGNED, "client_certificate_self_signed",
     "The certificate of the client is signed by itself, and the server does not trust it.",
     "Give the client a certificate from a CA of /listeners/N/tls/client_auth/ca, or add a copy of "
     "it there.",
     REFUSED_BY_SERVER)

CODE(CLIENT_CERTIFICATE_WRONG_USAGE, "client_certificate_wrong_usage",
     "The certificate of the client is not made for clients.",
     "Give the client one with the extended key usage clientAuth; it seems to have one for "
     "servers.",
     REFUSED_BY_SERVER)

CODE(CLIENT_CERTIFICATE_REVOKED, "client_certificate_revoked",
     "A certificate of the client was revoked: a list of /listeners/N/tls/client_auth/crl has it.",
     "Give the client a new one; do not let it in with this one.", CLIENT_REFUSED,
     .client_advice = "Get a new certificate (--cert FILE --key FILE).")

CODE(CLIENT_CERTIFICATE_CRL_MISSING, "client_certificate_crl_missing",
     "The server has no revocation list of a CA in the chain of the client.",
     "Add the list of that CA to /listeners/N/tls/client_auth/crl: the whole chain is looked up.",
     REFUSED_BY_SERVER)

CODE(CLIENT_CERTIFICATE_CRL_OUTDATED, "client_certificate_crl_outdated",
     "The revocation list of a CA in the chain of the client is outdated.",
     "Put a new list into /listeners/N/tls/client_auth/crl; check the clock of the server.",
     REFUSED_BY_SERVER)

CODE(CLIENT_CERTIFICATE_NOT_ALLOWED, "client_certificate_not_allowed",
     "The certificate of the client is good, and on no list of /listeners/N/tls/client_auth/allow.",
     "Add one of its names, or the hash of its key, to /listeners/N/tls/client_auth/allow.",
     CLIENT_REFUSED,
     .client_advice = "Ask whoever runs the server to let this certificate in, or use another one "
                      "(--cert FILE --key FILE).")

CODE(CLIENT_CERTIFICATE_NOT_A_CA, "client_certificate_not_a_ca",
     "What signed a certificate of the client is no CA.",
     "Use a certificate that a CA has signed: one with CA:TRUE in its basicConstraints.",
     REFUSED_BY_SERVER)

CODE(CLIENT_CERTIFICATE_PATH_TOO_LONG, "client_certificate_path_too_long",
     "More CAs stand in the chain of the client than one of them allows.",
     "Let the CA nearest to the root sign, or one whose pathlen allows for the others.",
     REFUSED_BY_SERVER)

CODE(CLIENT_CERTIFICATE_NAME_NOT_PERMITTED, "client_certificate_name_not_permitted",
     "A CA in the chain of the client may not sign for its names (name constraints).",
     "Get a certificate with permitted names, or from another CA.", REFUSED_BY_SERVER)

CODE(CLIENT_CERTIFICATE_WEAK_KEY, "client_certificate_weak_key",
     "A key in the chain of the client is too short to be trusted.",
     "Use RSA keys of 2048 bits or more, or a key on P-256.", REFUSED_BY_SERVER)

CODE(CLIENT_CERTIFICATE_WEAK_DIGEST, "client_certificate_weak_digest",
     "A certificate of the client is signed with a digest that can be forged, such as SHA-1.",
     "Let the CA sign anew, with SHA-256.", REFUSED_BY_SERVER)

CODE(CLIENT_CERTIFICATE_BAD_SIGNATURE, "client_certificate_bad_signature",
     "A signature in the chain of the client is wrong.",
     "Look whether two CAs have the same name and other keys, and whether the file was changed.",
     REFUSED_BY_SERVER)

#undef CLIENT_REFUSED
#undef REFUSED_BY_SERVER

CODE(PEER_REJECTED_CERTIFICATE, "peer_rejected_certificate",
     "The client does not accept the certificate of the server.",
     "Give the client the CA (secho-client --ca FILE), or serve the whole chain "
     "(/listeners/N/tls/certificates/0/chain).",
     .at_server = "the client ended the connection {stage} with alert {alert}.")

#define REFUSED_BY_CLIENT                                                                          \
    .exit = EXIT_CERTIFICATE,                                                                      \
    .at_client = "the client does not accept {certificate} of the server{words}."

/* The same, where an alert tells the server so much. */
#define SERVER_REFUSED                                                                             \
    REFUSED_BY_CLIENT, .at_server = "the client ended the connection {stage} with alert {alert}."

CODE(SERVER_CERTIFICATE_EXPIRED, "server_certificate_expired",
     "A certificate of the server has expired.",
     "Renew it at the server, and check the clock of this machine.", SERVER_REFUSED)

CODE(SERVER_CERTIFICATE_NOT_YET_VALID, "server_certificate_not_yet_valid",
     "A certificate of the server is not valid yet.", "Check the clocks of both machines.",
     REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_WRONG_NAME, "server_certificate_wrong_name",
     "The certificate of the server is for other names.",
     "Connect to a name that it is for, or tell which one to expect: --server-name NAME.",
     REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_UNKNOWN_ISSUER, "server_certificate_unknown_issuer",
     "The certificate of the server comes from a CA that is not trusted here.",
     "Give the certificate of the CA: --ca FILE.", SERVER_REFUSED)

CODE(SERVER_CERTIFICATE_CHAIN_INCOMPLETE, "server_certificate_chain_incomplete",
     "The server sent its certificate alone, and nothing links it to a CA that is trusted here.",
     "Let the server send the intermediate certificates too "
     "(/listeners/N/tls/certificates/0/chain); if the CA itself is not trusted yet, give its "
     "certificate: --ca FILE.",
     REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_SELF_SIGNED, "server_certificate_self_signed",
     "The certificate of the server is signed by itself and not trusted here.",
     "If a copy of it has reached you in a safe way, trust that copy: --ca FILE.",
     REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_WRONG_USAGE, "server_certificate_wrong_usage",
     "The certificate of the server is not made for servers.",
     "Give the server one with the extended key usage serverAuth; it seems to have one for "
     "clients.",
     REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_REVOKED, "server_certificate_revoked",
     "A certificate of the server was revoked.", "Give the server a new one.", SERVER_REFUSED)

CODE(
    SERVER_CERTIFICATE_STAPLE_MISSING, "server_certificate_staple_missing",
    "The certificate of the server demands an OCSP response beside it (RFC 7633), and no good one "
    "came.",
    "Let the server staple one that is true today (/listeners/N/tls/certificates/0/ocsp), or use a "
    "certificate without this demand.",
    REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_NOT_A_CA, "server_certificate_not_a_ca",
     "What signed a certificate of the server is no CA.",
     "Use a certificate that a CA has signed: one with CA:TRUE in its basicConstraints.",
     REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_PATH_TOO_LONG, "server_certificate_path_too_long",
     "More CAs stand in the chain of the server than one of them allows.",
     "Let the CA nearest to the root sign, or one whose pathlen allows for the others.",
     REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_NAME_NOT_PERMITTED, "server_certificate_name_not_permitted",
     "A CA in the chain of the server may not sign for its names (name constraints).",
     "Get a certificate with permitted names, or from another CA.", REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_WEAK_KEY, "server_certificate_weak_key",
     "A key in the chain of the server is too short to be trusted.",
     "Use RSA keys of 2048 bits or more, or a key on P-256.", REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_WEAK_DIGEST, "server_certificate_weak_digest",
     "A certificate of the server is signed with a digest that can be forged, such as SHA-1.",
     "Let the CA sign anew, with SHA-256.", REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_BAD_SIGNATURE, "server_certificate_bad_signature",
     "A signature in the chain of the server is wrong.",
     "Look whether two CAs have the same name and other keys, and whether the file was changed.",
     REFUSED_BY_CLIENT)

CODE(SERVER_CERTIFICATE_REJECTED, "server_certificate_rejected",
     "The client does not accept the certificate of the server.",
     "Give the client the CA of the server (--ca FILE), or let the server use a certificate that "
     "is valid today and has the name that was asked for.",
     REFUSED_BY_CLIENT)

#undef SERVER_REFUSED
#undef REFUSED_BY_CLIENT

CODE(
    CLOCK_WRONG, "clock_wrong",
    "Every certificate of the chain, up to the root, seems not to be valid yet: most likely the "
    "clock is wrong.",
    "Set the clock of the machine that refused the certificate, and let it be kept right (NTP).",
    .exit = EXIT_CERTIFICATE,
    .at_server = "the server does not accept {certificate} of the client{words}; so it is with all "
                 "of its chain, so most likely the clock of this machine is wrong.",
    .at_client = "the client does not accept {certificate} of the server{words}; so it is with all "
                 "of its chain, so most likely the clock of this machine is wrong.",
    .client_advice = "Set the clock of this machine, and let it be kept right (NTP).")
