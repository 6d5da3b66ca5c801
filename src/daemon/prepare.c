#include "daemon/prepare.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>

#include "base/progress.h"
#include "daemon/adopt.h"
#include "daemon/announce.h"
#include "daemon/generation.h"
#include "daemon/handover.h"
#include "daemon/posting.h"
#include "daemon/renewal.h"
#include "daemon/sandbox.h"
#include "daemon/systemd.h"

static void send_line(void *context, const char *line, size_t len)
{
    struct prepared *own = context;

    relay_send(&own->sender, line, len);
}

static void tell_problem(void *context, const char *line)
{
    const struct prepared *own = context;

    announce_problem(&own->log, own->start.is_reload, line);
    posting_line(own->board, own->start.block, line);
}

/* What would have changed is not what is wrong. */
static int system_problem(struct prepared *own, const char *why)
{
    static const struct board_report nothing;
    char line[512];

    board_write_report(own->board, own->start.block, &nothing);
    (void)snprintf(line, sizeof line, "%s%s", own->start.is_reload ? "" : "secho-server: ", why);
    tell_problem(own, line);
    return EX_OSERR;
}

#define NO_ROOM                                                                                    \
    "not all listening sockets can be passed on: the system lets a process of this server open "   \
    "too few descriptors; raise the limit (ulimit -n, LimitNOFILE=)"

static int hand_up(struct prepared *own)
{
    adopt_hand_up(&own->load.service, GENERATION_CONTROL);
    admin_door_hand_up(&own->door, GENERATION_CONTROL);
    switch (handover_bound(GENERATION_CONTROL, own->load.config)) {
    case HANDED_UP:
        return EX_OK;
    case HANDED_UP_NO_ROOM:
        return system_problem(own, NO_ROOM);
    case HANDED_UP_IN_VAIN:
        break;
    }
    return EX_OSERR;
}

static int bind_all(struct prepared *own, struct adoption *adoption)
{
    struct secho_error err;

    if (service_bind(&own->load.service, &err) != 0 ||
        admin_door_open(&own->door, own->load.config, &own->load.admin, &adoption->admin, &err) !=
            0) {
        return system_problem(own, err.text);
    }
    service_watch_replays(&own->load.service, &own->counters->replay);
    service_count(&own->load.service, own->counters);
    posting_service(own->board, own->start.block, &own->load.service);
    return hand_up(own);
}

/* A level that the file has changed holds for all only when this configuration serves. */
static void follow_level(struct prepared *own)
{
    struct log_level *shared = &own->counters->log_level;
    enum secho_level file = own->load.config->log.level;

    if (!own->start.is_reload) {
        log_level_begin(shared, file);
    }
    if (atomic_load(&shared->file) == (int)file) {
        own->log.shared = shared;
    }
}

static void settle(struct prepared *own)
{
    const struct secho_config *config = own->load.config;

    own->log.level = config->log.level;
    own->log.format = config->log.format;
    if (config->log.format == LOG_FORMAT_TEXT && systemd_journal_is_stderr()) {
        own->log.format = LOG_FORMAT_SYSTEMD;
    }
    follow_level(own);
    counters_use(own->counters, own->start.block, own->load.service.slot_count);
}

static void post_change(void *context, const char *pointer, const char *before, const char *after)
{
    const struct prepared *own = context;
    char line[3 * CONFIG_CHANGE_SIZE];

    (void)snprintf(line, sizeof line, "%s: %s -> %s", pointer,
                   before[0] != '\0' ? before : "nothing", after[0] != '\0' ? after : "nothing");
    posting_line(own->board, own->start.block, line);
}

/*
 * The file; or what served before a leader died, where the file cannot be used now: in that text no
 * path is relative to the file any more.
 */
static int load(struct prepared *own, const struct adoption *adoption, const char *path)
{
    char *text = adoption->start.falls_back ? handover_read(adoption->config) : NULL;
    int status = text != NULL ? load_text(text, "what served before", tell_problem, own, &own->load)
                              : load_all(path, tell_problem, own, &own->load);

    free(text);
    return status;
}

static int load_and_bind(struct prepared *own, const char *path, struct adoption *adoption)
{
    if (adoption->lacks) { /* what was bound anew beside it would take its connections away */
        return system_problem(own, NO_ROOM);
    }
    if (load(own, adoption, path) != 0 ||
        handover_check(adoption->config, own->load.config, tell_problem, own) != 0 ||
        adopt_lent(adoption, &own->load.service, tell_problem, own) != 0) {
        return EX_CONFIG;
    }
    if (adopt_place(adoption, &own->load.service) != 0) {
        return EX_OSERR;
    }
    return adopt_check(adoption, &own->load.service, tell_problem, own) == 0
               ? bind_all(own, adoption)
               : EX_CONFIG;
}

int prepare_all(struct prepared *own, const char *path)
{
    struct adoption adoption = {.admin = -1, .config = -1};
    int status = EX_OSERR;

    own->board = board_map(GENERATION_BOARD);
    own->counters = counters_map(GENERATION_COUNTERS);
    if (own->board != NULL && own->counters != NULL &&
        adopt_receive(&adoption, GENERATION_CONTROL) == 0) {
        own->start = adoption.start;
        OPENSSL_cleanse(&own->start.seed, sizeof own->start.seed);
        progress_to(&own->counters->generations[own->start.block].leader_got_on_ms);
        own->sender =
            (struct relay_sender){.writer = GENERATION_LOG, .lost = &own->counters->log_lost};
        own->log = (struct log){.level = SECHO_LEVEL_INFO,
                                .format = adoption.start.format,
                                .sink = send_line,
                                .context = own};
        status = load_and_bind(own, path, &adoption);
        if (status == EX_OK) {
            settle(own);
            announce_changes(&own->log, adoption.config, own->load.config);
            handover_compare(adoption.config, own->load.config, post_change, own);
            renewal_tell(&own->log, own->board, own->start.block);
        }
    }
    adopt_done(&adoption);
    return status;
}

int prepare_step_down(struct prepared *own)
{
    struct secho_error err;

    return sandbox_lead(&own->load.privilege, own->load.config->watch, &err) == 0
               ? EX_OK
               : system_problem(own, err.text);
}

int prepare_failed(struct prepared *own, const char *why)
{
    return system_problem(own, why);
}
