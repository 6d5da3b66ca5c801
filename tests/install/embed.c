/*
 * embed.c - an echo server inside of a program, and a client that proves the echo.
 *
 *     embed CHAIN KEY CA      three PEM files
 *
 * Build it with CMake (CMakeLists.txt beside this file), or with
 *     cc embed.c $(pkg-config --cflags --libs secho)
 */
#include <stdio.h>
#include <string.h>

#include <secho/secho.h>

static void print_problem(void *context, const char *line)
{
    (void)context;
    (void)fprintf(stderr, "%s\n", line);
}

static void print_event(void *context, enum secho_level level, const char *name,
                        const struct secho_field *fields)
{
    (void)context;
    (void)level;
    (void)fprintf(stderr, "%s", name);
    for (const struct secho_field *field = fields; field->key != NULL; field++) {
        if (field->text != NULL) {
            (void)fprintf(stderr, " %s=\"%s\"", field->key, field->text);
        } else {
            (void)fprintf(stderr, " %s=%llu", field->key, (unsigned long long)field->number);
        }
    }
    (void)fprintf(stderr, "\n");
}

/* A server on any free port of 127.0.0.1. */
static struct secho_server *serve(const char *chain, const char *key)
{
    struct secho_config *config;
    struct secho_server *server = NULL;
    struct secho_error err;
    char text[4096];
    int len =
        snprintf(text, sizeof text,
                 "{ \"listeners\": [ { \"name\": \"main\", \"address\": \"127.0.0.1\", \"port\": 0,"
                 " \"tls\": { \"certificates\": [ { \"chain\": \"%s\", \"key\": \"%s\" } ] } } ] }",
                 chain, key);

    if (len < 0 || (size_t)len >= sizeof text ||
        secho_config_parse(text, (size_t)len, "embedded", print_problem, NULL, &config) != 0) {
        return NULL;
    }
    if (secho_server_start(config, print_event, NULL, &server, &err) != 0) {
        (void)fprintf(stderr, "%s\n", err.text);
    }
    secho_config_free(config);
    return server;
}

/* Receives until the server has ended its direction. Returns the count of bytes, or -1. */
static int receive_all(struct secho_client *client, char *buffer, size_t size,
                       struct secho_error *err)
{
    size_t used = 0, got;

    do {
        if (secho_client_receive(client, buffer + used, size - used, &got, err) != 0) {
            return -1;
        }
        used += got;
    } while (got > 0 && used < size);
    return (int)used;
}

/* Says something, ends, and compares what comes back. 0 when it is the same. */
static int prove(int port, const char *ca)
{
    static const char words[] = "an echo from inside of this program";
    struct secho_client *client = NULL;
    struct secho_error err = {.kind = SECHO_OK};
    char port_text[16], back[2 * sizeof words];
    int got = -1;

    (void)snprintf(port_text, sizeof port_text, "%d", port);
    const struct secho_client_settings settings = {
        .host = "localhost", .port = port_text, .ca_file = ca};

    if (secho_client_connect(&settings, &client, &err) == 0 &&
        secho_client_send(client, words, sizeof words, &err) == 0 &&
        secho_client_finish(client, &err) == 0) {
        got = receive_all(client, back, sizeof back, &err);
    }
    secho_client_free(client);
    if (got != (int)sizeof words || memcmp(back, words, sizeof words) != 0) {
        (void)fprintf(stderr, "no echo: %s\n", err.text);
        return -1;
    }
    (void)printf("%s\n", back);
    return 0;
}

int main(int argc, char **argv)
{
    struct secho_server *server;
    int result;

    if (argc != 4) {
        (void)fprintf(stderr, "usage: embed CHAIN KEY CA\n");
        return 64;
    }
    server = serve(argv[1], argv[2]);
    if (server == NULL) {
        return 1;
    }
    result = prove(secho_server_port(server, "main"), argv[3]);
    secho_server_stop(server);
    return result == 0 ? 0 : 1;
}
