"""Why did it end: certificates of clients that a server does not accept, in both versions of TLS."""

import explanations
import secho
from explanations import Row, Seen, bad_chains, both, lists, logs, openssl_client, requiring, run_client, showing, tells

WE = "the server does not accept the certificate '"
THEY = "the server does not accept the certificate of this client (alert "
STAGE = {"1.2": "handshake", "1.3": "echo"}  # in 1.3 the client's handshake is over when it hears of it


def refused(name, chain, cause, alert, *words, heard="", **listener):
    """In both versions: our server refuses, and the alert tells our client what it can tell."""
    return [
        Row(f"{name}, TLS {version}", both(showing(chain), "--tls", version, listener=requiring(**listener)),
            logs("client_certificate_rejected", "client_certificate", WE, *words, cause=cause),
            tells(77, "client_certificate_rejected", STAGE[version], THEY + alert, "--cert", cause=heard))
        for version in ("1.2", "1.3")
    ]  # fmt: skip


def weak(name, chain, cause, *words):
    """One that secho-client does not even load."""
    def words_of_openssl():
        return ["-cert", bad_chains().pem(chain), "-cert_chain", bad_chains().pem(chain), "-key", bad_chains().key(chain)]

    return [
        Row(f"{name}, TLS {version}", openssl_client(
            words_of_openssl, "-cipher", "DEFAULT@SECLEVEL=0", f"-tls{version.replace('.', '_')}", listener=requiring()),
            logs("client_certificate_rejected", "client_certificate", WE, *words, cause=cause))
        for version in ("1.2", "1.3")
    ]  # fmt: skip


def missing(name, mode="check", words=()):
    return [
        Row(f"{name}, TLS {version}", both(*words, "--tls", version, mode=mode, listener=requiring()),
            logs("client_certificate_missing", "client_certificate",
                 "the server ended the handshake: this listener requires a certificate", "it sent none",
                 "/listeners/0/tls/client_auth/mode"),
            tells(77, "client_certificate_missing", STAGE[version], "the server requires a certificate of this client",
                  "--cert FILE --key FILE"))
        for version in ("1.2", "1.3")
    ]  # fmt: skip


def outdated():
    """A list that is good when the server starts, and not much later."""
    for seconds in (5, 20, 80):  # the machine may stand still meanwhile, and then the server does not start
        listener = requiring(crl=lists(seconds=seconds))()
        try:
            with secho.Server(listener) as server:
                told = secho.eventually(lambda port=server.port: refusal(port))
                return Seen(server.wait_for_log("closed", end="client_certificate_rejected"), told)
        except AssertionError:
            if seconds == 80:
                raise
    return None


def refusal(port):
    """What a check of ours says when it is refused; None when it is not."""
    told = run_client(port, *showing("good")())
    return None if told["ok"] else told


class Refused(explanations.Table):
    ROWS = [
        *missing("none at all"),
        *refused("expired", "expired", "client_certificate_expired", "certificate_expired", "it expired on 20",
                 heard="client_certificate_expired"),
        *refused("not valid yet", "early", "client_certificate_not_yet_valid", "bad_certificate", "it is not valid before 20"),
        *refused("an unknown issuer", "stranger", "client_certificate_unknown_issuer", "unknown_ca", "client_auth/ca",
                 heard="client_certificate_unknown_issuer"),
        *refused("no intermediate", "alone", "client_certificate_chain_incomplete", "unknown_ca", "its issuer 'CN=middle'",
                 heard="client_certificate_unknown_issuer"),
        *refused("signed by itself", "self-signed", "client_certificate_self_signed", "unknown_ca", "self-signed",
                 heard="client_certificate_unknown_issuer"),
        *refused("made for servers", "no-client", "client_certificate_wrong_usage", "unsupported_certificate",
                 "it is not made for clients"),
        *refused("signed by a server", "by-a-leaf", "client_certificate_not_a_ca", "unknown_ca", "is no CA",
                 heard="client_certificate_unknown_issuer"),
        *refused("too many CAs", "too-deep", "client_certificate_path_too_long", "unknown_ca", "pathlen",
                 heard="client_certificate_unknown_issuer"),
        *refused("a CA of other names", "not-permitted", "client_certificate_name_not_permitted", "certificate_unknown",
                 "name constraints"),
        *refused("a wrong signature", "forged", "client_certificate_bad_signature", "bad_certificate", "its signature is wrong"),
        *refused("an extension that nobody knows", "strange", "", "certificate_unknown"),
        *refused("a clock that is wrong", "from-tomorrow", "clock_wrong", "bad_certificate", ca="root-of-tomorrow"),
        *refused("revoked", "good", "client_certificate_revoked", "certificate_revoked", "has revoked it",
                 crl=lists("good"), heard="client_certificate_revoked"),
        *refused("a CA without a revocation list", "good", "client_certificate_crl_missing", "certificate_unknown",
                 "no revocation list of its issuer", crl=lists(names=["middle"])),
        Row("a revocation list that is outdated", outdated,
            logs("client_certificate_rejected", "client_certificate", WE, "is outdated", cause="client_certificate_crl_outdated"),
            tells(77, "client_certificate_rejected", "echo", THEY + "certificate_unknown", "--cert")),
        *weak("a key that is too short", "weak-key", "client_certificate_weak_key", "too short"),
        *weak("a digest that can be forged", "weak-digest", "client_certificate_weak_digest", "SHA"),
        Row("on no list, TLS 1.3", both(showing("good"), "--tls", "1.3", listener=requiring(dns=["other.test"])),
            logs("client_certificate_rejected", "client_certificate", WE, "on no list", cause="client_certificate_not_allowed"),
            tells(77, "client_certificate_rejected", "echo", THEY + "access_denied", cause="client_certificate_not_allowed")),
        Row("on no list, TLS 1.2", both(showing("good"), "--tls", "1.2", listener=requiring(dns=["other.test"])),
            logs("client_certificate_rejected", "client_certificate", WE, "on no list", cause="client_certificate_not_allowed"),
            tells(77, "client_certificate_rejected", "handshake", THEY + "certificate_unknown")),
    ]  # fmt: skip


if __name__ == "__main__":
    secho.main()
