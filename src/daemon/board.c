#include "daemon/board.h"

#include <sys/mman.h>
#include <unistd.h>

/* ---- the memory ---- */

int board_create(void)
{
    int fd = memfd_create("secho-board", MFD_CLOEXEC);

    if (fd != -1 && ftruncate(fd, sizeof(struct board)) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

static void *map(int fd, int rights)
{
    void *memory = mmap(NULL, sizeof(struct board), rights, MAP_SHARED, fd, 0);

    if (memory == MAP_FAILED) {
        return NULL;
    }
    /* Workers have peers: whoever takes one over writes no board. */
    (void)madvise(memory, sizeof(struct board), MADV_DONTFORK);
    return memory;
}

struct board *board_map(int fd)
{
    return map(fd, PROT_READ | PROT_WRITE);
}

const struct board *board_watch(int fd)
{
    return map(fd, PROT_READ);
}

struct board *board_new(void)
{
    void *memory = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

void board_free(struct board *board)
{
    if (board != NULL) {
        (void)munmap(board, sizeof *board);
    }
}

/* ---- one entry ---- */

/*
 * Each word is released after the odd count: a reader that has got a new one sees at the end that
 * the count is another.
 */
static void put(_Atomic uint64_t *sequence, _Atomic uint64_t *words, const void *data, size_t size)
{
    uint64_t odd = atomic_load_explicit(sequence, memory_order_relaxed) | 1;

    atomic_store_explicit(sequence, odd, memory_order_relaxed);
    words_put(words, data, size);
    atomic_store_explicit(sequence, odd + 1, memory_order_release);
}

#define TRIES 1000 /* whoever writes may have died in the middle of it */

static bool get(const _Atomic uint64_t *sequence, const _Atomic uint64_t *words, void *out,
                size_t size)
{
    for (int i = 0; i < TRIES; i++) {
        uint64_t before = atomic_load_explicit(sequence, memory_order_acquire);

        words_get(words, out, size);
        if (before % 2 == 0 && before == atomic_load_explicit(sequence, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

#define PUT(cell, data) put(&(cell)->sequence, (cell)->words, (data), sizeof *(data))
#define GET(cell, out)  get(&(cell)->sequence, (cell)->words, (out), sizeof *(out))

/* ---- write ---- */

void board_write_server(struct board *board, const struct board_server *server)
{
    PUT(&board->server, server);
}

void board_write_reload(struct board *board, const struct board_reload *reload)
{
    PUT(&board->reload, reload);
}

void board_write_crew(struct board *board, size_t block, const struct board_crew *crew)
{
    PUT(&board->blocks[block].crew, crew);
}

void board_write_report(struct board *board, size_t block, const struct board_report *report)
{
    PUT(&board->blocks[block].report, report);
}

/* An entry counts as soon as it is whole; they are written in order. */
void board_write_listener(struct board *board, size_t block, size_t index,
                          const struct board_listener *listener)
{
    PUT(&board->blocks[block].listeners[index], listener);
    atomic_store_explicit(&board->blocks[block].listener_count, index + 1, memory_order_release);
}

void board_write_certificate(struct board *board, size_t block, size_t index,
                             const struct board_certificate *certificate)
{
    if (index < BOARD_CERTIFICATES) {
        PUT(&board->blocks[block].certificates[index], certificate);
    }
    atomic_store_explicit(&board->blocks[block].certificate_count, index + 1, memory_order_release);
}

void board_clear(struct board *board, size_t block)
{
    static const struct board_crew nobody;
    static const struct board_report nothing;

    atomic_store(&board->blocks[block].listener_count, 0);
    atomic_store(&board->blocks[block].certificate_count, 0);
    board_write_crew(board, block, &nobody);
    board_write_report(board, block, &nothing);
}

/* ---- read ---- */

#define END(text) ((text)[sizeof(text) - 1] = '\0')

bool board_read_server(const struct board *board, struct board_server *out)
{
    bool whole = GET(&board->server, out);

    END(out->config_path);
    return whole;
}

bool board_read_reload(const struct board *board, struct board_reload *out)
{
    bool whole = GET(&board->reload, out);

    END(out->text);
    return whole;
}

bool board_read_crew(const struct board *board, size_t block, struct board_crew *out)
{
    bool whole = GET(&board->blocks[block].crew, out);

    out->count = out->count < BOARD_WORKERS ? out->count : BOARD_WORKERS;
    return whole;
}

bool board_read_report(const struct board *board, size_t block, struct board_report *out)
{
    bool whole = GET(&board->blocks[block].report, out);

    END(out->text);
    return whole;
}

bool board_read_listener(const struct board *board, size_t block, size_t index,
                         struct board_listener *out)
{
    bool whole = GET(&board->blocks[block].listeners[index], out);

    END(out->name);
    END(out->transport);
    END(out->address);
    return whole;
}

bool board_read_certificate(const struct board *board, size_t block, size_t index,
                            struct board_certificate *out)
{
    bool whole = GET(&board->blocks[block].certificates[index], out);

    END(out->subject);
    END(out->serial);
    END(out->names);
    return whole;
}

size_t board_listeners(const struct board *board, size_t block)
{
    uint64_t count =
        atomic_load_explicit(&board->blocks[block].listener_count, memory_order_acquire);

    return count < BOARD_LISTENERS ? (size_t)count : BOARD_LISTENERS;
}

size_t board_certificates(const struct board *board, size_t block)
{
    uint64_t count =
        atomic_load_explicit(&board->blocks[block].certificate_count, memory_order_acquire);

    return count < BOARD_CERTIFICATES ? (size_t)count : BOARD_CERTIFICATES;
}

size_t board_serving(const struct board_server *server)
{
    for (size_t i = 0; i < BOARD_GENERATIONS; i++) {
        if (server->generations[i].state == BOARD_SERVES) {
            return i;
        }
    }
    return BOARD_GENERATIONS;
}

/* ---- words ---- */

const char *board_state_name(enum board_state state)
{
    static const char *const names[] = {[BOARD_FREE] = "free",
                                        [BOARD_LOADS] = "loads",
                                        [BOARD_SERVES] = "serves",
                                        [BOARD_RETIRES] = "retires",
                                        [BOARD_DRAINS] = "drains"};

    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : "free";
}

const char *board_worker_name(enum board_worker_state state)
{
    static const char *const names[] = {[BOARD_WORKER_AWAY] = "away",
                                        [BOARD_WORKER_STARTS] = "starts",
                                        [BOARD_WORKER_SERVES] = "serves",
                                        [BOARD_WORKER_LEAVES] = "leaves"};

    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : "away";
}
