#include "daemon/manager.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/succession.h"
#include "daemon/systemd.h"
#include "net/socket.h"

#define NAMED_MAX 3 /* listeners; of the others it is told how many they are */

int manager_open(struct manager *manager)
{
    const char *why = NULL;

    if (notify_open(&manager->notify, &why) == 0) {
        return 0;
    }
    systemd_complain("secho-server: %s", why);
    return -1;
}

/* ---- in words ---- */

PRINTF_LIKE(3, 4)
static void append(char *text, size_t size, const char *format, ...)
{
    size_t len = strlen(text);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text + len, size - len, format, args);
    va_end(args);
}

static void name_listeners(const struct shelf *shelf, char *text, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < shelf->count; i++) {
        const struct shelf_item *item = &shelf->items[i];
        char where[ADDRESS_TEXT_SIZE];
        struct address address;

        if (item->message.slot == 0 && socket_address(item->fd, &address) == 0 &&
            ++count <= NAMED_MAX) {
            address_print(&address, where);
            append(text, size, "%s %s on %s", count > 1 ? "," : "", item->message.listener, where);
        }
    }
    if (count > NAMED_MAX) {
        append(text, size, " and %zu more", count - NAMED_MAX);
    }
}

static void describe(struct supervisor *supervisor, enum manager_state state, char *text,
                     size_t size)
{
    static const char *const words[] = {
        [MANAGER_STARTS] = "Starting: reads the configuration, certificates and keys",
        [MANAGER_SERVES] = "Serving",
        [MANAGER_RELOADS] = "Reloading",
        [MANAGER_STOPS] = "Draining",
    };
    bool serves = generations_in(&supervisor->generations, GENERATION_SERVES) != NULL;

    text[0] = '\0';
    if (supervisor->status != 0) {
        append(text, size, "Not started: the log says why");
    } else if (state == MANAGER_SERVES && !serves) {
        append(text, size, "Not serving: the leader died, another one starts");
    } else {
        append(text, size, "%s", words[state]);
    }
    if (state == MANAGER_SERVES && serves) {
        name_listeners(&supervisor->shelf, text, size);
    }
    if (state != MANAGER_STARTS) {
        append(text, size, "; connections open: %" PRIu64, counters_open(supervisor->counters));
    }
    if (supervisor->reload_failed[0] != '\0') {
        append(text, size, "; the reload at %s failed: the log says why",
               supervisor->reload_failed);
    }
    for (char *at = text; *at != '\0'; at++) { /* a newline would begin another variable */
        *at = (unsigned char)*at < ' ' ? '?' : *at;
    }
}

/* ---- what has changed ---- */

static enum manager_state state_of(struct supervisor *supervisor)
{
    const struct manager *manager = &supervisor->manager;

    if (supervisor->draining) {
        return MANAGER_STOPS;
    }
    if (!supervisor->is_served) {
        return MANAGER_STARTS;
    }
    if (manager->told == MANAGER_STARTS) {
        return MANAGER_SERVES; /* that first, even when a reload is wanted by now */
    }
    /* Each signal is answered, also one that came too late to change what is under way. */
    bool reloads = supervisor->wants_reload || supervisor->reload_is_asked ||
                   manager->asked != manager->told_asked;

    return reloads ? MANAGER_RELOADS : MANAGER_SERVES;
}

/* False when it has to be said again. */
static bool tell_state(struct manager *manager, enum manager_state state, const char *words)
{
    switch (state) {
    case MANAGER_STARTS:
        return notify_send(&manager->notify, "STATUS=%s", words);
    case MANAGER_SERVES:
        return notify_send(&manager->notify, "READY=1\nSTATUS=%s", words);
    case MANAGER_RELOADS: /* with the time it is what Type=notify-reload waits for */
        return notify_send(&manager->notify, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=%s",
                           clock_now_us(), words);
    case MANAGER_STOPS:
        return notify_send(&manager->notify, "STOPPING=1\nSTATUS=%s", words);
    }
    return true;
}

static bool tell_words(struct supervisor *supervisor)
{
    struct manager *manager = &supervisor->manager;
    enum manager_state state = state_of(supervisor);
    bool is_news = state != manager->told || manager->asked != manager->told_asked;
    char words[sizeof manager->words];

    describe(supervisor, state, words, sizeof words);
    if (is_news ? !tell_state(manager, state, words)
                : strcmp(words, manager->words) != 0 &&
                      !notify_send(&manager->notify, "STATUS=%s", words)) {
        return false;
    }
    manager->told = state;
    manager->told_asked = manager->asked;
    memcpy(manager->words, words, sizeof words);
    return true;
}

#define EXTEND_US (INT64_C(4) * MANAGER_LOOK_MS * 1000)

/* How long a drain may last is the configuration's to say, not TimeoutStopSec's. */
static void ask_for_time(const struct manager *manager)
{
    if (manager->told == MANAGER_STOPS) {
        (void)notify_send(&manager->notify, "EXTEND_TIMEOUT_USEC=%" PRId64, EXTEND_US);
    }
}

static void pet(struct manager *manager, int64_t now_ms)
{
    if (manager->notify.watchdog_ms > 0 && now_ms >= manager->pet_due_ms) {
        (void)notify_send(&manager->notify, "WATCHDOG=1");
        manager->pet_due_ms = now_ms + manager->notify.watchdog_ms / 2;
    }
}

void manager_tell(struct supervisor *supervisor)
{
    struct manager *manager = &supervisor->manager;
    int64_t now_ms = clock_now_ms();
    bool is_news = state_of(supervisor) != manager->told || manager->asked != manager->told_asked;

    if (manager->notify.fd == -1) {
        return;
    }
    pet(manager, now_ms);
    if (is_news || now_ms >= manager->due_ms) {
        bool told = tell_words(supervisor);

        ask_for_time(manager);
        /* What is over already, such as a reload that was refused, is told in the next turn. */
        bool again = told && state_of(supervisor) != manager->told;

        manager->due_ms = again ? now_ms : now_ms + MANAGER_LOOK_MS;
    }
}

int64_t manager_wait_ms(const struct manager *manager, int64_t now_ms)
{
    int64_t due_ms = manager->due_ms;

    if (manager->notify.fd == -1) {
        return INT64_MAX;
    }
    if (manager->notify.watchdog_ms > 0 && manager->pet_due_ms < due_ms) {
        due_ms = manager->pet_due_ms;
    }
    return due_ms > now_ms ? due_ms - now_ms : 0;
}
