#include "client/ping_signals.h"

#include <stddef.h>

static const int handled[PING_SIGNALS] = {SIGINT, SIGTERM, SIGQUIT};

static volatile sig_atomic_t stopped, asked;

static void note(int number)
{
    if (number == SIGQUIT) {
        asked = 1;
    } else {
        stopped = 1;
    }
}

void ping_signals_take(struct ping_signals *signals)
{
    const struct sigaction action = {.sa_handler = note};
    sigset_t ours;

    stopped = 0;
    asked = 0;
    (void)sigemptyset(&ours);
    for (size_t i = 0; i < PING_SIGNALS; i++) {
        (void)sigaddset(&ours, handled[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &ours, &signals->before);
    for (size_t i = 0; i < PING_SIGNALS; i++) {
        (void)sigaction(handled[i], &action, &signals->actions[i]);
    }
}

void ping_signals_return(const struct ping_signals *signals)
{
    for (size_t i = 0; i < PING_SIGNALS; i++) {
        (void)sigaction(handled[i], &signals->actions[i], NULL);
    }
    (void)sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

bool ping_signals_stop(void)
{
    return stopped != 0;
}

bool ping_signals_ask(void)
{
    bool was = asked != 0;

    asked = 0;
    return was;
}
