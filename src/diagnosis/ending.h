/*
 * ending.h - the plain facts of how a connection ended. No OpenSSL type, no words.
 *
 * server/ and client/ fill it in; explain.h turns it into a code, a sentence and an advice.
 */
#ifndef SECHO_ENDING_H
#define SECHO_ENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "diagnosis/sniff.h"
#include "tls/fault.h"
#include "tls/stream.h"

/* Who tells the story. */
enum ending_side { ENDING_SERVER, ENDING_CLIENT };

enum ending_stage {
    ENDING_STAGE_ACCEPTED,  /* before the first byte */
    ENDING_STAGE_PROXY,     /* the PROXY header in front of TLS */
    ENDING_STAGE_HANDSHAKE, /* TLS hello ... finished */
    ENDING_STAGE_ECHO,
    ENDING_STAGE_GOODBYE, /* our close_notify or FIN is on its way */
};

enum ending_cause {
    ENDING_NONE,          /* has not ended */
    ENDING_CLEAN,         /* the peer ended its direction (close_notify; FIN without TLS) */
    ENDING_EOF,           /* FIN where TLS wanted more */
    ENDING_SOCKET,        /* the socket failed: os_errno */
    ENDING_TLS,           /* TLS failed: the facts */
    ENDING_TIMEOUT,       /* the deadline of the stage passed */
    ENDING_WRITE_TIMEOUT, /* the peer did not read for too long */
    ENDING_CONTROL,       /* too many records without data */
    ENDING_DRAIN,         /* the server is being stopped */
    ENDING_LIMIT_CONNECTIONS,
    ENDING_LIMIT_ADDRESS,      /* connections of one address */
    ENDING_LIMIT_RATE,         /* handshakes in a second */
    ENDING_LIMIT_ADDRESS_RATE, /* of one address */
    ENDING_LIMIT_HANDSHAKES,   /* in flight: it was the oldest, and another waited */
    ENDING_LIMIT_BYTES,
    ENDING_AGE,
    ENDING_MEMORY,
    ENDING_PROXY_MISSING, /* something else came: `first` */
    ENDING_PROXY_INVALID, /* a PROXY header that breaks the rules, or whose sender may not: `detail`
                           */
    ENDING_REPORT_INVALID, /* what came is no question for a report, or no answer to one */
    ENDING_WORKER_DIED,    /* no version notes this yet */
    /* Only a client ends for the reasons below. */
    ENDING_USAGE,  /* it was asked for something that cannot be */
    ENDING_FILE,   /* a file cannot be read */
    ENDING_CONFIG, /* what is in a file is of no use */
    ENDING_SYSTEM, /* the operating system said no */
    ENDING_NAME_UNKNOWN,
    ENDING_RESOLVE_TIMEOUT,
    ENDING_REFUSED,
    ENDING_UNREACHABLE,
    ENDING_CONNECT_TIMEOUT,
    ENDING_ECHO_WRONG,
    ENDING_ECHO_SHORT,
    ENDING_ECHO_LONG,
    ENDING_ECHO_LATE,    /* an echo did not come in time */
    ENDING_ECHO_SLOW,    /* it came, slower than the client was told to accept */
    ENDING_NO_SESSION,   /* all is well, but it gave none */
    ENDING_NOT_RESUMED,  /* all is well, but it was a full handshake */
    ENDING_CLOSED_EARLY, /* in order, nothing is missing; but the client was not done with it */
};

/*
 * Note the stage, the cause and errno together, when the connection is given up: the first cause is
 * the reason, what happens during the goodbye is not.
 */
struct ending {
    enum ending_side side;
    enum ending_stage stage;
    enum ending_cause cause;
    int os_errno;
    enum sniffed first; /* what the first bytes were */
    struct stream_facts tls;
    bool silent;             /* the handshake was done, and not one byte of data came */
    int64_t limit;           /* of the deadline in ms, or of the limit; 0 where it has none */
    bool plain_hello;        /* a TLS hello came where nobody answers in TLS */
    enum fault fault;        /* of a certificate that we refused */
    const char *certificate; /* subject of the certificate that was refused, or NULL */
    const char *detail;      /* the text of the error, or why a certificate was refused; or NULL */
    const char *where;       /* pointer to the listener ("/listeners/0"), or NULL */
};

#endif
