/*
 * codes.h - every reason for which a connection ends: one row each. Included for its rows only.
 *
 *   CODE(NAME, "end= code", meaning, advice, .at_server = ..., .at_client = ..., ...)
 *
 *   meaning         whatever the side; in secho-server(8), and for --explain CODE
 *   advice          what to do; for both sides unless .client_advice differs
 *   at_server       the sentence of a server's log line
 *   at_client       the sentence that a client prints
 *   client_advice   what to do, for the user of a client
 *   exit            of secho-client, where it is not EXIT_PROTOCOL; for `reset` see explain_exit()
 *
 * A side that cannot come to this end has no sentence of its own; then the meaning has to do.
 * The sentences of the two sides begin small, all others big; all end with a full stop.
 *
 * In sentences stand facts in braces, {stage} {time} {alert} and so on: see sentence.h.
 * "/listeners/N" becomes the real pointer where it is known.
 *
 * secho-explain(7) is made of these rows by scripts/generate.
 */

/* ---- orderly ends ---- */

CODE(OK, "ok", "The peer ended the connection in order, and everything that it sent was echoed.",
     "There is nothing to do.",
     .at_server = "the client ended the connection in order, and everything that it sent was "
                  "echoed{silent}.",
     .at_client = "the server sent everything back and ended the connection in order.")

CODE(HEALTH_CHECK, "health_check",
     "The peer connected and left without sending a byte, as load balancers do to see whether "
     "anybody answers.",
     "There is nothing to do.",
     .at_server = "the client connected and left without sending a byte, as health checks do.")

CODE(DRAIN, "drain", "The server ended the connection in order, because it is being stopped.",
     "Connect again: to another server, or to this one when it is back.",
     .at_server = "the server ended the connection {stage}, because it is being stopped.")

/* ---- the peer left ---- */

CODE(TRUNCATED, "truncated",
     "The peer closed the connection without close_notify, so nothing proves that its data was "
     "complete.",
     "Let the peer close TLS before it closes TCP (SSL_shutdown or its like), or look for what "
     "cuts connections on the way.",
     .exit = EXIT_BYTES,
     .at_server = "the client closed the connection without close_notify, so nothing proves that "
                  "its data was complete; what arrived was echoed{silent}.",
     .at_client = "the server closed the connection without close_notify, so the echo may be "
                  "incomplete.",
     .client_advice =
         "Look into the log of the server: it may have been killed; or let it close TLS "
         "before it closes TCP (SSL_shutdown or its like), or look for what cuts "
         "connections on the way.")

CODE(RESET, "reset", "The peer, or something on the way, reset the connection (RST).",
     "Look for a program that was killed or that closed with unread data, or for a firewall or "
     "load balancer that cuts connections.",
     .at_server = "the client, or something on the way, reset the connection (RST) "
                  "{stage}{silent}.",
     .at_client = "the server, or something on the way, reset the connection (RST) {stage}.",
     .client_advice =
         "Look into the log of the server: it may be full, or have been killed; firewalls "
         "and load balancers that cut connections look the same.")

CODE(CONNECTION_LOST, "connection_lost", "The network gave up on the connection.",
     "Look at the path between the two: cables, routes, firewalls, or a machine that is gone.",
     .at_server = "the network lost the client {stage}: {errno}.",
     .at_client = "the network lost the server {stage}: {errno}.")

CODE(CLOSED_IN_HANDSHAKE, "closed_in_handshake",
     "The peer closed the connection in the middle of the handshake and did not say why.",
     "Look into the log of the peer; port scanners do this too, and clients that dislike a "
     "certificate without saying so.",
     .at_server = "the client closed the connection in the handshake and did not say why.",
     .at_client = "the server closed the connection {stage} and did not say why.",
     .client_advice = "Look into the log of the server: it may be full, shutting down, wait for a "
                      "PROXY header (--proxy-protocol), or be no TLS server at all.")

/* ---- deadlines and limits ---- */

CODE(HANDSHAKE_TIMEOUT, "handshake_timeout", "The handshake was not finished in time.",
     "Look for packets that get lost (a wrong MTU stops connections exactly here) and for clients "
     "that wait for a greeting before they speak, or raise /timeouts/handshake.",
     .exit = EXIT_TIMEOUT, .at_server = "the server gave up: the client {progress} within {time}.",
     .at_client = "the client gave up: the server {progress} within {time}.",
     .client_advice = "Ask whether this port speaks TLS, look for packets that get lost (a wrong "
                      "MTU stops connections exactly here), or give it more time (--timeout).")

