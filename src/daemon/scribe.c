#include "daemon/scribe.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/relay.h"
#include "daemon/systemd.h"
#include "net/socket.h"

struct scribe {
    struct scribe_settings settings;
    pthread_t thread;
    struct relay own; /* the supervisor's lines; its `wake` also tells that `asked` has changed */
    int answer;       /* an eventfd: `answered` has changed */
    _Atomic uint64_t asked, answered;
    _Atomic bool over;
    _Atomic int format;        /* an enum log_format */
    _Atomic uint64_t progress; /* how often stderr has taken something */
    /* the thread's own: */
    char lines[2 * LOG_LINE_MAX]; /* read, not written yet: */
    size_t ready;                 /* bytes that one write takes, LOG_LINE_MAX at most */
    size_t more;                  /* bytes of a line behind them */
    bool torn;                    /* the end of the last line is missing */
    int trouble;                  /* the errno of the last line that was lost here */
    uint64_t told;                /* lost lines that a log_lost was about */
    int64_t look_ms;              /* when to look for more of them; clock_now_ms() */
};

/* ---- write ---- */

/* How many of the bytes could be written; it waits for room as long as that takes. */
static size_t write_bytes(struct scribe *scribe, const char *bytes, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = write(scribe->settings.out, bytes + done, len - done);

        if (n > 0) {
            done += (size_t)n;
            atomic_fetch_add(&scribe->progress, 1);
        } else if (n == -1 && errno == EAGAIN) { /* somebody else has made it non-blocking */
            (void)poll(&(struct pollfd){.fd = scribe->settings.out, .events = POLLOUT}, 1, -1);
        } else if (n == 0 || errno != EINTR) { /* a full disk, a closed pipe */
            scribe->trouble = errno;
            break;
        }
    }
    return done;
}

static uint64_t count_lines(const char *bytes, size_t len)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < len; i++) {
        lines += bytes[i] == '\n';
    }
    return lines;
}

/* Whole lines. Returns how many of them were lost; what comes after half a line begins anew. */
static uint64_t write_lines(struct scribe *scribe, const char *lines, size_t len)
{
    if (scribe->torn && write_bytes(scribe, "\n", 1) == 0) {
        return count_lines(lines, len);
    }
    scribe->torn = false;
    size_t done = write_bytes(scribe, lines, len);

    scribe->torn = done > 0 && lines[done - 1] != '\n';
    return count_lines(lines + done, len - done);
}

static void lose(struct scribe *scribe, uint64_t lines)
{
    atomic_fetch_add(&scribe->settings.counters->log_lost, lines);
}

/* ---- tell what was lost ---- */

static const char *why_lost(const struct scribe *scribe)
{
    return scribe->trouble != 0 ? strerror(scribe->trouble)
                                : "whoever reads the log did not read it fast enough";
}

/* Only when it was written it is told: else it is tried again. */
static void tell_lost(struct scribe *scribe, uint64_t lost)
{
    const struct secho_field fields[] = {log_number("lines", lost - scribe->told),
                                         log_number("total", lost),
                                         log_text("why", why_lost(scribe)),
                                         {.key = NULL}};
    char line[LOG_LINE_MAX];
    size_t len = log_format((enum log_format)atomic_load(&scribe->format), SECHO_LEVEL_WARN,
                            "log_lost", fields, line);

    if (log_level_now(&scribe->settings.counters->log_level) < SECHO_LEVEL_WARN ||
        write_lines(scribe, line, len) == 0) {
        scribe->told = lost;
        scribe->trouble = 0;
    }
}

static void tell_when_due(struct scribe *scribe, bool now)
{
    int64_t now_ms = clock_now_ms();

    if (now || now_ms >= scribe->look_ms) {
        uint64_t lost = counters_log_lost(scribe->settings.counters);

        scribe->look_ms = now_ms + SCRIBE_TELL_MS;
        if (lost > scribe->told) {
            tell_lost(scribe, lost);
        }
    }
}

/* Until the next look at what is lost, in ms; -1: there was nothing untold when it looked last. */
static int untold_ms(const struct scribe *scribe)
{
    int64_t now_ms = clock_now_ms();

    if (counters_log_lost(scribe->settings.counters) == scribe->told) {
        return -1;
    }
    return scribe->look_ms > now_ms ? (int)(scribe->look_ms - now_ms) : 0;
}

/* ---- read ---- */

static void write_ready(struct scribe *scribe)
{
    lose(scribe, write_lines(scribe, scribe->lines, scribe->ready));
    memmove(scribe->lines, scribe->lines + scribe->ready, scribe->more);
    scribe->ready = scribe->more;
    scribe->more = 0;
    tell_when_due(scribe, false);
}

/* False when none is there. */
static bool take_line(struct scribe *scribe)
{
    ssize_t len =
        recv(scribe->settings.reader, scribe->lines + scribe->ready, LOG_LINE_MAX, MSG_DONTWAIT);

    if (len <= 0) {
        return false;
    }
    if (scribe->ready + (size_t)len <= LOG_LINE_MAX) {
        scribe->ready += (size_t)len;
    } else {
        scribe->more = (size_t)len;
        write_ready(scribe);
    }
    return true;
}

