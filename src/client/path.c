#include "client/path.h"

#include <stdio.h>
#include <string.h>

#include "client/path_try.h"
#include "net/address.h"
#include "tls/defaults.h"

/* ---- the rows ---- */

static const struct {
    const char *name, *label;
    const char *culprit;
} rows[PATH_KINDS] = {
    [PATH_SMALL] = {"small_hello", "small hello",
                    "an inspecting proxy or firewall that does not let TLS 1.3 through"},
    [PATH_LARGE] = {"large_hello", "large hello",
                    "a load balancer or firewall that wants the whole ClientHello in the first "
                    "packet; with keys of X25519MLKEM768 every hello is that large"},
    [PATH_SPLIT] = {"split_hello", "split hello",
                    "a load balancer or firewall that reads the server name (SNI) from the first "
                    "packet only"},
    [PATH_RETRY] = {"hello_retry", "HelloRetryRequest",
                    "an inspecting proxy or firewall that knows TLS 1.3 in part only: it does not "
                    "expect a second ClientHello"},
    [PATH_OLD] = {"tls12", "TLS 1.2 only", "a firewall that does not let TLS 1.2 through"},
    [PATH_NAMELESS] = {"no_server_name", "no server name",
                       "a load balancer or filter that goes by the server name (SNI) and drops "
                       "whoever sends none"},
    [PATH_IDLE] = {"long_idle", "long idle",
                   "a NAT, firewall or load balancer that forgets connections which are silent"},
};

const char *path_name(enum path_kind kind)
{
    return rows[kind].name;
}

const char *path_label(enum path_kind kind)
{
    return rows[kind].label;
}

/* Forgotten after silence; what came before that has another reason. */
static bool is_forgotten(const struct path_try *this)
{
    enum explain_code number = this->failure.number;

    return this->ended_ms > 0 && (number == EXPLAIN_RESET || number == EXPLAIN_TRUNCATED ||
                                  number == EXPLAIN_IDLE_TIMEOUT);
}

const char *path_culprit(const struct path *path, enum path_kind kind)
{
    const struct path_try *this = &path->tries[kind];

    bool known = kind == PATH_IDLE ? is_forgotten(this) : path_is_cut(&this->failure);

    return this->result == PATH_FAILS && path->shaken && known ? rows[kind].culprit : NULL;
}

const char *path_result_name(enum path_result result)
{
    static const char *const names[] = {
        [PATH_NOT_TRIED] = "not_tried",
        [PATH_WORKS] = "works",
        [PATH_DECIDED] = "server_decides",
        [PATH_NOT_PROVOKED] = "not_provokable",
        [PATH_FAILS] = "fails",
    };

    return names[result];
}

int64_t path_patience_ms(const struct path *path)
{
    return path->settings.timeout_ms > 0 ? path->settings.timeout_ms : CLIENT_TIMEOUT_MS;
}

/* ---- how a try ends ---- */

static void begin(const struct path *path, enum path_kind kind)
{
    if (path->trace != NULL) {
        path->trace(NULL, path_label(kind));
    }
    if (path->begins != NULL) {
        path->begins(path, kind);
    }
}

static void end(struct path *path, enum path_kind kind)
{
    struct path_try *this = &path->tries[kind];
    size_t used = strlen(this->words);

    if (this->result == PATH_WORKS && this->again) {
        (void)snprintf(this->words + used, sizeof this->words - used, "%sat the second attempt",
                       used > 0 ? ", " : "");
    }
    if (path->ended != NULL) {
        path->ended(path, kind);
    }
}

/*
 * After a try that failed: is it that, or does nothing get through any more? Returns -1 and
 * path->failure in the second case.
 */
static int still_there(struct path *path)
{
    const struct path_way small = {0};
    struct path_try again = {0};
    struct path_seen seen;

    path_attempt(path, PATH_SMALL, &small, &again, &seen);
    if (again.result == PATH_WORKS) {
        return 0;
    }
    path->failure = again.failure;
    return -1;
}

