#include "daemon/signals.h"

void signals_ignore(const int *numbers, size_t count)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    for (size_t i = 0; i < count; i++) {
        (void)sigaction(numbers[i], &ignore, NULL);
    }
}

void signals_while_waiting(const int *numbers, size_t count, void (*handler)(int),
                           sigset_t *while_waiting)
{
    const struct sigaction handled = {.sa_handler = handler};
    sigset_t blocked;

    (void)sigemptyset(&blocked);
    for (size_t i = 0; i < count; i++) {
        (void)sigaction(numbers[i], &handled, NULL);
        (void)sigaddset(&blocked, numbers[i]);
    }
    (void)sigprocmask(SIG_SETMASK, &blocked, NULL);
    (void)sigemptyset(while_waiting);
}
