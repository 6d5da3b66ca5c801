/*
 * keys.h - every key of secho.json, once.
 *
 * This table drives parsing, ranges, defaults, -T, the suggestions for unknown keys, the JSON
 * Schema (config/secho.schema.json) and the table in secho.json(5). A new key is a row here and a
 * field in config.h.
 */
#ifndef SECHO_KEYS_H
#define SECHO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a key of an object may be. */
enum config_section {
    SECTION_ROOT,
    SECTION_WORKERS,
    SECTION_LOG,
    SECTION_LIMITS,
    SECTION_TIMEOUTS,
    SECTION_ADMIN,
    SECTION_LISTENER,
    SECTION_TLS,
    SECTION_CERTIFICATE,
    SECTION_CLIENT_AUTH,
    SECTION_ALLOW,
    SECTION_TICKETS,
    SECTION_COUNT,
};

enum config_type {
    CONFIG_INTEGER,   /* int: low..high */
    CONFIG_PROCESSES, /* int: low..high, or "auto", which is 0 until it is resolved */
    CONFIG_BOOLEAN,   /* bool */
    CONFIG_DURATION,  /* int64_t, milliseconds: low..high */
    CONFIG_SIZE,      /* int64_t, bytes: low..high */
    CONFIG_CHOICE,    /* an enum or int: one of `choices` */
    CONFIG_TEXT,      /* char *: any text of up to `high` bytes */
    CONFIG_NAME,      /* char *: letters, digits, "-", "_", "." */
    CONFIG_ADDRESS,   /* char *: an IPv4 or IPv6 address */
    CONFIG_PATH,      /* char *: relative to the folder of the file */
    CONFIG_STRINGS,   /* struct config_strings: up to `high` texts */
    CONFIG_GROUP,     /* an object; its fields are in the same struct */
    CONFIG_LIST,      /* a pointer to `low`..`high` structs, and their number */
};

/* Whether this version does it. */
enum config_service {
    SERVED,
    NEEDED, /* served, and the key must be there */
    LATER,  /* a value that differs from the default is "not in this version" */
};

struct config_choice {
    const char *name; /* NULL ends a list */
    int value;
    enum config_service service;
};

