"""In TLS 1.3 a client hears what became of its certificate only after its handshake: each mode waits for that."""

import explanations
import secho
from explanations import Row, Seen, end_of, lists, logs, options, requiring, run_client, run_talk, showing, tells

STAGE = {"1.2": "handshake", "1.3": "echo"}

# What is wrong: (options of the client, revocation lists, code, its cause, the alert in TLS 1.2 and 1.3).
REFUSED = {
    "no certificate": ((), None, "client_certificate_missing", "", ("handshake_failure", "certificate_required")),
    "a revoked one": ((showing("good"),), lists("good"), "client_certificate_rejected", "client_certificate_revoked",
                      ("certificate_revoked",) * 2),
    "an expired one": ((showing("expired"),), None, "client_certificate_rejected", "client_certificate_expired",
                       ("certificate_expired",) * 2),
    "one of another CA": ((showing("stranger"),), None, "client_certificate_rejected", "client_certificate_unknown_issuer",
                          ("unknown_ca",) * 2),
}  # fmt: skip
MODES = {"check": (), "ping": ("-c", "1"), "report": (), "talk": ()}


def against_ours(mode, words, crl):
    """secho-client in this mode against a server that requires a certificate."""

    def how():
        with secho.Server(requiring(crl=crl)()) as server:
            run = run_talk if mode == "talk" else lambda port, *more: run_client(port, *options(more), mode=mode)
            told = run(server.port, *words, *MODES[mode])
            return Seen(end_of(server), told)

    return how


def rows():
    for name, (words, crl, code, cause, alerts) in REFUSED.items():
        for mode in MODES:
            for version, alert in zip(("1.2", "1.3"), alerts):
                def client_tells(stage):
                    return tells(77, code, stage, "the server ", f"(alert {alert}", "--cert", cause=cause)

                yield Row(
                    f"{mode} with {name}, TLS {version}", against_ours(mode, (*words, "--tls", version), crl),
                    logs(code, "client_certificate", "the server ", cause=cause), client_tells(STAGE[version]),
                    # The input of talk may have ended before the alert comes.
                    or_else=client_tells("goodbye") if mode == "talk" and version == "1.3" else None)  # fmt: skip


def admitted(mode, version):
    """Its negative twin: with a good certificate it succeeds."""

    def how():
        with secho.Server(requiring()()) as server:
            words = options((showing("good"), "--tls", version, *MODES[mode]))
            if mode == "talk":
                done = secho.client("--ca", secho.pki() / "ca.pem", *words, "localhost", server.port, input=b"hello")
                told = {"exit": done.returncode, "code": "ok" if done.stdout == b"hello" else done.stderr}
            else:
                told = {"code": "ok", **run_client(server.port, *words, mode=mode)}  # a report without fault has none
            return Seen(end_of(server), told)

    return how


class Refused(explanations.Table):
    ROWS = list(rows())


class Admitted(explanations.Table):
    ROWS = [
        Row(f"{mode} with a good one, TLS {version}", admitted(mode, version),
            logs("ok", "", "the client ended the connection in order"), tells(0, "ok", "", ""))
        for mode in MODES
        for version in ("1.2", "1.3")
    ]  # fmt: skip


if __name__ == "__main__":
    secho.main()