CODE(IDLE_TIMEOUT, "idle_timeout", "No byte came for too long.",
     "Let the client send something from time to time, or raise /timeouts/idle.",
     .exit = EXIT_TIMEOUT,
     .at_server = "the server ended the connection in order: the client sent nothing for {time}.",
     .at_client = "the client gave up: the server sent nothing for {time}.",
     .client_advice = "Try again with a longer --timeout, and look whether the server still runs.")

CODE(WRITE_TIMEOUT, "write_timeout", "The peer did not read what was sent to it for too long.",
     "Let the client read while it sends, or raise /timeouts/write.", .exit = EXIT_TIMEOUT,
     .at_server = "the server gave up: the client did not read its echo for {time}.",
     .at_client = "the client gave up: the server did not read for {time}.",
     .client_advice = "Look whether the server still runs, or give it more time (--timeout).")

CODE(GOODBYE_TIMEOUT, "goodbye_timeout",
     "One side had said goodbye, and the other did not do its part in time.",
     "Let the client read until close_notify comes, or raise /timeouts/goodbye.",
     .exit = EXIT_TIMEOUT,
     .at_server = "the server gave up: {time} after the goodbye the client had not read the rest "
                  "of its echo.",
     .at_client = "the client gave up: the server did not say goodbye within {time}.",
     .client_advice = "Look into the log of the server, or give it more time (--timeout).")

CODE(AGE_LIMIT, "age_limit", "The connection was open for longer than the server allows.",
     "Connect again, or raise /timeouts/age.",
     .at_server = "the server ended the connection in order: it was open for {time}.")

CODE(BYTE_LIMIT, "byte_limit", "The connection carried as many bytes as the server allows.",
     "Connect again, or raise /limits/bytes_per_connection.",
     .at_server = "the server ended the connection in order: it carried its {count} bytes.")

CODE(CONNECTION_LIMIT, "connection_limit", "More connections were open than the server allows.",
     "Raise /limits/connections, or find out who keeps so many of them open.",
     .at_server = "the server refused the connection: its limit of {count} open connections is "
                  "reached.")

CODE(ADDRESS_LIMIT, "address_limit",
     "More connections of one address were open than the server allows.",
     "Raise /limits/connections_per_address, or find out why this client keeps so many of them "
     "open; behind a load balancer, let it tell the real addresses (/listeners/N/proxy_protocol).",
     .at_server = "the server refused the connection: this address has {count} open already.")

CODE(RATE_LIMIT, "rate_limit", "More handshakes came in a second than the server allows.",
     "Let clients come more slowly or keep their connections, or raise "
     "/limits/handshakes_per_second.",
     .at_server = "the server refused the connection: more than {count} handshakes came in a "
                  "second.")

CODE(ADDRESS_RATE_LIMIT, "address_rate_limit",
     "More handshakes came from one address in a second than the server allows.",
     "Let this client come more slowly or keep its connections, or raise "
     "/limits/handshakes_per_second_per_address; behind a load balancer, let it tell the real "
     "addresses (/listeners/N/proxy_protocol).",
     .at_server = "the server refused the connection: more than {count} handshakes came from this "
                  "address in a second.")

CODE(HANDSHAKE_LIMIT, "handshake_limit",
     "The handshake had lasted for a tenth of what it may, and so many others were in flight that "
     "a newcomer got its place.",
     "Raise /limits/handshakes_in_flight, or find out who connects and does not go on.",
     .at_server = "the server gave up: the client had not ended its handshake, and another one "
                  "waited for its place.")

CODE(TOO_MANY_CONTROL_MESSAGES, "too_many_control_messages",
     "The peer sent TLS messages without any data, such as key updates, one after the other.",
     "Repair the client; if it does this on purpose, it is an attack.",
     .at_server = "the server ended the connection: the client sent one TLS message without data "
                  "after the other, such as key updates.")

/* ---- not TLS at all ---- */

CODE(NOT_TLS_HTTP, "not_tls_http", "The peer spoke plain HTTP where TLS was expected.",
     "Write https:// in place of http://, or use a listener whose /listeners/N/transport is tcp.",
     .at_server = "the client sent plain HTTP where the server expects TLS.",
     .at_client = "the server answered in plain HTTP where TLS was expected.",
     .client_advice = "Use the port where the server speaks TLS, often 443.")