/* ---- the small hello, and what to do when even that fails ---- */

#define BY_CHANCE 4 /* of 32 random bytes hardly ever so many agree with those of a stranger */

/*
 * Is this no echo at all: bytes of its own, silence, or an orderly end? An echo that was damaged or
 * cut off is none of that.
 */
static bool is_no_echo(const struct path_try *this, const struct path_seen *seen)
{
    enum explain_code number = this->failure.number;

    return seen->shaken && this->failure.stage == FAILURE_ECHO &&
           ((number == EXPLAIN_ECHO_WRONG && seen->alike < BY_CHANCE) ||
            (number == EXPLAIN_ECHO_SHORT && seen->alike == 0) ||
            (number == EXPLAIN_IDLE_TIMEOUT && seen->alike == 0));
}

/* Would a hello of TLS 1.2 get further? */
static bool may_be_the_version(const struct path *path, const struct failure *failure)
{
    return path_is_cut(failure) && path->settings.min_version == NULL;
}

static void settle(struct path *path, struct path_try *this, const struct path_seen *seen)
{
    path->shaken = true;
    (void)snprintf(path->version, sizeof path->version, "%s", seen->version);
    (void)snprintf(this->words, sizeof this->words, "%s %s %s, a hello of %zu bytes", seen->version,
                   seen->suite, seen->group, this->hello_bytes);
}

/* Is TLS 1.2 let through where the small hello is not? Then all else is tried with that. */
static int fall_back(struct path *path)
{
    const struct path_way old = {.version = "1.2"};
    struct path_try *this = &path->tries[PATH_OLD];
    struct path_seen seen;

    begin(path, PATH_OLD);
    path_attempt(path, PATH_OLD, &old, this, &seen);
    if (seen.shaken && (this->result == PATH_WORKS || is_no_echo(this, &seen))) {
        path->echoes = this->result == PATH_WORKS;
        this->result = PATH_WORKS;
        this->failure = (struct failure){0};
        path->settings.min_version = path->settings.max_version = "1.2";
        settle(path, this, &seen);
    }
    end(path, PATH_OLD);
    return path->shaken ? 0 : -1;
}

static int try_small(struct path *path)
{
    const struct path_way small = {0};
    struct path_try *this = &path->tries[PATH_SMALL];
    struct path_seen seen;

    begin(path, PATH_SMALL);
    path_attempt(path, PATH_SMALL, &small, this, &seen);
    if (this->result != PATH_WORKS && is_no_echo(this, &seen)) {
        path->echoes = false;
        this->result = PATH_WORKS;
        this->failure = (struct failure){0};
    }
    if (this->result == PATH_WORKS) {
        settle(path, this, &seen);
    }
    end(path, PATH_SMALL);
    if (this->result == PATH_WORKS ||
        (may_be_the_version(path, &this->failure) && fall_back(path) == 0)) {
        return 0;
    }
    path->failure = this->failure;
    return -1;
}

/* ---- the others ---- */

#define LARGE_BYTES_CLASSIC 1800 /* added to some 250: more than a segment of an Ethernet, 1460 */
#define LARGE_BYTES_HYBRID  500  /* X25519MLKEM768 brings 1216 itself */

/* The keys of the groups in --groups may be large or not, and TLS 1.2 has none in its hello. */
static bool sends_large_key(const struct path *path)
{
    const char *version = path->settings.max_version;

    return path->settings.groups == NULL && (version == NULL || strcmp(version, "1.3") == 0) &&
           strstr(defaults_groups_offered(), "X25519MLKEM768") != NULL;
}

