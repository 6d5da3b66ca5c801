/*
 * talk_terminal.c - three things meet here: what a person types, what comes back, and signals.
 */
#include "client/talk_terminal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "client/prompt.h"

#define PROMPT_TEXT "secho> "
#define HELD_BYTES  8192 /* of a line that has not come back whole yet */
#define HELD_MS     100  /* then it is shown as far as it is there */

struct terminal {
    struct talk_ends ends;
    struct prompt *prompt; /* NULL after the end of the input */
    int signal_number;     /* that ended it, or 0 */
    int64_t held_since_ms;
    size_t held_len;
    char held[HELD_BYTES]; /* the start of a line that is still coming back */
};

/* ---- what comes back ---- */

/* Nothing that a terminal obeys: a server must not move the cursor or rename the window. */
static void print_clean(const char *text, size_t len)
{
    while (len > 0) {
        uint32_t code = 0;
        size_t n = utf8_read(text, len, &code);
        bool clean = n > 0 && (code == '\n' || code == '\t' || !utf8_is_deceptive(code));

        n = n > 0 ? n : 1;
        (void)fwrite(clean ? text : "?", 1, clean ? n : 1, stdout);
        text += n;
        len -= n;
    }
}

/* Above the line that is being typed; what is no whole line gets a newline, or the prompt would
 * stand behind it. */
static int show(struct terminal *t, const char *text, size_t len)
{
    if (len == 0) {
        return 0;
    }
    if (t->prompt != NULL) {
        prompt_hide(t->prompt);
    }
    print_clean(text, len);
    if (t->prompt != NULL) {
        if (text[len - 1] != '\n') {
            (void)fputc('\n', stdout);
        }
        prompt_show(t->prompt);
    }
    return fflush(stdout) == 0 ? 0 : -1;
}

static int show_held(struct terminal *t)
{
    size_t len = t->held_len;

    t->held_len = 0;
    t->ends.pause_ms_max = -1;
    return show(t, t->held, len);
}

static int hold(struct terminal *t, const char *text, size_t len)
{
    if (len > HELD_BYTES - t->held_len && show_held(t) != 0) {
        return -1;
    }
    if (len > HELD_BYTES) {
        return show(t, text, len);
    }
    if (t->held_len == 0) {
        t->held_since_ms = clock_now_ms();
    }
    memcpy(t->held + t->held_len, text, len);
    t->held_len += len;
    t->ends.pause_ms_max = HELD_MS;
    return 0;
}

/* talk_ends.write: whole lines at once, the start of one is held for a moment. */
static enum moved write_back(void *context, const void *data, size_t len, size_t *count)
{
    struct terminal *t = context;
    const char *text = data;
    const char *last = memrchr(text, '\n', len);
    size_t whole = last != NULL ? (size_t)(last + 1 - text) : 0;

    *count = len;
    if (whole > 0 && ((t->held_len > 0 && hold(t, text, whole) != 0) ||
                      (t->held_len > 0 ? show_held(t) : show(t, text, whole)) != 0)) {
        return MOVED_FAILED;
    }
    return whole == len || hold(t, text + whole, len - whole) == 0 ? MOVED : MOVED_FAILED;
}

/* ---- what is typed ---- */

static enum moved end_of_input(struct terminal *t)
{
    prompt_hide(t->prompt);
    prompt_close(t->prompt);
    t->prompt = NULL;
    t->ends.in = -1;
    return MOVED_END;
}

/* talk_ends.read */
static enum moved read_typed(void *context, void *buffer, size_t len, size_t *count)
{
    struct terminal *t = context;
    const char *line = NULL;
    size_t n = 0;

    switch (prompt_read(t->prompt, &line, &n)) {
    case PROMPTED_END:
        return end_of_input(t);
    case PROMPTED_LINE:
        break;
    case PROMPTED_NOTHING:
    default:
        return MOVED_NOTHING;
    }
    if (n == 1 && line[0] == 'q') {
        t->ends.quit = true;
        return end_of_input(t);
    }
    if (n >= len) {
        (void)show(t, "(this line is too long: it was not sent)\n", 41);
        return MOVED_NOTHING;
    }
    memcpy(buffer, line, n);
    ((char *)buffer)[n] = '\n';
    *count = n + 1;
    return MOVED;
}