struct config_key {
    enum config_section section;
    const char *name;
    enum config_type type;
    size_t offset;     /* of the field, in the struct of the section */
    int64_t low, high; /* of numbers; of items in a list */
    int64_t standard;  /* the default of numbers, booleans and choices */
    const char *text;  /* the default of texts */
    const struct config_choice *choices;
    enum config_section inner;      /* of groups, and of the items of a list */
    size_t count_offset, item_size; /* of lists */
    enum config_service service;
    const char *what; /* one sentence for the schema and the man page */
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;

#define CONFIG_SECOND       INT64_C(1000)
#define CONFIG_MINUTE       (60 * CONFIG_SECOND)
#define CONFIG_HOUR         (60 * CONFIG_MINUTE)
#define CONFIG_DURATION_MAX (8760 * CONFIG_HOUR) /* a year: nothing here waits longer */
#define CONFIG_KIB          INT64_C(1024)
#define CONFIG_GIB          (CONFIG_KIB * CONFIG_KIB * CONFIG_KIB)
#define CONFIG_SIZE_MAX     (1024 * 1024 * CONFIG_GIB)
#define CONFIG_THREADS_MAX  64   /* processes x threads */
#define CONFIG_TEXT_MAX     4095 /* bytes of a text or a path */
#define CONFIG_STRINGS_MAX  1024
#define CONFIG_LISTENER_MAX 256
#define CONFIG_CERTS_MAX    64 /* of a listener */

/* clang-format off */
/*      section      key                    field                   type(range, default)          service  what it is */
#define CONFIG_KEYS(KEY)                                                                                                    \
    KEY(ROOT,        "workers",             workers,                GROUP(WORKERS),                SERVED, "Who does the work.") \
    KEY(ROOT,        "user",                user,                   TEXT(64, ""),                  SERVED, "The user to become after start; empty: unchanged when not root, nobody when root.") \
    KEY(ROOT,        "log",                 log,                    GROUP(LOG),                    SERVED, "What is written to stderr.") \
    KEY(ROOT,        "limits",              limits,                 GROUP(LIMITS),                 SERVED, "What nobody may exceed.") \
    KEY(ROOT,        "timeouts",            timeouts,               GROUP(TIMEOUTS),               SERVED, "How long to wait.") \
    KEY(ROOT,        "admin",               admin,                  GROUP(ADMIN),                  SERVED, "Where metrics, health and status are served; absent: nowhere. See ADMIN in secho-server(8).") \
    KEY(ROOT,        "watch",               watch,                  BOOLEAN(false),                SERVED, "Reload when files that are named here change: chain, key and ocsp of certificates, client_auth.ca (in a folder each file that counts), client_auth.crl, tickets.keys, admin.token; not this one itself.") \
    KEY(ROOT,        "peers",               peers,                  STRINGS(),                     LATER,  "Other echo servers on the path.") \
    KEY(ROOT,        "listeners",           listeners,              LISTENERS(),                   NEEDED, "Where to listen, and what to speak there.") \
    KEY(WORKERS,     "processes",           workers.processes,      PROCESSES(CONFIG_THREADS_MAX), SERVED, "How many worker processes; \"auto\": one for each CPU.") \
    KEY(WORKERS,     "threads",             workers.threads,        INTEGER(1, CONFIG_THREADS_MAX, 1), SERVED, "How many threads in each of them; processes x threads is at most 64.") \
    KEY(LOG,         "level",               log.level,              CHOICE(levels, SECHO_LEVEL_INFO), SERVED, "What is less urgent is not written.") \
    KEY(LOG,         "format",              log.format,             CHOICE(formats, LOG_FORMAT_TEXT), SERVED, "logfmt or one JSON object for each event.") \
    KEY(LIMITS,      "connections",         limits.connections,     INTEGER(1, 10000000, 10000),   SERVED, "Connections at a time, over all workers; one more is accepted and closed.") \
    KEY(LIMITS,      "connections_per_address", limits.connections_per_address, INTEGER(0, 10000000, 0), SERVED, "Connections at a time from one address (IPv6: one network of 64 bits); 0: no limit. See LIMITS.") \
    KEY(LIMITS,      "handshakes_in_flight", limits.handshakes_in_flight, INTEGER(0, 10000000, 1000), SERVED, "Handshakes at a time, shared out among the workers; 0: no limit. See LIMITS.") \
    KEY(LIMITS,      "handshakes_per_second", limits.handshakes_per_second, INTEGER(0, 10000000, 0), SERVED, "New handshakes in a second, of all clients; one more is refused. 0: no limit.") \
    KEY(LIMITS,      "handshakes_per_second_per_address", limits.handshakes_per_second_per_address, INTEGER(0, 10000000, 0), SERVED, "The same for one address (IPv6: one network of 64 bits); 0: no limit.") \
    KEY(LIMITS,      "bytes_per_connection", limits.bytes_per_connection, SIZE(0, CONFIG_SIZE_MAX, 0), SERVED, "Echoed bytes after which a connection is ended; 0B: no limit.") \
    KEY(LIMITS,      "backlog",             limits.backlog,         INTEGER(1, 65535, 4096),       SERVED, "Connections that wait in the kernel; it may cap it (net.core.somaxconn).") \
    KEY(TIMEOUTS,    "handshake",           timeouts.handshake_ms,  DURATION(0, CONFIG_DURATION_MAX, 10 * CONFIG_SECOND), SERVED, "For the whole TLS handshake; 0s: no limit.") \
    KEY(TIMEOUTS,    "idle",                timeouts.idle_ms,       DURATION(0, CONFIG_DURATION_MAX, 5 * CONFIG_MINUTE), SERVED, "Without a byte from the peer; 0s: no limit.") \
    KEY(TIMEOUTS,    "write",               timeouts.write_ms,      DURATION(0, CONFIG_DURATION_MAX, 30 * CONFIG_SECOND), SERVED, "Without the peer taking a byte of what waits for it; 0s: no limit.") \
    KEY(TIMEOUTS,    "goodbye",             timeouts.goodbye_ms,    DURATION(1, CONFIG_DURATION_MAX, 5 * CONFIG_SECOND), SERVED, "For the peer to close after we have.") \
    KEY(TIMEOUTS,    "age",                 timeouts.age_ms,        DURATION(0, CONFIG_DURATION_MAX, 0), SERVED, "After which a connection is ended, whatever it does; 0s: never.") \
    KEY(TIMEOUTS,    "drain",               timeouts.drain_ms,      DURATION(1, CONFIG_DURATION_MAX, 30 * CONFIG_SECOND), SERVED, "From the signal to stop until what is left is cut.") \
    KEY(TIMEOUTS,    "drain_delay",         timeouts.drain_delay_ms, DURATION(0, CONFIG_DURATION_MAX, 0), SERVED,"Goes on accepting for so long after the signal to stop.") \
    KEY(TIMEOUTS,    "reload_drain",        timeouts.reload_drain_ms, DURATION(0, CONFIG_DURATION_MAX, CONFIG_HOUR), SERVED,"For connections of an old configuration after a reload.") \
    KEY(ADMIN,       "address",             admin.address,          ADDRESS("127.0.0.1"),          SERVED, "The address of the admin listener; one that others can reach needs expose and token.") \
    KEY(ADMIN,       "port",                admin.port,             INTEGER(0, 65535, 9090),       SERVED, "Its TCP port; 0: any free one, told in the log.") \
    KEY(ADMIN,       "socket",              admin.socket,           PATH(""),                      SERVED, "A Unix socket in place of address and port, with mode 0600.") \
    KEY(ADMIN,       "expose",              admin.expose,           BOOLEAN(false),                SERVED, "Allow an address that others can reach; it is HTTP without TLS.") \
    KEY(ADMIN,       "token",               admin.token,            PATH(""),                      SERVED, "A file whose first line is the token that requests must show, at least 16 characters; nobody else may read it.") \
    KEY(LISTENER,    "name",                name,                   NAME(""),                      SERVED, "Its name in the log; unique. Default: listener-0, listener-1, ...") \
    KEY(LISTENER,    "address",             address,                ADDRESS("::"),                 SERVED, "An IPv4 or IPv6 address; \"::\" serves IPv4 too.") \
    KEY(LISTENER,    "port",                port,                   INTEGER(0, 65535, 0),          NEEDED, "The port; 0: any free one, told in the log.") \
    KEY(LISTENER,    "transport",           transport,              CHOICE(transports, TRANSPORT_TLS), SERVED, "What is spoken there.") \
    KEY(LISTENER,    "proxy_protocol",      proxy_protocol,         BOOLEAN(false),                SERVED, "Each connection starts with a PROXY protocol header, version 1 or 2; one without is refused.") \
    KEY(LISTENER,    "proxy_protocol_from", proxy_protocol_from,    STRINGS(),                     SERVED, "Addresses and prefixes (\"10.0.0.0/8\") that may send it; empty: loopback, private and link-local ranges.") \
    KEY(LISTENER,    "report",              report,                 BOOLEAN(true),                 SERVED, "Tell who asks for it (ALPN secho-report/1) what is seen of its connection; see secho-client(1), report.") \
    KEY(LISTENER,    "mtu",                 mtu,                    INTEGER(0, 65535, 0),          LATER,  "Bytes of a datagram; 0: found out.") \
    KEY(LISTENER,    "tls",                 tls,                    GROUP(TLS),                    SERVED, "Needed for tls and dtls, refused for tcp and udp.") \
    KEY(TLS,         "certificates",        tls.certificates,       CERTIFICATES(),                NEEDED, "The first is the default one; see CERTIFICATES BY NAME.") \
    KEY(TLS,         "unknown_name",        tls.unknown_name,       CHOICE(unknown_names, UNKNOWN_NAME_DEFAULT), SERVED, "For a server name that no certificate has: the default certificate, or an alert.") \
    KEY(TLS,         "min_version",         tls.min_version,        CHOICE(versions, 0x0303),      SERVED, "The oldest version of TLS.") \
    KEY(TLS,         "max_version",         tls.max_version,        CHOICE(versions, 0x0304),      SERVED, "The newest version of TLS.") \
    KEY(TLS,         "ciphers",             tls.ciphers,            TEXT(CONFIG_TEXT_MAX, ""),     SERVED, "TLS 1.2, OpenSSL's names with colons; empty: secho's own list.") \
    KEY(TLS,         "ciphersuites",        tls.ciphersuites,       TEXT(CONFIG_TEXT_MAX, ""),     SERVED, "TLS 1.3, OpenSSL's names with colons; empty: secho's own list.") \
    KEY(TLS,         "groups",              tls.groups,             TEXT(CONFIG_TEXT_MAX, ""),     SERVED, "Key exchange groups with colons, best first; empty: secho's own list.") \
    KEY(TLS,         "signature_algorithms", tls.signature_algorithms, TEXT(CONFIG_TEXT_MAX, ""),  SERVED, "Signature algorithms with colons, best first; empty: secho's own list.") \
    KEY(TLS,         "alpn",                tls.alpn,               STRINGS(),                     SERVED, "Application protocols (ALPN), best first; a client that offers none of them is refused. Empty: any or none is fine.") \
    KEY(TLS,         "client_auth",         tls.client_auth,        GROUP(CLIENT_AUTH),            SERVED, "Who may come in.") \
    KEY(TLS,         "tickets",             tls.tickets,            GROUP(TICKETS),                SERVED, "Session resumption.") \
    KEY(TLS,         "early_data",          tls.early_data_bytes,   SIZE(0, CONFIG_KIB * CONFIG_KIB, 0), SERVED, "Bytes of early data (0-RTT) that are taken; 0B: none. See EARLY DATA.") \
    KEY(TLS,         "key_log",             tls.key_log,            PATH(""),                      SERVED, "A file to which the secrets of every session are appended, for Wireshark: whoever has it can decrypt them all.") \
    KEY(CERTIFICATE, "chain",               chain,                  PATH(""),                      NEEDED, "The certificate and its intermediates, PEM.") \
    KEY(CERTIFICATE, "key",                 key,                    PATH(""),                      NEEDED, "Its private key, PEM, not encrypted.") \
    KEY(CERTIFICATE, "names",               names,                  STRINGS(),                     SERVED, "Server names (SNI) it answers, \"*.\" in front for any one label; empty: the DNS names in the certificate.") \
    KEY(CERTIFICATE, "ocsp",                ocsp,                   PATH(""),                      SERVED, "An OCSP response to staple, DER; checked at the start and at each reload.") \
    KEY(CLIENT_AUTH, "mode",                tls.client_auth.mode,   CHOICE(client_auths, CLIENT_AUTH_NONE), SERVED,"Whether a client certificate is asked for, or needed.") \
    KEY(CLIENT_AUTH, "ca",                  tls.client_auth.ca,     PATH(""),                      SERVED, "The CAs of client certificates: a PEM file, or a folder of them; read at the start and at each reload.") \
    KEY(CLIENT_AUTH, "crl",                 tls.client_auth.crl,    PATH(""),                      SERVED, "Their revocation lists, PEM or DER; every certificate of a chain is looked up.") \
    KEY(CLIENT_AUTH, "allow",               tls.client_auth.allow,  GROUP(ALLOW),                  SERVED, "Which of their certificates may come in; all lists empty: every one.") \
    KEY(ALLOW,       "dns",                 tls.client_auth.allow.dns, STRINGS(),                  SERVED, "DNS names in the certificate; \"*.\" in front for any one label.") \
    KEY(ALLOW,       "uri",                 tls.client_auth.allow.uri, STRINGS(),                  SERVED, "URIs in the certificate, SPIFFE IDs for example.") \
    KEY(ALLOW,       "cn",                  tls.client_auth.allow.cn, STRINGS(),                   SERVED, "Common names of the subject.") \
    KEY(ALLOW,       "spki_sha256",         tls.client_auth.allow.spki_sha256, STRINGS(),          SERVED, "SHA-256 of the public key, in hexadecimal digits.") \
    KEY(TICKETS,     "count",               tls.tickets.count,      INTEGER(0, 16, 1),             SERVED, "Tickets after a full handshake; 0: no session is resumed. TLS 1.2 has one at most.") \
    KEY(TICKETS,     "keys",                tls.tickets.keys,       PATH(""),                      SERVED, "A file with keys that several servers share; empty: keys of this server's own, which change by themselves. See TICKETS.")
/* clang-format on */

/* The row of a key, or NULL. */
const struct config_key *config_key_find(enum config_section section, const char *name);

/* How many letters to add, drop, change or swap with the next one; capitals do not count. */
size_t config_key_distance(const char *a, const char *b);

/* The known key of this section that looks most like `name`. */
const struct config_key *config_key_nearest(enum config_section section, const char *name);

/* A section that does know this key, or SECTION_COUNT. */
enum config_section config_key_elsewhere(const char *name);

/* The name of a section in messages: the key that leads to it, for example "tls". */
const char *config_section_name(enum config_section section);

#endif