static void try_large(struct path *path)
{
    bool hybrid = sends_large_key(path);
    const struct path_way way = {
        .groups = hybrid ? defaults_groups_offered() : NULL,
        .odd.padding = hybrid ? LARGE_BYTES_HYBRID : LARGE_BYTES_CLASSIC,
    };
    struct path_try *this = &path->tries[PATH_LARGE];
    struct path_seen seen;

    path_attempt(path, PATH_LARGE, &way, this, &seen);
    if (this->hello_bytes > 0) {
        (void)snprintf(this->words, sizeof this->words, "a hello of %zu bytes%s", this->hello_bytes,
                       hybrid ? ", with a key of X25519MLKEM768" : "");
    }
}

#define SPLIT_AT 3 /* the header of a record has 5 bytes (RFC 8446 5.1) */

static void try_split(struct path *path)
{
    const struct path_way way = {.split = SPLIT_AT};
    struct path_try *this = &path->tries[PATH_SPLIT];
    struct path_seen seen;

    path_attempt(path, PATH_SPLIT, &way, this, &seen);
    if (this->hello_bytes > SPLIT_AT) {
        (void)snprintf(this->words, sizeof this->words, "%d bytes, then the other %zu", SPLIT_AT,
                       this->hello_bytes - SPLIT_AT);
    }
}

static void try_old(struct path *path)
{
    const struct path_way way = {.version = "1.2"};
    struct path_try *this = &path->tries[PATH_OLD];
    struct path_seen seen;

    if (path->settings.min_version != NULL && strcmp(path->settings.min_version, "1.2") != 0) {
        path_not_tried(path, PATH_OLD, "--tls 1.3 was asked for");
        return;
    }
    path_attempt(path, PATH_OLD, &way, this, &seen);
    if (this->result == PATH_WORKS) {
        (void)snprintf(this->words, sizeof this->words, "%s %s", seen.version, seen.suite);
    }
}

static void try_nameless(struct path *path)
{
    const struct path_way way = {.odd.nameless = true};
    const char *name =
        path->settings.server_name != NULL ? path->settings.server_name : path->settings.host;
    struct address address;
    struct path_seen seen;

    if (address_parse(name + (name[0] == '['), 1, &address) == 0 || name[0] == '[') {
        path_not_tried(path, PATH_NAMELESS, "HOST is an address: no hello has a name here");
        return;
    }
    path_attempt(path, PATH_NAMELESS, &way, &path->tries[PATH_NAMELESS], &seen);
}

static void try_idle(struct path *path)
{
    if (path->idle_ms == 0) {
        path_not_tried(path, PATH_IDLE, "--idle 5m tries it");
    } else if (!path->echoes) {
        path_not_tried(path, PATH_IDLE, "without an echo nothing proves that a connection lives");
    } else {
        path_try_idle(path);
    }
}

/* ---- all of them ---- */

static void (*const tries[PATH_KINDS])(struct path *path) = {
    [PATH_LARGE] = try_large, [PATH_SPLIT] = try_split,       [PATH_RETRY] = path_try_retry,
    [PATH_OLD] = try_old,     [PATH_NAMELESS] = try_nameless, [PATH_IDLE] = try_idle,
};

enum exit_status path_run(struct path *path)
{
    path->echoes = true;
    if (try_small(path) != 0) {
        return path->failure.exit;
    }
    bool broken = path->tries[PATH_SMALL].result == PATH_FAILS;

    for (enum path_kind kind = PATH_LARGE; kind < PATH_KINDS; kind++) {
        if (path->tries[kind].result != PATH_NOT_TRIED) { /* the fall back was it */
            continue;
        }
        begin(path, kind);
        tries[kind](path);
        end(path, kind);
        if (ferror(stdout) != 0 || path->deserted) { /* nobody reads it */
            return EXIT_SYSTEM;
        }
        if (path->tries[kind].result == PATH_FAILS) {
            broken = true;
            if (still_there(path) != 0) {
                return path->failure.exit;
            }
        }
    }
    return broken ? EXIT_THRESHOLD : EXIT_PROVEN;
}
