#include "daemon/renewal.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/progress.h"
#include "daemon/posting.h"

#define TIME_SIZE 32

/* A certificate, and the name of its listener. */
struct served {
    struct board_certificate certificate;
    char listener[BOARD_NAME_SIZE];
};

static void read_served(const struct board *board, size_t block, size_t index, struct served *out)
{
    struct board_listener listener = {.name = ""};

    (void)board_read_certificate(board, block, index, &out->certificate);
    if (out->certificate.listener < board_listeners(board, block)) {
        (void)board_read_listener(board, block, out->certificate.listener, &listener);
    }
    memcpy(out->listener, listener.name, sizeof out->listener);
}

static bool is_same(const struct served *a, const struct served *b)
{
    return strcmp(a->listener, b->listener) == 0 &&
           strcmp(a->certificate.subject, b->certificate.subject) == 0 &&
           strcmp(a->certificate.serial, b->certificate.serial) == 0 &&
           a->certificate.not_before_s == b->certificate.not_before_s &&
           a->certificate.not_after_s == b->certificate.not_after_s;
}

static bool was_served(const struct board *board, size_t block, const struct served *one)
{
    for (size_t i = 0; i < board_certificates(board, block); i++) {
        struct served other;

        read_served(board, block, i, &other);
        if (is_same(one, &other)) {
            return true;
        }
    }
    return false;
}

static void tell(const struct log *log, struct board *board, size_t block, const struct served *one)
{
    time_t end = (time_t)one->certificate.not_after_s;
    char until[TIME_SIZE] = "", line[sizeof *one + 128];
    struct tm utc;

    if (gmtime_r(&end, &utc) != NULL) {
        (void)strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    log_event(log, SECHO_LEVEL_INFO, "certificate", log_text("listener", one->listener),
              log_text("subject", one->certificate.subject),
              log_text("serial", one->certificate.serial), log_text("not_after", until));
    (void)snprintf(line, sizeof line, "listener %s: certificate %s, serial %s, until %s",
                   one->listener, one->certificate.subject, one->certificate.serial, until);
    posting_line(board, block, line);
}

void renewal_tell(const struct log *log, struct board *board, size_t block)
{
    struct board_server server;

    (void)board_read_server(board, &server);
    size_t before = board_serving(&server);

    for (size_t i = 0; before < BOARD_GENERATIONS && i < board_certificates(board, block); i++) {
        struct served one;

        read_served(board, block, i, &one);
        if (!was_served(board, before, &one)) {
            tell(log, board, block, &one);
        }
        progress_made();
    }
}
