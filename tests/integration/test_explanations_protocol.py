"""Why did it end: what is not TLS, PROXY headers, nothing in common, alerts, and TLS that breaks its rules."""

import functools
import os

import explanations
import proxyheader
import secho
import strange
from explanations import Row, both, client_does, logs, server_is, tells
from secho import Tcp

HANDSHAKE_FAILURE, DECODE_ERROR, PROTOCOL_VERSION, INSUFFICIENT_SECURITY = 40, 50, 70, 71


def opens_with(first):
    """A client that begins with these bytes and hears what comes back."""

    def act(peer):
        peer.push_quietly(first)
        peer.receive_to_end()

    return act


def sends(first):
    """A client that sends these bytes, ends its direction, and hears what comes back."""

    def act(peer):
        peer.push_quietly(first)
        peer.fin()
        peer.receive_to_end()

    return act


def garbage_inside(peer):
    """A record that no key has made, in the middle of a session."""
    peer.echo(b"fine")
    peer.push(b"\x17\x03\x03\x00\x30" + os.urandom(48))
    peer.receive_to_end()


def alert_inside(peer):
    """An alert in the clear, right behind the hello."""
    peer.push(secho.client_hello(version="1.2") + bytes([21, 3, 3, 0, 2, 2, HANDSHAKE_FAILURE]))
    peer.fin()
    peer.receive_to_end()


def alerts(number):
    """A server that answers every hello with this alert."""
    return strange.answers(bytes([21, 3, 3, 0, 2, 2, number]))


def spoils_a_record(stream):
    """A server that sends, after the handshake, a record that no key has made."""
    stream.recv(65536)
    with strange.socket.socket(fileno=os.dup(stream.fileno())) as wire:
        wire.sendall(b"\x17\x03\x03\x00\x30" + os.urandom(48))
        strange.until_the_client_leaves(wire)


HelloOnly = functools.partial(secho.Tls, segment=0)
# RFC 5246 7.4.1.3, in a record.
HELLO_OF_1_2 = b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" + bytes(32) + b"\x00\xc0\x2b\x00"
PROXIED = secho.tls(proxy_protocol=True)
FROM_NOBODY = secho.tls(proxy_protocol=True, proxy_protocol_from=["192.0.2.0/24"])
HTTP = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def only(**settings):
    return secho.tls(tls=settings)


