/* secho_server.c - options, then one call: secho-server(8). */
#include <getopt.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <secho/secho.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include <uv.h>

#include "base/file.h"
#include "client/complain.h"
#include "config/config.h"
#include "daemon/admin.h"
#include "daemon/generation.h"
#include "daemon/load.h"
#include "daemon/privilege.h"
#include "daemon/reload_ask.h"
#include "daemon/sandbox.h"
#include "daemon/sandbox_report.h"
#include "daemon/secrets.h"
#include "daemon/supervisor.h"
#include "tls/defaults.h"
#include "tls/memory.h"

static const char help[] =
    "secho-server - give every byte back over TLS\n"
    "\n"
    "    secho-server -c FILE       run in the foreground; the log goes to stderr\n"
    "    secho-server -t -c FILE    check FILE and every certificate and key in it\n"
    "    secho-server -T -c FILE    print the effective configuration as JSON\n"
    "    secho-server --reload -c FILE    ask the server of FILE to read it anew; see \"admin\"\n"
    "    secho-server --sandbox-report -c FILE    what its processes cannot do, found out by "
    "trying\n"
    "    secho-server -V            version, and what this build and its OpenSSL can do\n"
    "    secho-server -h            this help\n"
    "    secho-server --explain CODE    what end=CODE in the log means; list: all codes\n"
    "\n"
    "SIGTERM and SIGINT drain, then exit 0; a second one exits 1 at once.\n"
    "Exit status: 0 fine, 64 usage, 71 the system said no, 78 configuration or certificate;\n"
    "with --reload also 69 nobody answers, 75 no answer in time, 76 no secho-server, 77 token.\n"
    "More: man secho-server, man secho.json\n";

struct options {
    char *config;        /* not const: execve(2) wants it so */
    const char *explain; /* a code */
    char mode; /* 'r' run, 'e' explain, 'l' reload, 's' sandbox report, or one of t T V h */
};

static int usage(const char *problem)
{
    (void)fprintf(stderr, "secho-server: %s; try secho-server -h\n", problem);
    return EX_USAGE;
}

static const struct option long_options[] = {
    {"explain", required_argument, NULL, 'e'}, {"help", no_argument, NULL, 'h'},
    {"reload", no_argument, NULL, 'l'},        {"sandbox-report", no_argument, NULL, 's'},
    {"version", no_argument, NULL, 'V'},       {NULL, 0, NULL, 0},
};

static int parse(int argc, char **argv, struct options *options)
{
    int option;

    *options = (struct options){.mode = 'r'};
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":c:tTVh", long_options, NULL)) != -1) {
        if (option == 'c' && options->config != NULL) {
            return usage("-c is there twice");
        } else if (option == 'c') {
            options->config = optarg;
        } else if (option == 'e' || (option == ':' && optopt == 'e')) {
            options->mode = 'e'; /* the rest does not matter */
            options->explain = option == 'e' ? optarg : "list";
            return EX_OK;
        } else if (option == ':') {
            return usage("-c needs the name of a file");
        } else if (option == '?') {
            char problem[64];

            if (optopt != 0) {
                (void)snprintf(problem, sizeof problem, "there is no option -%c", optopt);
            } else {
                (void)snprintf(problem, sizeof problem, "there is no option %.40s",
                               argv[optind - 1]);
            }
            return usage(problem);
        } else if (options->mode != 'r' && options->mode != (char)option) {
            return usage("only one of -t -T -V -h --reload --sandbox-report at a time");
        } else {
            options->mode = (char)option;
        }
    }
    if (optind < argc) {
        return usage("there is something behind the options that does not belong there");
    }
    if (options->config != NULL && options->config[0] == '\0') {
        return usage("-c needs the name of a file");
    }
    if (options->config == NULL && strchr("rtTls", options->mode) != NULL) {
        return usage("-c FILE is needed");
    }
    return EX_OK;
}

static const char *has(const char *list, const char *newcomer)
{
    return strstr(list, newcomer) != NULL ? "yes" : "no (OpenSSL 3.5 has it)";
}

static int print_version(void)
{
    (void)printf("secho-server %s\n", secho_version());
    (void)printf("%s, X25519MLKEM768: %s, ML-DSA: %s\n", OpenSSL_version(OPENSSL_VERSION),
                 has(defaults_groups(), "MLKEM"), has(defaults_signature_algorithms(), "mldsa"));
    (void)printf("libuv %s\n", uv_version_string());
    (void)printf("sandbox: %s\n", sandbox_words());
#ifdef SECHO_HAVE_ADMIN
    (void)printf("admin listener: libmicrohttpd %s\n", admin_library());
#else
    (void)printf("admin listener: no (built without libmicrohttpd)\n");
#endif
#ifdef SECHO_SANITIZED
    (void)printf("built with sanitizers: %s\n", SECHO_SANITIZED);
#endif
    return EX_OK;
}

static void print_problem(void *ignored, const char *line)
{
    (void)ignored;
    (void)fprintf(stderr, "%s\n", line);
}

static int check(const char *path)
{
    struct load load;

    secrets_hide();
    int rc = load_all(path, print_problem, NULL, &load);

    if (rc == 0) {
        load_warn(&load, print_problem, NULL);
        (void)printf("%s: the configuration, its certificates and its keys are in order\n", path);
    }
    load_done(&load);
    return rc == 0 ? EX_OK : EX_CONFIG;
}

static int print_effective(const char *path)
{
    struct secho_config *config = NULL;

    if (secho_config_load(path, print_problem, NULL, &config) != 0) {
        return EX_CONFIG;
    }
    char *text = config_print(config);

    secho_config_free(config);
    if (text == NULL) {
        (void)fprintf(stderr, "secho-server: no memory\n");
        return EX_OSERR;
    }
    (void)printf("%s\n", text);
    free(text);
    return fflush(stdout) == 0 ? EX_OK : EX_OSERR;
}

static int report_sandbox(const char *path)
{
    struct secho_config *config = NULL;
    struct privilege privilege;
    struct secho_error err;

    if (secho_config_load(path, print_problem, NULL, &config) != 0) {
        return EX_CONFIG;
    }
    int status = EX_CONFIG;

    if (privilege_resolve(config->user, &privilege, &err) != 0) {
        (void)fprintf(stderr, "secho-server: %s\n", err.text);
    } else {
        status = sandbox_report(config, &privilege) ? EX_OK : EXIT_FAILURE;
    }
    secho_config_free(config);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;

    memory_keep_record_buffers();
    file_hold_standard();
    int status = parse(argc, argv, &options);

    if (status != EX_OK) {
        return status;
    }
#ifdef SECHO_HAVE_ADMIN
    if (admin_is_meant(argv)) {
        return admin_main();
    }
#endif
    if (generation_is_meant(argv)) {
        return generation_main(argv, options.config);
    }
    switch (options.mode) {
    case 'e':
        return complain_stdout("secho-server", complain_code("secho-server", options.explain));
    case 'h':
        (void)fputs(help, stdout);
        return EX_OK;
    case 'V':
        return print_version();
    case 'l':
        return complain_stdout("secho-server", reload_ask(options.config));
    case 's':
        return complain_stdout("secho-server", report_sandbox(options.config));
    case 't':
        return check(options.config);
    case 'T':
        return print_effective(options.config);
    default:
        return supervisor_run(options.config);
    }
}