CODE(NOT_TLS_SSH, "not_tls_ssh", "The peer spoke SSH where TLS was expected.",
     "Check the host and the port that the SSH client was given.",
     .at_server = "the client sent an SSH banner where the server expects TLS.",
     .at_client = "the server sent an SSH banner where TLS was expected.",
     .client_advice = "This is the port of an SSH server: check the host and the port.")

CODE(NOT_TLS_SMTP, "not_tls_smtp", "The peer spoke SMTP where TLS was expected.",
     "Let the mail program begin with TLS at once (SMTPS, often port 465) in place of STARTTLS.",
     .at_server = "the client greeted in plain SMTP where the server expects TLS.",
     .at_client = "the server greeted in plain text, as mail servers do, where TLS was expected.",
     .client_advice = "STARTTLS is not spoken here: use a port where TLS begins at once, for mail "
                      "often 465.")

CODE(NOT_TLS, "not_tls", "The first bytes of the peer were not TLS.",
     "Let the client speak TLS from its first byte, or use a listener whose "
     "/listeners/N/transport is tcp.",
     .at_server = "the client sent something that is not TLS.",
     .at_client = "the server sent something that is not TLS.",
     .client_advice = "Check the host and the port: no TLS server answers there.")

CODE(TLS_TO_PLAIN_PORT, "tls_to_plain_port",
     "The client spoke TLS to a port that gives every byte back as it is: its own hello came back.",
     "Use a listener whose /listeners/N/transport is tls, or let the client speak without TLS.",
     .at_server = "the client sent a TLS hello, and this listener is plain: the hello was echoed, "
                  "and no client takes that for an answer.",
     .at_client = "the server sent our own TLS hello back: it echoes, but without TLS.",
     .client_advice = "Use the port where the server speaks TLS.")

/* ---- the PROXY header ---- */

CODE(PROXY_HEADER_MISSING, "proxy_header_missing",
     "The listener expects a PROXY header in front of TLS, and none came.",
     "Connect through the load balancer and let that send the header (HAProxy: send-proxy-v2, "
     "nginx: proxy_protocol on), or set /listeners/N/proxy_protocol to false.",
     .at_server = "the client sent {first} and no PROXY header, and this listener expects one.")

CODE(PROXY_HEADER_INVALID, "proxy_header_invalid", "The PROXY header was not as it has to be.",
     "Look at what the load balancer sends, and whether its address is in "
     "/listeners/N/proxy_protocol_from.",
     .at_server = "the PROXY header of the client is not valid{words}.")

CODE(PROXY_HEADER_UNEXPECTED, "proxy_header_unexpected",
     "A PROXY header came, and the listener expects TLS.",
     "Set /listeners/N/proxy_protocol to true, or let the load balancer send no header.",
     .at_server = "the client sent a PROXY header, and this listener expects none.",
     .at_client = "the server sent a PROXY header where TLS was expected.",
     .client_advice =
         "Check the host and the port: what answers there is no server but a client of "
         "the PROXY protocol.")

/* ---- a report in place of the echo ---- */

CODE(REPORT_INVALID, "report_invalid",
     "ALPN has agreed on a report (secho-report/1), and what came then is none.",
     "Ask with secho-client report; secho-client(1) describes what is sent.",
     .at_server = "the client agreed to ask for a report, and what it sent is no such question.",
     .at_client = "the server agreed to a report, and what it sent is none{words}.",
     .client_advice =
         "Look for something on the way that agrees to every protocol, or for a server "
         "of another version.")

/* ---- nothing in common ---- */

CODE(NO_COMMON_VERSION, "no_common_version", "Both sides have no TLS version in common.",
     "Update the client, or widen /listeners/N/tls/min_version and /listeners/N/tls/max_version.",
     .at_server = "the server ended the handshake: the client offered no TLS version that this "
                  "listener speaks.",
     .at_client = "{ender} ended the handshake: client and server have no TLS version in "
                  "common{named}.",
     .client_advice = "Leave --tls away, or change /listeners/N/tls/min_version or "
                      "/listeners/N/tls/max_version of the server.")