class NotTls(explanations.Table):
    ROWS = [
        Row("a browser without https", client_does(opens_with(HTTP), kind=Tcp),
            logs("not_tls_http", "client_hello", "the client sent plain HTTP", "https://")),
        Row("an ssh client", client_does(opens_with(b"SSH-2.0-OpenSSH_9.2\r\n"), kind=Tcp),
            logs("not_tls_ssh", "client_hello", "the client sent an SSH banner")),
        Row("a mail program that greets", client_does(opens_with(b"EHLO mail.test\r\n"), kind=Tcp),
            logs("not_tls_smtp", "client_hello", "the client greeted in plain SMTP", "STARTTLS")),
        Row("a client with other words", client_does(opens_with(b"hello?\r\n"), kind=Tcp),
            logs("not_tls", "client_hello", "the client sent something that is not TLS", "/listeners/0/transport")),
        Row("a web server without TLS", server_is(strange.answers(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
            client=tells(76, "not_tls_http", "handshake", "the server answered in plain HTTP", '"HTTP/1.1 400 Bad Request"')),
        Row("an ssh server", server_is(strange.says(b"SSH-2.0-OpenSSH_9.2\r\n")),
            client=tells(76, "not_tls_ssh", "handshake", "the server sent an SSH banner")),
        Row("a mail server", server_is(strange.says(b"220 mail.test ESMTP\r\n")),
            client=tells(76, "not_tls_smtp", "handshake", "the server greeted in plain text", "STARTTLS")),
        Row("a server with other words", server_is(strange.says(b"hello, who is there?\n")),
            client=tells(76, "not_tls", "handshake", "the server sent something that is not TLS")),
        Row("TLS to a plain echo", both(listener=secho.tcp),
            logs("tls_to_plain_port", "echo", "the client sent a TLS hello, and this listener is plain"),
            tells(76, "tls_to_plain_port", "handshake", "the server sent our own TLS hello back")),
    ]  # fmt: skip


class ProxyHeader(explanations.Table):
    ROWS = [
        Row("a client of ours without a PROXY header", both(listener=PROXIED),
            logs("proxy_header_missing", "proxy", "the client sent a TLS hello and no PROXY header"),
            tells(76, "closed_in_handshake", "handshake", "the server closed the connection before the first byte")),
        Row("HTTP in place of a PROXY header", client_does(opens_with(HTTP), kind=Tcp, listener=PROXIED),
            logs("proxy_header_missing", "proxy", "the client sent plain HTTP and no PROXY header")),
        Row("a PROXY header that breaks its rules",
            client_does(opens_with(proxyheader.v2_raw(proxyheader.PROXY, proxyheader.TCP4, version=3)), kind=Tcp,
                        listener=PROXIED),
            logs("proxy_header_invalid", "proxy", "the PROXY header of the client is not valid: ")),
        Row("a PROXY header from who may not send one", both("--proxy-protocol", "v2", listener=FROM_NOBODY),
            logs("proxy_header_invalid", "proxy", "the PROXY header of the client is not valid: it comes from an address",
                 "/listeners/0/proxy_protocol_from"),
            tells(76, "closed_in_handshake", "handshake", "the server closed the connection before the first byte")),
        Row("a PROXY header that is not expected", both("--proxy-protocol", "v1"),
            logs("proxy_header_unexpected", "client_hello", "the client sent a PROXY header, and this listener expects none"),
            tells(76, "closed_in_handshake", "handshake", "the server closed the connection before the first byte")),
        Row("a server that sends a PROXY header", server_is(strange.says(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n")),
            client=tells(76, "proxy_header_unexpected", "handshake", "the server sent a PROXY header where TLS was expected")),
    ]  # fmt: skip


class NothingInCommon(explanations.Table):
    ROWS = [
        Row("a server of TLS 1.3 only", both("--tls", "1.2", listener=only(min_version="1.3")),
            logs("no_common_version", "client_hello", "the server ended the handshake: the client offered no TLS version"),
            tells(76, "no_common_version", "handshake", "the server ended the handshake: client and server have no TLS version",
                  "protocol_version", "--tls")),
        Row("a server that answers in TLS 1.2 all the same", server_is(strange.answers(HELLO_OF_1_2), "--tls", "1.3"),
            client=tells(76, "no_common_version", "handshake", "the client ended the handshake: client and server have no TLS")),
        Row("another suite of TLS 1.3", both("--tls", "1.3", "--ciphersuites", "TLS_AES_128_GCM_SHA256", listener=only(
            ciphersuites="TLS_AES_256_GCM_SHA384")),
            logs("no_common_suite", "client_hello", "the server ended the handshake: the client offered no cipher suite"),
            tells(76, "peer_alert", "handshake", "the server ended the connection", "handshake_failure", "--ciphersuites")),
        Row("another suite of TLS 1.2", both("--tls", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256", listener=only(
            ciphers="ECDHE-ECDSA-AES256-GCM-SHA384", max_version="1.2")),
            logs("no_common_suite", "client_hello", "the server ended the handshake: the client offered no cipher suite"),
            tells(76, "peer_alert", "handshake", "the server ended the connection", "handshake_failure", "--ciphersuites")),
        Row("a server that wants stronger parameters", server_is(alerts(INSUFFICIENT_SECURITY)),
            client=tells(76, "no_common_suite", "handshake", "the server ended the handshake: client and server have no cipher suite in common",
                         "insufficient_security", "--ciphers")),
        Row("another group", both("--groups", "X448", listener=only(groups="X25519")),
            logs("no_common_group", "client_hello", "the server ended the handshake: the client offered no key exchange group"),
            tells(76, "peer_alert", "handshake", "the server ended the connection", "handshake_failure", "--ciphersuites")),
        Row("another group in TLS 1.2", both("--groups", "X448", "--tls", "1.2", listener=only(groups="X25519")),
            logs("no_common_group", "client_hello", "the server ended the handshake: the client offered no key exchange group"),
            tells(76, "peer_alert", "handshake", "the server ended the connection", "handshake_failure", "--ciphersuites")),
        Row("another kind of signature", explanations.openssl_client("-sigalgs", "RSA-PSS+SHA256", "-tls1_3"),
            logs("no_common_signature", "client_hello", "the server ended the handshake: the client offered no signature algorithm")),
        Row("another kind of signature in TLS 1.2", explanations.openssl_client(
            "-sigalgs", "ECDSA+SHA256", "-tls1_2", listener=lambda: secho.tls("server-ed25519")),
            logs("no_common_signature", "client_hello", "the server ended the handshake: the client offered no signature algorithm")),
        Row("another protocol", both("--alpn", "h2", listener=only(alpn=["echo"])),
            logs("no_common_alpn", "client_hello", "the server ended the handshake: the client offered no application protocol (ALPN)"),
            tells(76, "no_common_alpn", "handshake", "the server ended the handshake: it knows none of the application protocols (ALPN)",
                  "no_application_protocol", "--alpn")),
        Row("another name", both("--server-name", "nobody.test", listener=only(unknown_name="refuse")),
            logs("unknown_name", "client_hello", "the server ended the handshake: the client asked for a server name (SNI)"),
            tells(76, "unknown_name", "handshake", "the server ended the handshake: it does not know the name that it was asked for",
                  "unrecognized_name", "--server-name")),
    ]  # fmt: skip


class Alerts(explanations.Table):
    ROWS = [
        Row("a client that sends an alert", client_does(alert_inside, kind=HelloOnly),
            logs("peer_alert", "handshake", "the client ended the connection in the handshake with alert handshake_failure")),
        Row("a server that sends an alert", server_is(alerts(HANDSHAKE_FAILURE)),
            client=tells(76, "peer_alert", "handshake", "the server ended the connection in the handshake with alert")),
        Row("a record of the client that no key has made", client_does(garbage_inside),
            logs("tls_error", "echo", "the server gave up during the echo: the TLS messages of the client broke a rule")),
        Row("a record of the server that no key has made", server_is(strange.tls(spoils_a_record)),
            client=tells(76, "tls_error", "echo", "the client gave up during the echo: the TLS messages of the server")),
        Row("a hello of the client that breaks a rule",
            client_does(sends(b"\x16\x03\x01\x00\x08\x01\x00\x00\x04\x03\x03\x00\x00"), kind=Tcp),
            logs("tls_error", "client_hello", "the server gave up in the handshake")),
        Row("a hello of the server that breaks a rule",
            server_is(strange.answers(b"\x16\x03\x03\x00\x08\x02\x00\x00\x04\x03\x03\x00\x00")),
            client=tells(76, "tls_error", "handshake", "the client gave up in the handshake")),
    ]  # fmt: skip


if __name__ == "__main__":
    secho.main()
