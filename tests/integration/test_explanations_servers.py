"""Why did it end: certificates of servers that a client does not accept, in both versions of TLS."""

import explanations
import secho
from explanations import Row, both, logs, openssl_client, server_is, serving, tells, trusting, weakly_serving

THEY = "the client ended the connection in the handshake with alert "
WE = "the client does not accept the certificate '"


def refused(name, chain, code, alert, *words, cause="", root="root", begins=WE):
    """In both versions: our client refuses, and the alert tells our server what it can tell."""
    return [
        Row(f"{name}, TLS {version}", both(trusting(root), "--tls", version, listener=serving(chain), trust=False),
            logs("peer_rejected_certificate", "handshake", THEY + alert, cause=cause and f"server_certificate_{cause}"),
            tells(77, code, "handshake", begins, *words))
        for version in ("1.2", "1.3")
    ]  # fmt: skip


def weak(name, chain, code, *words):
    """One that secho-server does not even load."""
    return [
        Row(f"{name}, TLS {version}", server_is(weakly_serving(chain), trusting(), "--tls", version, trust=False),
            client=tells(77, code, "handshake", WE, *words))
        for version in ("1.2", "1.3")
    ]  # fmt: skip


def revoked():
    """The pair of the test PKI, with the response that says so."""
    stem = secho.pki() / "bad" / "revoked"
    return secho.tls("bad/revoked", tls={"certificates": [
        {"chain": f"{stem}.pem", "key": f"{stem}.key", "ocsp": f"{stem}.ocsp"}]})  # fmt: skip


class Refused(explanations.Table):
    ROWS = [
        *refused("expired", "expired", "server_certificate_expired", "certificate_expired", "it expired on 20", cause="expired"),
        *refused("not valid yet", "early", "server_certificate_not_yet_valid", "bad_certificate", "it is not valid before 20"),
        *refused("another name", "elsewhere", "server_certificate_wrong_name", "bad_certificate",
                 "it is not for localhost but for elsewhere.test", "--server-name"),
        *refused("an unknown issuer", "stranger", "server_certificate_unknown_issuer", "unknown_ca",
                 "is not trusted here", "--ca FILE", cause="unknown_issuer"),
        *refused("no intermediate", "alone", "server_certificate_chain_incomplete", "unknown_ca", "was not sent",
                 cause="unknown_issuer"),
        *refused("signed by itself", "self-signed", "server_certificate_self_signed", "unknown_ca", "signed by itself",
                 cause="unknown_issuer"),
        *refused("made for clients", "no-server", "server_certificate_wrong_usage", "unsupported_certificate",
                 "it is not made for servers"),
        *refused("signed by a server", "by-a-leaf", "server_certificate_not_a_ca", "unknown_ca", "is no CA", cause="unknown_issuer"),
        *refused("too many CAs", "too-deep", "server_certificate_path_too_long", "unknown_ca", "pathlen", cause="unknown_issuer"),
        *refused("a CA of other names", "not-permitted", "server_certificate_name_not_permitted", "certificate_unknown",
                 "name constraints"),
        *refused("a wrong signature", "forged", "server_certificate_bad_signature", "bad_certificate", "its signature is wrong"),
        *refused("an extension that nobody knows", "strange", "server_certificate_rejected", "certificate_unknown"),
        *refused("a clock that is wrong", "from-tomorrow", "clock_wrong", "bad_certificate", "the clock of this machine is wrong",
                 root="root-of-tomorrow"),
        *refused("without the response that it demands", "must-staple", "server_certificate_staple_missing",
                 "bad_certificate_status_response", "it demands an OCSP response"),
        *weak("a key that is too short", "weak-key", "server_certificate_weak_key", "2048"),
        *weak("a digest that can be forged", "weak-digest", "server_certificate_weak_digest", "sha1", "SHA-256"),
        Row("revoked, as a list of the client says", openssl_client(
            "-verify_return_error", "-crl_check", "-CAfile", "@ca.pem", "-CRL", "@crl.pem", listener=revoked),
            logs("peer_rejected_certificate", "handshake", THEY + "certificate_revoked", cause="server_certificate_revoked")),
        Row("revoked, as its response says, TLS 1.3", both("--tls", "1.3", listener=revoked),
            logs("peer_rejected_certificate", "handshake", THEY + "bad_certificate_status_response", cause=""),
            tells(77, "server_certificate_revoked", "handshake", WE, "it was revoked")),
        Row("revoked, as its response says, TLS 1.2", both("--tls", "1.2", listener=revoked),
            logs("peer_rejected_certificate", "handshake", THEY + "bad_certificate_status_response", cause=""),
            tells(77, "server_certificate_revoked", "handshake", WE, "it was revoked")),
    ]  # fmt: skip


if __name__ == "__main__":
    secho.main()