/* ---- signals: a handler notes, the loop acts ---- */

static volatile sig_atomic_t caught[NSIG];

static void note(int number)
{
    caught[number] = 1;
}

static const int handled[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP, SIGWINCH};

#define HANDLED_COUNT (sizeof handled / sizeof handled[0])

struct signals {
    sigset_t before; /* the mask: lets the handled ones through while the loop waits */
    struct sigaction actions[HANDLED_COUNT];
};

/* They are blocked but for the time of ppoll(2): nothing is interrupted half-way. */
static void take_signals(struct signals *signals)
{
    const struct sigaction action = {.sa_handler = note};
    sigset_t ours;

    (void)sigemptyset(&ours);
    for (size_t i = 0; i < HANDLED_COUNT; i++) {
        caught[handled[i]] = 0;
        (void)sigaddset(&ours, handled[i]);
        (void)sigaction(handled[i], NULL, &signals->actions[i]);
        if (signals->actions[i].sa_handler != SIG_IGN) { /* nohup(1) wants it so */
            (void)sigaction(handled[i], &action, NULL);
        }
    }
    (void)sigprocmask(SIG_BLOCK, &ours, &signals->before);
}

static void return_signals(const struct signals *signals)
{
    for (size_t i = 0; i < HANDLED_COUNT; i++) {
        (void)sigaction(handled[i], &signals->actions[i], NULL);
    }
    (void)sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

/* Ctrl-Z: the shell gets its terminal as it was; afterwards we take it again. */
static void suspend(struct terminal *t)
{
    const struct sigaction normal = {.sa_handler = SIG_DFL}, action = {.sa_handler = note};
    sigset_t stop;

    prompt_close(t->prompt);
    (void)sigaction(SIGTSTP, &normal, NULL);
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTSTP);
    (void)raise(SIGTSTP);
    (void)sigprocmask(SIG_UNBLOCK, &stop, NULL); /* stops here until SIGCONT */
    (void)sigprocmask(SIG_BLOCK, &stop, NULL);
    (void)sigaction(SIGTSTP, &action, NULL);
    if (t->prompt != NULL) {
        t->prompt = prompt_open(PROMPT_TEXT);
    }
}

static int act_on(struct terminal *t, int number)
{
    if (number == SIGTSTP) {
        suspend(t);
    } else if (number != SIGWINCH) {
        t->signal_number = number;
        return -1;
    } else if (t->prompt != NULL) {
        prompt_resized(t->prompt);
    }
    return 0;
}

/* talk_ends.woken */
static int after_waiting(void *context)
{
    struct terminal *t = context;

    for (size_t i = 0; i < HANDLED_COUNT; i++) {
        if (caught[handled[i]] != 0) {
            caught[handled[i]] = 0;
            if (act_on(t, handled[i]) != 0) {
                return -1;
            }
        }
    }
    if (t->held_len > 0 && clock_now_ms() - t->held_since_ms >= HELD_MS) {
        (void)show_held(t);
    }
    return 0;
}

/* ---- the conversation ---- */

enum talk_result talk_terminal(struct secho_client *client, int *signal_number)
{
    struct terminal t = {0};
    struct signals signals;

    take_signals(&signals);
    t.prompt = prompt_open(PROMPT_TEXT);
    t.ends = (struct talk_ends){
        .context = &t,
        .in = t.prompt != NULL ? STDIN_FILENO : -1,
        .out = STDOUT_FILENO,
        .read = read_typed,
        .write = write_back,
        .woken = after_waiting,
        .mask = &signals.before,
        .pause_ms_max = -1,
        .input_may_stay = true,
    };
    enum talk_result result = talk_run(client, &t.ends);

    (void)show_held(&t);
    if (t.prompt != NULL) {
        prompt_hide(t.prompt);
        (void)fputs(result == TALK_PROVEN ? "(the server ended the conversation)\n" : "", stdout);
        prompt_close(t.prompt);
    }
    (void)fflush(stdout);
    return_signals(&signals);
    *signal_number = t.signal_number;
    return result;
}
