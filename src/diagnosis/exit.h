/* exit.h - exit statuses of secho-client and secho-bench, as sysexits.h has them where it has one.
 */
#ifndef SECHO_EXIT_H
#define SECHO_EXIT_H

enum exit_status {
    EXIT_PROVEN = 0,
    EXIT_THRESHOLD = 1, /* proven, but something that was asked for is not so */
    EXIT_USAGE = 64,
    EXIT_BYTES = 65,       /* wrong, missing or truncated bytes */
    EXIT_FILE = 66,        /* a file cannot be read */
    EXIT_NAME = 68,        /* the name does not resolve */
    EXIT_UNREACHABLE = 69, /* refused, no route, reset before TLS */
    EXIT_SYSTEM = 71,      /* memory, descriptors */
    EXIT_TIMEOUT = 75,
    EXIT_PROTOCOL = 76,    /* TLS, or what is said inside of it */
    EXIT_CERTIFICATE = 77, /* not accepted: theirs by us or ours by them */
    EXIT_CONFIG = 78,
};

#endif
