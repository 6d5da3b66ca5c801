/* path_retry.c - make the server ask for a second ClientHello: HelloRetryRequest. */
#include <stdio.h>
#include <string.h>

#include "client/path_try.h"
#include "tls/defaults.h"

/*
 * Groups that servers often have not, with keys that leave the hello small. A client sends a key of
 * the first of its list; whoever has not that but another one asks for it (RFC 8446 4.1.4).
 */
static const char *const rare[] = {"X448", "P-521", "ffdhe2048", "ffdhe4096", "P-384", "P-256"};

#define RARE_COUNT (sizeof rare / sizeof rare[0])

static bool has_group(const char *list, const char *name)
{
    size_t len = strlen(name);

    while (list[0] != '\0') {
        size_t item = strcspn(list, ":");

        if (item == len && memcmp(list, name, len) == 0) {
            return true;
        }
        list += item + (list[item] == ':' ? 1 : 0);
    }
    return false;
}

enum taken { TAKEN, NOT_TAKEN, UNKNOWN };

/* With the key of this group first: when it is taken there is no reason for a second hello. */
static enum taken offer_first(struct path *path, const char *group, const char *rest)
{
    struct path_try *this = &path->tries[PATH_RETRY];
    char groups[512];
    const struct path_way way = {.groups = groups};
    struct path_seen seen;

    (void)snprintf(groups, sizeof groups, "%s:%.400s", group, rest);
    path_attempt(path, PATH_RETRY, &way, this, &seen);
    if (this->failure.happened && this->failure.stage == FAILURE_SETUP) {
        return UNKNOWN; /* to this OpenSSL */
    }
    if (this->result == PATH_WORKS && !seen.retried) {
        return TAKEN;
    }
    if (this->result == PATH_WORKS) {
        (void)snprintf(this->words, sizeof this->words, "it did not take %s and asked for %s",
                       group, seen.group);
    }
    return NOT_TAKEN;
}

static void try_groups(struct path *path, const char *rest)
{
    struct path_try *this = &path->tries[PATH_RETRY];
    char words[PATH_WORDS_SIZE] = "";
    size_t used = 0;

    for (size_t i = 0; i < RARE_COUNT; i++) {
        enum taken taken = has_group(rest, rare[i]) ? UNKNOWN : offer_first(path, rare[i], rest);

        if (taken == NOT_TAKEN) {
            return;
        }
        if (taken == TAKEN) {
            used += (size_t)snprintf(words + used, sizeof words - used, "%s%s",
                                     used > 0 ? ", " : "", rare[i]);
        }
    }
    *this = (struct path_try){.result = used > 0 ? PATH_NOT_PROVOKED : PATH_NOT_TRIED};
    (void)snprintf(this->words, sizeof this->words,
                   used > 0 ? "the server takes a key of %s" : "%s",
                   used > 0 ? words : "there is no group that could be refused");
}

void path_try_retry(struct path *path)
{
    const char *rest =
        path->settings.groups != NULL ? path->settings.groups : defaults_groups_small();

    if (strcmp(path->version, "TLSv1.3") != 0) {
        path_not_tried(path, PATH_RETRY, "TLS 1.2 was agreed on, which knows no such request");
        path->tries[PATH_RETRY].result = PATH_NOT_PROVOKED;
    } else if (strpbrk(rest, "*?/") != NULL || strlen(rest) > 400) {
        path_not_tried(path, PATH_RETRY, "--groups itself says which keys are sent");
    } else {
        try_groups(path, rest);
    }
}
