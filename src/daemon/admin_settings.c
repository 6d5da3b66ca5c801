#include "daemon/admin_settings.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "config/check_admin.h"
#include "config/place.h"

/* ---- the token ---- */

#define OTHERS (S_IRWXO | S_IWGRP) /* a group may read: so secrets are mounted into containers */

static int check_mode(const char *path, int fd, struct secho_error *err)
{
    struct stat facts;

    if (fstat(fd, &facts) != 0) {
        return error_errno(err, "%s", path);
    }
    if ((facts.st_mode & OTHERS) != 0) {
        return error_set(err, SECHO_ERR_CONFIG,
                         "%s: others can read or write it (mode %04o); run: chmod 600 %s", path,
                         (unsigned)(facts.st_mode & 07777), path);
    }
    return 0;
}

/* Ends the text behind its first line. */
static int check_line(const char *path, char *text, struct secho_error *err)
{
    size_t len = strcspn(text, "\r\n");

    text[len] = '\0';
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return error_set(err, SECHO_ERR_CONFIG,
                             "%s: its first line has characters that no header can carry; use "
                             "letters and digits: openssl rand -hex 32",
                             path);
        }
    }
    if (len < ADMIN_TOKEN_MIN || len > ADMIN_TOKEN_MAX) {
        return error_set(err, SECHO_ERR_CONFIG,
                         "%s: its first line must have %d to %d characters, has %s; make one with: "
                         "openssl rand -hex 32",
                         path, ADMIN_TOKEN_MIN, ADMIN_TOKEN_MAX,
                         len < ADMIN_TOKEN_MIN ? "fewer" : "more");
    }
    return 0;
}

int admin_token_read(const char *path, char token[static ADMIN_TOKEN_MAX + 1],
                     struct secho_error *err)
{
    char text[ADMIN_TOKEN_MAX + 3] = ""; /* one more tells that there is too much */
    char why[FILE_WHY_SIZE];
    int fd = file_open(path, why), rc = -1;

    if (fd == -1) {
        return error_set(err, SECHO_ERR_FILE, "%s: %s", path, why);
    }
    if (check_mode(path, fd, err) == 0) {
        rc = read(fd, text, sizeof text - 1) >= 0 ? check_line(path, text, err)
                                                  : error_errno(err, "%s", path);
    }
    if (rc == 0) {
        memcpy(token, text, strlen(text) + 1);
    }
    OPENSSL_cleanse(text, sizeof text);
    (void)close(fd);
    return rc;
}

int admin_digest(const char *token, size_t len, unsigned char digest[static ADMIN_DIGEST_SIZE])
{
    return EVP_Digest(token, len, digest, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

/* ---- all of it ---- */

static int load_token(const char *path, struct admin_settings *out, struct secho_error *err)
{
    char token[ADMIN_TOKEN_MAX + 1] = "";
    int rc = admin_token_read(path, token, err);

    if (rc == 0 && admin_digest(token, strlen(token), out->token) != 0) {
        rc = error_set(err, SECHO_ERR_MEMORY, "no memory");
    }
    OPENSSL_cleanse(token, sizeof token);
    return rc;
}

/* Else the start says it, later. */
static int check_place(const char *path, struct secho_error *err)
{
    struct stat facts;

    return lstat(path, &facts) != 0 || S_ISSOCK(facts.st_mode)
               ? 0
               : error_set(err, SECHO_ERR_FILE, "%s: is there and is no socket; name another path",
                           path);
}

/* Else bind(2) says it, later and with fewer words. */
static int check_folder(const char *path, struct secho_error *err)
{
    char folder[sizeof((struct sockaddr_un *)NULL)->sun_path] = ".";
    const char *end = strrchr(path, '/');
    size_t len = end == NULL ? 0 : end == path ? 1 : (size_t)(end - path);
    struct stat facts;

    if (strlen(path) >= sizeof folder) { /* told already */
        return 0;
    }
    if (len > 0) {
        memcpy(folder, path, len);
        folder[len] = '\0';
    }
    if (stat(folder, &facts) != 0) {
        return error_set(err, SECHO_ERR_FILE,
                         "its folder %s: %s; make it (mkdir; a unit of systemd: "
                         "RuntimeDirectory=), or name another path",
                         folder, strerror(errno));
    }
    return S_ISDIR(facts.st_mode)
               ? 0
               : error_set(err, SECHO_ERR_FILE, "%s is no folder; name another path", folder);
}

/* NOLINTNEXTLINE(readability-function-size): all that a problem needs to be told */
int admin_settings_load(const struct secho_config *config, const struct privilege *privilege,
                        secho_problem_fn *report, void *context, struct admin_settings *out)
{
    struct secho_error err;

    *out = (struct admin_settings){.is_there = config->admin.present};
    if (!config->admin.present) {
        return 0;
    }
#ifndef SECHO_HAVE_ADMIN
    config_report(config, "/admin",
                  "this secho-server was built without libmicrohttpd and has no admin listener; "
                  "remove it, or build with libmicrohttpd-dev installed",
                  report, context);
    return -1;
#endif
    out->is_path = config->admin.socket[0] != '\0';
    out->is_local = check_admin_is_local(config);
    out->has_token = config->admin.token[0] != '\0';
    out->privilege = *privilege;
    int rc = 0;

    if (out->is_path && (check_folder(config->admin.socket, &err) != 0 ||
                         check_place(config->admin.socket, &err) != 0)) {
        rc = -1;
        config_report(config, "/admin/socket", err.text, report, context);
    }
    if (out->has_token && load_token(config->admin.token, out, &err) != 0) {
        config_report(config, "/admin/token", err.text, report, context);
        rc = -1;
    }
    return rc;
}
