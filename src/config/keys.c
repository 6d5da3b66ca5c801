#include "config/keys.h"

#include <ctype.h>
#include <string.h>

#include "config/config.h"

static const struct config_choice levels[] = {{"error", SECHO_LEVEL_ERROR, SERVED},
                                              {"warn", SECHO_LEVEL_WARN, SERVED},
                                              {"info", SECHO_LEVEL_INFO, SERVED},
                                              {"debug", SECHO_LEVEL_DEBUG, SERVED},
                                              {0}};
static const struct config_choice formats[] = {
    {"text", LOG_FORMAT_TEXT, SERVED}, {"json", LOG_FORMAT_JSON, SERVED}, {0}};
static const struct config_choice transports[] = {{"tls", TRANSPORT_TLS, SERVED},
                                                  {"dtls", TRANSPORT_DTLS, LATER},
                                                  {"tcp", TRANSPORT_TCP, SERVED},
                                                  {"udp", TRANSPORT_UDP, LATER},
                                                  {0}};
static const struct config_choice unknown_names[] = {
    {"default", UNKNOWN_NAME_DEFAULT, SERVED}, {"refuse", UNKNOWN_NAME_REFUSE, SERVED}, {0}};
static const struct config_choice versions[] = {{"1.2", 0x0303, SERVED}, /* as on the wire */
                                                {"1.3", 0x0304, SERVED},
                                                {0}};
static const struct config_choice client_auths[] = {{"none", CLIENT_AUTH_NONE, SERVED},
                                                    {"request", CLIENT_AUTH_REQUEST, SERVED},
                                                    {"require", CLIENT_AUTH_REQUIRE, SERVED},
                                                    {0}};

/* The struct that the fields of a section are in. */
#define STRUCT_ROOT        struct secho_config
#define STRUCT_WORKERS     struct secho_config
#define STRUCT_LOG         struct secho_config
#define STRUCT_LIMITS      struct secho_config
#define STRUCT_TIMEOUTS    struct secho_config
#define STRUCT_ADMIN       struct secho_config
#define STRUCT_LISTENER    struct config_listener
#define STRUCT_TLS         struct config_listener
#define STRUCT_CLIENT_AUTH struct config_listener
#define STRUCT_ALLOW       struct config_listener
#define STRUCT_TICKETS     struct config_listener
#define STRUCT_CERTIFICATE struct config_certificate

#define NUMBER(type_, low_, high_, standard_)                                                      \
    .type = (type_), .low = (low_), .high = (high_), .standard = (standard_)
#define INTEGER(low_, high_, standard_)  NUMBER(CONFIG_INTEGER, low_, high_, standard_)
#define DURATION(low_, high_, standard_) NUMBER(CONFIG_DURATION, low_, high_, standard_)
#define SIZE(low_, high_, standard_)     NUMBER(CONFIG_SIZE, low_, high_, standard_)
#define PROCESSES(high_)                 NUMBER(CONFIG_PROCESSES, 1, high_, 0)
#define BOOLEAN(standard_)               NUMBER(CONFIG_BOOLEAN, 0, 1, standard_)
#define CHOICE(choices_, standard_)                                                                \
    .type = CONFIG_CHOICE, .choices = (choices_), .standard = (standard_)
#define STRING(type_, high_, text_) .type = (type_), .high = (high_), .text = (text_)
#define TEXT(high_, text_)          STRING(CONFIG_TEXT, high_, text_)
#define NAME(text_)                 STRING(CONFIG_NAME, 64, text_)
#define ADDRESS(text_)              STRING(CONFIG_ADDRESS, 64, text_)
#define PATH(text_)                 STRING(CONFIG_PATH, CONFIG_TEXT_MAX, text_)
#define STRINGS()                   .type = CONFIG_STRINGS, .high = CONFIG_STRINGS_MAX
#define GROUP(inner_)               .type = CONFIG_GROUP, .inner = SECTION_##inner_
#define LISTENERS()                                                                                \
    .type = CONFIG_LIST, .inner = SECTION_LISTENER, .low = 1, .high = CONFIG_LISTENER_MAX,         \
    .count_offset = offsetof(struct secho_config, listener_count),                                 \
    .item_size = sizeof(struct config_listener)
#define CERTIFICATES()                                                                             \
    .type = CONFIG_LIST, .inner = SECTION_CERTIFICATE, .low = 1, .high = CONFIG_CERTS_MAX,         \
    .count_offset = offsetof(struct config_listener, tls.certificate_count),                       \
    .item_size = sizeof(struct config_certificate)

#define ROW(section_, name_, field_, type_, service_, what_)                                       \
    {.section = SECTION_##section_,                                                                \
     .name = (name_),                                                                              \
     .offset = offsetof(STRUCT_##section_, field_),                                                \
     .service = (service_),                                                                        \
     .what = (what_),                                                                              \
     type_},

const struct config_key config_keys[] = {CONFIG_KEYS(ROW)};
const size_t config_key_count = sizeof config_keys / sizeof config_keys[0];

const struct config_key *config_key_find(enum config_section section, const char *name)
{
    for (size_t i = 0; i < config_key_count; i++) {
        if (config_keys[i].section == section && strcmp(config_keys[i].name, name) == 0) {
            return &config_keys[i];
        }
    }
    return NULL;
}

#define WORD_MAX 48 /* longer than the longest key; the rest of a word does not count */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

size_t config_key_distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1] = {0}; /* two before, the one before, this one */
    size_t len_a = strnlen(a, WORD_MAX), len_b = strnlen(b, WORD_MAX);

    for (size_t j = 0; j <= len_b; j++) {
        rows[2][j] = j;
    }
    for (size_t i = 1; i <= len_a; i++) {
        memmove(rows[0], rows[1], 2 * sizeof rows[0]);
        rows[2][0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);

            rows[2][j] = least(rows[1][j] + 1, rows[2][j - 1] + 1, rows[1][j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]) && rows[0][j - 2] + 1 < rows[2][j]) {
                rows[2][j] = rows[0][j - 2] + 1;
            }
        }
    }
    return rows[2][len_b];
}

const struct config_key *config_key_nearest(enum config_section section, const char *name)
{
    const struct config_key *nearest = NULL;
    size_t best = 2 * WORD_MAX;

    for (size_t i = 0; i < config_key_count; i++) {
        size_t far = config_key_distance(name, config_keys[i].name);

        if (config_keys[i].section == section && far < best) {
            nearest = &config_keys[i];
            best = far;
        }
    }
    return nearest;
}

enum config_section config_key_elsewhere(const char *name)
{
    enum config_section found = SECTION_COUNT;

    for (size_t i = 0; i < config_key_count; i++) {
        if (strcmp(config_keys[i].name, name) == 0) {
            found = config_keys[i].section;
            if (config_keys[i].service != LATER) {
                break; /* rather one that can be used */
            }
        }
    }
    return found;
}

const char *config_section_name(enum config_section section)
{
    for (size_t i = 0; i < config_key_count; i++) {
        if ((config_keys[i].type == CONFIG_GROUP || config_keys[i].type == CONFIG_LIST) &&
            config_keys[i].inner == section) {
            return config_keys[i].name;
        }
    }
    return "";
}