CODE(NO_COMMON_SUITE, "no_common_suite", "Both sides have no cipher suite in common.",
     "Widen /listeners/N/tls/ciphers (TLS 1.2) or /listeners/N/tls/ciphersuites (TLS 1.3), or add "
     "a certificate whose kind of key the client knows (/listeners/N/tls/certificates).",
     .at_server = "the server ended the handshake: the client offered no cipher suite that this "
                  "listener accepts.",
     .at_client = "{ender} ended the handshake: client and server have no cipher suite in "
                  "common{told}.",
     .client_advice = "Leave --ciphers and --ciphersuites away, or widen /listeners/N/tls/ciphers "
                      "or /listeners/N/tls/ciphersuites of the server.")

CODE(NO_COMMON_GROUP, "no_common_group", "Both sides have no key exchange group in common.",
     "Widen /listeners/N/tls/groups, or update the client.",
     .at_server = "the server ended the handshake: the client offered no key exchange group that "
                  "this listener accepts.")

CODE(NO_COMMON_SIGNATURE, "no_common_signature",
     "Both sides have no signature algorithm in common that fits the certificate.",
     "Add a certificate with another kind of key (/listeners/N/tls/certificates), or widen "
     "/listeners/N/tls/signature_algorithms.",
     .at_server =
         "the server ended the handshake: the client offered no signature algorithm that a "
         "certificate of this listener can do.")

CODE(NO_COMMON_ALPN, "no_common_alpn", "Both sides have no application protocol (ALPN) in common.",
     "Let the client offer one of /listeners/N/tls/alpn or none at all, or add its own there.",
     .at_server = "the server ended the handshake: the client offered no application protocol "
                  "(ALPN) that this listener knows.",
     .at_client = "the server ended the handshake: it knows none of the application protocols "
                  "(ALPN) that were offered{named}.",
     .client_advice = "Leave --alpn away, or add the protocol to /listeners/N/tls/alpn of the "
                      "server.")

CODE(UNKNOWN_NAME, "unknown_name", "The client asked for a server name (SNI) that nobody has here.",
     "Ask for a name that a certificate has, add a certificate (/listeners/N/tls/certificates), or "
     "set /listeners/N/tls/unknown_name to default.",
     .at_server =
         "the server ended the handshake: the client asked for a server name (SNI) that no "
         "certificate of this listener has.",
     .at_client = "the server ended the handshake: it does not know the name that it was asked "
                  "for{named}.",
     .client_advice = "Ask for another name (--server-name), or add a certificate for it at the "
                      "server (/listeners/N/tls/certificates).")

/* ---- certificates ---- */

#include "diagnosis/codes_certificates.h"

/* ---- other failures ---- */

CODE(PEER_ALERT, "peer_alert", "The peer ended the connection with a TLS alert.",
     "Look into the log of the peer: it knows more.",
     .at_server = "the client ended the connection {stage} with alert {alert}.",
     .at_client = "the server ended the connection {stage} with alert {alert}.",
     .client_advice = "Look into the log of the server: it knows more.")

CODE(TLS_ERROR, "tls_error", "The TLS messages of the peer broke a rule or were damaged.",
     "Try another client, to see which side is wrong; something on the way may change bytes.",
     .at_server = "the server gave up {stage}: the TLS messages of the client broke a "
                  "rule{words}.",
     .at_client = "the client gave up {stage}: the TLS messages of the server broke a "
                  "rule{words}.",
     .client_advice = "Try another server, to see which side is wrong; something on the way may "
                      "change bytes.")

CODE(OUT_OF_MEMORY, "out_of_memory", "There was no memory for the connection.",
     "Give the machine or the container more memory, or lower /limits/connections.",
     .exit = EXIT_SYSTEM,
     .at_server = "the server gave up {stage}: it had no memory for the connection.",
     .at_client = "the client gave up {stage}: it had no memory for the connection.",
     .client_advice = "Give the machine or the container more memory.")

CODE(WORKER_DIED, "worker_died", "The process of the server that held the connection died.",
     "Look for worker_exit in the log: it tells the signal. Connect again meanwhile.",
     .at_server = "the worker process that held the connection died.")

CODE(UNKNOWN, "unknown", "Nothing was noted that explains the end of the connection.",
     "This is a mistake in secho: please report it, with the log line.",
     .at_server = "the connection ended {stage}, and the server did not note why.",
     .at_client = "the connection ended {stage}, and the client did not note why.")

