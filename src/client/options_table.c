#include "client/options_table.h"

#include <stdio.h>
#include <string.h>

#include "config/units.h"

/* ---- the table ---- */

const struct option_row option_rows[] = {
#define AT(member) offsetof(struct options, member)
    {"ca", 0, OPTION_PATH, true, AT(ca), " FILE",
     "trust these certificates (PEM), not the system's"},
    {"cert", 0, OPTION_PATH, true, AT(cert), " FILE", "our certificate and its chain (PEM)"},
    {"key", 0, OPTION_PATH, true, AT(key), " FILE",
     "its key (PEM); default: in the file of --cert"},
    {"server-name", 0, OPTION_TEXT, true, AT(server_name), " NAME",
     "for SNI and certificate; default: HOST"},
    {"insecure", 0, OPTION_FLAG, true, AT(insecure), "", "verify nothing: anybody may answer"},
    {"ipv4", '4', OPTION_FLAG, true, AT(ipv4), NULL, "IPv4 only; IPv6 only"},
    {"ipv6", '6', OPTION_FLAG, true, AT(ipv6), NULL, NULL},
    {"tls", 0, OPTION_VERSION, true, AT(tls), " 1.2|1.3", "this version only"},
    {"ciphers", 0, OPTION_TEXT, true, AT(ciphers), " LIST", "suites of TLS 1.2, OpenSSL's names"},
    {"ciphersuites", 0, OPTION_TEXT, true, AT(ciphersuites), " LIST", "suites of TLS 1.3"},
    {"groups", 0, OPTION_TEXT, true, AT(groups), " LIST", "for the key exchange, best first"},
    {"alpn", 0, OPTION_TEXT, true, AT(alpn), " A,B", "application protocols to offer"},
    {"timeout", 0, OPTION_DURATION, true, AT(timeout_ms), " 10s",
     "for each: resolve, connect, TLS, echo"},
    {"json", 0, OPTION_FLAG, true, AT(json), "", "check: one JSON object on stdout"},
    {"verbose", 'v', OPTION_FLAG, true, AT(verbose), NULL,
     "tell every stage; say nothing but errors"},
    {"quiet", 'q', OPTION_FLAG, true, AT(quiet), NULL, NULL},
    {"config", 0, OPTION_TEXT, false, AT(config), " FILE",
     "JSON with the same names as the options"},
    {"version", 'V', OPTION_FLAG, false, 0, NULL, "version and parts; this help"},
    {"help", 'h', OPTION_FLAG, false, 0, NULL, NULL},
    {"explain", 0, OPTION_TEXT, false, AT(explain), " CODE", "what a code means and what to do"},
#undef AT
};

const size_t option_row_count = sizeof option_rows / sizeof option_rows[0];

void *option_value(struct options *options, const struct option_row *row)
{
    return (char *)options + row->at;
}

/* ---- values ---- */

int options_duration(const char *text, int64_t *ms)
{
    int64_t value = 0;

    if (!units_read_duration(text, &value) || value > INT32_MAX) {
        return -1; /* 24 days: poll(2) counts no further */
    }
    *ms = value > 0 ? value : -1;
    return 0;
}

int option_set(struct options *options, const struct option_row *row, const char *text,
               const char **problem)
{
    switch (row->type) {
    case OPTION_FLAG:
        *(bool *)option_value(options, row) = true;
        return 0;
    case OPTION_DURATION:
        *problem = "be a duration with its unit (500ms, 10s, 5m; 0s is never)";
        return options_duration(text, option_value(options, row));
    case OPTION_VERSION:
        *problem = "be 1.2 or 1.3";
        if (strcmp(text, "1.2") != 0 && strcmp(text, "1.3") != 0) {
            return -1;
        }
        break;
    case OPTION_TEXT:
    case OPTION_PATH:
        *problem = "not be empty";
        if (text[0] == '\0') {
            return -1;
        }
        break;
    }
    *(const char **)option_value(options, row) = text;
    return 0;
}

/* ---- the help ---- */

static const char help_head[] =
    "usage: secho-client [options] [MODE] HOST PORT\n"
    "Proves that bytes come back from a TLS echo server. MODE:\n"
    "  talk    the default: a prompt on a terminal (q quits), a filter in a pipe\n"
    "  check   random bytes there and back: one line and an exit code\n";

static const char help_tail[] =
    "exit: 0 proven, 64 usage, 65 wrong or missing bytes, 66 file, 68 name,\n"
    "  69 unreachable, 71 system, 75 time, 76 TLS, 77 certificate, 78 configuration\n";

/* "-v, -q" for rows that are told together, else "--ca FILE". */
static void option_words(const struct option_row *row, char *text, size_t size)
{
    const struct option_row *next = row + 1;

    if (row->argument != NULL) {
        (void)snprintf(text, size, "--%s%s", row->name, row->argument);
    } else if (next < option_rows + option_row_count && next->help == NULL) {
        (void)snprintf(text, size, "-%c, -%c", row->letter, next->letter);
    }
}

void options_help(char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", help_head);

    for (size_t i = 0; i < option_row_count && used < size; i++) {
        char words[40] = "";

        if (option_rows[i].help != NULL) {
            option_words(&option_rows[i], words, sizeof words);
            used += (size_t)snprintf(text + used, size - used, "  %-20s %s\n", words,
                                     option_rows[i].help);
        }
    }
    if (used < size) {
        (void)snprintf(text + used, size - used, "%s", help_tail);
    }
}