static void write_all(struct scribe *scribe)
{
    bool waits;

    do {
        waits = relay_flush(&scribe->own);
        while (take_line(scribe)) {
        }
        while (scribe->ready > 0) {
            write_ready(scribe);
        }
    } while (waits);
}

/* ---- the thread ---- */

static bool is_asked(const struct scribe *scribe)
{
    return atomic_load(&scribe->asked) != atomic_load(&scribe->answered);
}

/* Who asked while the last lines were written has woken us then, and not again. */
static void wait_for_lines(struct scribe *scribe)
{
    enum { LINES, WAKE, COUNT };
    struct pollfd at[COUNT] = {
        [LINES] = {.fd = scribe->settings.reader, .events = POLLIN},
        [WAKE] = {.fd = scribe->own.wake, .events = POLLIN},
    };

    (void)poll(at, COUNT, is_asked(scribe) ? 0 : untold_ms(scribe));
}

static void rest(struct scribe *scribe)
{
    (void)poll(&(struct pollfd){.fd = scribe->own.wake, .events = POLLIN}, 1, SCRIBE_REST_MS);
}

static void *run(void *argument)
{
    struct scribe *scribe = argument;

    while (!atomic_load(&scribe->over)) {
        wait_for_lines(scribe);
        uint64_t asked = atomic_load(&scribe->asked);
        bool answers = asked != atomic_load(&scribe->answered);

        write_all(scribe);
        tell_when_due(scribe, answers);
        if (answers) {
            atomic_store(&scribe->answered, asked);
            (void)!write(scribe->answer, &(uint64_t){1}, sizeof(uint64_t));
        } else {
            rest(scribe);
        }
    }
    return NULL;
}

static int start_thread(struct scribe *scribe)
{
    sigset_t all, before;

    /* No signal is ours, not even SIGTTOU of a terminal, nor SIGXFSZ of a file that is too big. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&scribe->thread, NULL, run, scribe);

    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = rc;
    return rc == 0 ? 0 : -1;
}

/* ---- from the supervisor's thread ---- */

int scribe_start(const struct scribe_settings *settings, struct scribe **out)
{
    struct scribe *scribe = calloc(1, sizeof *scribe);

    if (scribe == NULL) {
        return -1;
    }
    scribe->settings = *settings;
    bool relays = relay_init(&scribe->own, settings->writer, &settings->counters->log_lost) == 0;

    scribe->answer = relays ? eventfd(0, EFD_CLOEXEC) : -1;
    if (scribe->answer == -1 || start_thread(scribe) != 0) {
        int os_errno = errno;

        socket_close(scribe->answer);
        if (relays) {
            relay_done(&scribe->own);
        }
        free(scribe);
        errno = os_errno;
        return -1;
    }
    *out = scribe;
    return 0;
}

void scribe_sink(void *context, const char *line, size_t len)
{
    struct scribe *scribe = context;

    relay_sink(&scribe->own, line, len);
}

void scribe_use(struct scribe *scribe, enum log_format format)
{
    atomic_store(&scribe->format, (int)format);
}

struct scribe *scribe_open(struct counters_shared *counters, const int channel[2], struct log *log)
{
    const struct scribe_settings settings = {
        .out = STDERR_FILENO, .counters = counters, .reader = channel[0], .writer = channel[1]};
    struct scribe *scribe = NULL;

    log_level_begin(&counters->log_level, SECHO_LEVEL_INFO);
    if (scribe_start(&settings, &scribe) != 0) {
        return NULL;
    }
    *log =
        (struct log){.format = systemd_journal_is_stderr() ? LOG_FORMAT_SYSTEMD : LOG_FORMAT_TEXT,
                     .shared = &counters->log_level,
                     .sink = scribe_sink,
                     .context = scribe};
    scribe_use(scribe, log->format);
    return scribe;
}

static void wake(struct scribe *scribe)
{
    (void)!write(scribe->own.wake, &(uint64_t){1}, sizeof(uint64_t));
}

/* Waits for an answer; true: nothing has happened in the meantime, not even a write. */
static bool nothing_happens(struct scribe *scribe)
{
    struct pollfd answer = {.fd = scribe->answer, .events = POLLIN};
    uint64_t progress = atomic_load(&scribe->progress), ignored;

    if (poll(&answer, 1, SCRIBE_LOOK_MS) == 1) {
        (void)!read(scribe->answer, &ignored, sizeof ignored);
        return false;
    }
    return atomic_load(&scribe->progress) == progress;
}

/* Twice in a row: once may mean that the machine stood still. A slow disk gets more time. */
static int looks_allowed(const struct scribe *scribe)
{
    struct pollfd out = {.fd = scribe->settings.out, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 ? 10 : 2;
}

bool scribe_finish(struct scribe *scribe)
{
    uint64_t asked = atomic_fetch_add(&scribe->asked, 1) + 1;
    int looks = 0;

    wake(scribe);
    while (atomic_load(&scribe->answered) != asked) {
        looks = nothing_happens(scribe) ? looks + 1 : 0;
        if (looks > 0 && looks >= looks_allowed(scribe)) {
            return false;
        }
    }
    return true;
}

void scribe_free(struct scribe *scribe)
{
    atomic_store(&scribe->over, true);
    wake(scribe);
    (void)pthread_join(scribe->thread, NULL);
    relay_done(&scribe->own);
    socket_close(scribe->answer);
    free(scribe);
}