/* ---- only seen by a client: before TLS, and the bytes ---- */

CODE(USAGE, "usage", "The client was asked for something that cannot be.", "See secho-client -h.",
     .exit = EXIT_USAGE, .at_client = "this cannot be.")

CODE(FILE, "file", "A file cannot be read.",
     "Check the path, and who may read the file and its folders.", .exit = EXIT_FILE,
     .at_client = "a file cannot be read.")

CODE(CONFIG, "config", "What is in a file is of no use.", "Edit or replace the file.",
     .exit = EXIT_CONFIG, .at_client = "what is in a file is of no use.")

CODE(SYSTEM, "system", "The operating system said no.",
     "Look at the memory and at the limit of open files (ulimit -n).", .exit = EXIT_SYSTEM,
     .at_client = "the operating system said no.")

CODE(NAME_UNKNOWN, "name_unknown", "The name does not resolve to an address.",
     "Check how the name is written, and ask the resolver: getent ahosts NAME.", .exit = EXIT_NAME,
     .at_client = "the name does not resolve to an address.")

CODE(RESOLVE_TIMEOUT, "resolve_timeout", "The resolver did not answer in time.",
     "Check the resolver (/etc/resolv.conf), or give an address in place of the name.",
     .exit = EXIT_TIMEOUT, .at_client = "the resolver did not answer within {time}.")

CODE(REFUSED, "refused", "The machine is there, but nobody listens on the port.",
     "Check the port, and whether the server runs and listens on this address.",
     .exit = EXIT_UNREACHABLE, .at_client = "nobody listens there.")

CODE(UNREACHABLE, "unreachable", "The network does not lead there.",
     "Check the address, the route and the firewalls on the way.", .exit = EXIT_UNREACHABLE,
     .at_client = "the network does not lead there.")

CODE(CONNECT_TIMEOUT, "connect_timeout", "No address answered in time.",
     "Check the address; a firewall that drops packets looks like this. --timeout gives it more "
     "time.",
     .exit = EXIT_TIMEOUT, .at_client = "no address answered within {time}.")

CODE(ECHO_WRONG, "echo_wrong", "What came back is not what was sent.",
     "Check that it is an echo server; if it is, something on the way changes bytes.",
     .exit = EXIT_BYTES, .at_client = "what came back is not what was sent{words}.")

CODE(ECHO_SHORT, "echo_short", "Less came back than was sent.",
     "Check that it is an echo server; if it is, its log knows why it stopped.", .exit = EXIT_BYTES,
     .at_client = "the server ended the connection in order before everything was back{words}.")

CODE(ECHO_LONG, "echo_long", "More came back than was sent.",
     "Check that it is an echo server, without a banner or a prompt.", .exit = EXIT_BYTES,
     .at_client = "more came back than was sent{words}.")

CODE(ECHO_LATE, "echo_late", "An echo did not come in time.",
     "Look whether the server still runs and reads; try again with a longer --timeout.",
     .exit = EXIT_TIMEOUT, .at_client = "not every echo came back in time{words}.")

CODE(ECHO_SLOW, "echo_slow", "An echo took longer than it should.",
     "Look at the load of the server and of the network, or choose another --warn.",
     .exit = EXIT_THRESHOLD, .at_client = "everything came back, but too slowly{words}.")

CODE(CLOSED_EARLY, "closed_early",
     "The server ended the connection in order, and the client still wanted it.",
     "Look into the log of the server: an idle timeout, a limit, or the end of the server itself.",
     .exit = EXIT_BYTES,
     .at_client = "everything had come back, and then the server ended the connection in order, "
                  "earlier than wanted{words}.")

CODE(NO_SESSION, "no_session", "The server gave no session that could be resumed.",
     "Let the server give session tickets (/listeners/N/tls/tickets/count); some servers give none "
     "to clients that have shown a certificate.",
     .exit = EXIT_THRESHOLD,
     .at_client = "the bytes came back, but the server gave no session{words}.")

CODE(NOT_RESUMED, "not_resumed", "The server did not go on with a session that was offered.",
     "Check that all servers behind the name share their ticket keys "
     "(/listeners/N/tls/tickets/keys), and that the server gives tickets at all.",
     .exit = EXIT_THRESHOLD, .at_client = "the bytes came back, but by full handshakes{words}.")
