#include "daemon/standing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

_Static_assert((int)BOARD_DRAINS == (int)GENERATION_DRAINS, "the board has the same states");

static int64_t now_s(void)
{
    return clock_wall_ms() / 1000;
}

int standing_begin(struct supervisor *supervisor)
{
    struct board_server *standing = &supervisor->standing;

    supervisor->board_fd = board_create();
    if (supervisor->board_fd == -1 ||
        (supervisor->board = board_map(supervisor->board_fd)) == NULL) {
        return -1;
    }
    standing->pid = getpid();
    standing->started_s = now_s();
    (void)snprintf(standing->config_path, sizeof standing->config_path, "%s",
                   supervisor->config_path);
    board_write_server(supervisor->board, standing);
    return 0;
}

/* Is anything different? */
static bool update(struct board_generation *told, const struct generation *generation)
{
    enum board_state state = (enum board_state)generation->state;

    if (told->state == state && told->number == generation->number &&
        told->leader == generation->leader) {
        return false;
    }
    *told = (struct board_generation){
        .state = state,
        .number = generation->number,
        .since_s =
            told->state == state && told->number == generation->number ? told->since_s : now_s(),
        .leader = generation->leader,
    };
    return true;
}

void standing_tell(struct supervisor *supervisor)
{
    struct board_server *told = &supervisor->standing;
    bool ready = !supervisor->draining &&
                 generations_in(&supervisor->generations, GENERATION_SERVES) != NULL;
    bool changed = told->ready != ready || told->draining != supervisor->draining;

    told->ready = ready;
    told->draining = supervisor->draining;
    for (size_t i = 0; i < COUNTERS_GENERATIONS; i++) {
        changed |= update(&told->generations[i], &supervisor->generations.all[i]);
    }
    if (changed) {
        board_write_server(supervisor->board, told);
    }
}

/* What its leader has said, or `why`. */
static void find_text(struct supervisor *supervisor, const struct standing_reload *reload,
                      char text[static BOARD_TEXT_SIZE])
{
    struct board_report *report = malloc(sizeof *report);

    text[0] = '\0';
    if (reload->generation != NULL && report != NULL) {
        (void)board_read_report(supervisor->board,
                                (size_t)(reload->generation - supervisor->generations.all), report);
        (void)snprintf(text, BOARD_TEXT_SIZE, "%s", report->text);
    }
    if (text[0] == '\0' && reload->why[0] != '\0') {
        (void)snprintf(text, BOARD_TEXT_SIZE, "%s\n", reload->why);
    }
    free(report);
}

void standing_reloaded(struct supervisor *supervisor, const struct standing_reload *reload)
{
    struct board *board = supervisor->board;
    struct board_reload *entry = calloc(1, sizeof *entry);

    supervisor->reload_failed[0] = '\0';
    if (reload->status != 0) {
        clock_text(supervisor->reload_failed);
    }
    (void)atomic_fetch_add(reload->status == 0 ? &board->reloads_ok : &board->reloads_failed, 1);
    if (entry == NULL) { /* the log has it */
        steward_reload_ended(&supervisor->steward);
        return;
    }
    entry->happened = true;
    entry->ok = reload->status == 0;
    entry->status = reload->status;
    entry->when_s = now_s();
    entry->duration_ms = reload->duration_ms;
    entry->generation = reload->generation != NULL ? reload->generation->number : 0;
    find_text(supervisor, reload, entry->text);
    board_write_reload(board, entry);
    standing_tell(supervisor);
    steward_reload_ended(&supervisor->steward);
    free(entry);
}

void standing_not_back(struct supervisor *supervisor, const struct standing_reload *reload)
{
    struct board_reload *entry = malloc(sizeof *entry);
    char *text = malloc(BOARD_TEXT_SIZE);

    if (entry != NULL && text != NULL) {
        (void)board_read_reload(supervisor->board, entry);
        find_text(supervisor, reload, text);
        if (strcmp(text, entry->text) != 0) { /* else it has the same problem */
            size_t len = strlen(entry->text);

            (void)snprintf(entry->text + len, sizeof entry->text - len,
                           "the configuration that served before cannot be used now, either:\n%s",
                           text);
            board_write_reload(supervisor->board, entry);
        }
    }
    free(text);
    free(entry);
}
