#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"

static void set(int fd, int level, int option, int value)
{
    /* A kernel that does not know an option still serves: nothing here is needed to be correct. */
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

static int open_stream(const struct address *address)
{
    return socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* ---- the server's side: socket, bind, listen, accept ---- */

static int bind_and_listen(int fd, const struct address *address, int backlog, bool shared)
{
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1); /* old connections in TIME_WAIT are no obstacle */
    if (shared) {
        set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (address_is_ipv6(address)) {
        set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0); /* whatever the system's default is */
    }
    if (bind(fd, &address->any, address->len) != 0) {
        return -1;
    }
    /*
     * The first socket of a port is bound without SO_REUSEPORT, so that a second server on the
     * same port is told; it gets the option now, so that our own further slots may join.
     */
    set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    set(fd, IPPROTO_TCP, TCP_NODELAY,
        1); /* an echo that waits for more is a slow echo: inherited */
    return listen(fd, backlog);
}

int socket_listen(struct address *address, int backlog, bool shared, int *out,
                  struct secho_error *err)
{
    char text[ADDRESS_TEXT_SIZE];
    int fd = open_stream(address);

    address_print(address, text);
    if (fd == -1) {
        return error_errno(err, "socket for %s", text);
    }
    if (bind_and_listen(fd, address, backlog, shared) != 0) {
        error_errno(err, "listening on %s", text);
        socket_close(fd);
        return -1;
    }
    (void)socket_address(fd, address); /* port 0 became a real one */
    *out = fd;
    return 0;
}

void socket_set_backlog(int fd, int backlog)
{
    (void)listen(fd, backlog); /* on one that listens it changes nothing else; who waits stays */
}

/* ---- a socket that somebody else has bound ---- */

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof value;

    return getsockopt(fd, level, name, &value, &len) == 0 ? value : -1;
}

bool socket_listens(int fd)
{
    return option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1;
}

int socket_adopt(int fd, struct address *address, struct secho_error *err)
{
    int flags = fcntl(fd, F_GETFL);
    int family = option(fd, SOL_SOCKET, SO_DOMAIN);

    if (flags == -1) {
        return error_set(err, SECHO_ERR_CONFIG, "is not open");
    }
    if ((family != AF_INET && family != AF_INET6) ||
        option(fd, SOL_SOCKET, SO_PROTOCOL) != IPPROTO_TCP || !socket_listens(fd) ||
        socket_address(fd, address) != 0) {
        return error_set(err, SECHO_ERR_CONFIG, "is no TCP socket that listens");
    }
    if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return error_errno(err, "fcntl");
    }
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return 0;
}

bool socket_is_same(int a, int b)
{
    struct stat of_a, of_b;

    return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

/* ---- the same at a path ---- */

/* False: the path is too long. */
static bool name_path(const char *path, struct sockaddr_un *name)
{
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(name->sun_path, path, strnlen(path, sizeof name->sun_path - 1));
    return strlen(path) < sizeof name->sun_path;
}

static int open_path(const char *path, struct sockaddr_un *name, int *fd, struct secho_error *err)
{
    if (!name_path(path, name)) { /* unix(7): sun_path has 108 bytes */
        errno = ENAMETOOLONG;
        return error_errno(err, "socket at %s", path);
    }
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *fd != -1 ? 0 : error_errno(err, "socket for %s", path);
}

/* Nobody answers where a process ended without removing it: connect(2), ECONNREFUSED. */
static int make_way(const char *path, struct secho_error *err)
{
    struct stat facts;
    int fd = -1;

    if (lstat(path, &facts) != 0) {
        return 0; /* bind(2) says what else may be wrong */
    }
    if (!S_ISSOCK(facts.st_mode)) {
        return error_set(err, SECHO_ERR_SYSTEM, "%s: is there and is no socket; name another path",
                         path);
    }
    if (socket_connect_path(path, &fd, err) == 0) {
        socket_close(fd);
        return error_set(err, SECHO_ERR_SYSTEM,
                         "%s: another program listens there; stop it, or name another path", path);
    }
    if (errno != ECONNREFUSED) {
        return -1;
    }
    return unlink(path) == 0 ? 0 : error_errno(err, "removing what was left at %s", path);
}

int socket_listen_path(const char *path, int backlog, int *out, struct secho_error *err)
{
    struct sockaddr_un name;
    int fd = -1;

    if (make_way(path, err) != 0 || open_path(path, &name, &fd, err) != 0) {
        return -1;
    }
    /* From its first moment on it is ours alone; the caller has no other thread. */
    mode_t before = umask(0177);
    int rc = bind(fd, (const struct sockaddr *)&name, sizeof name);
    int os_errno = errno;

    (void)umask(before);
    errno = os_errno;
    if (rc != 0 || listen(fd, backlog) != 0) {
        error_errno(err, "listening on %s", path);
        socket_close(fd);
        return -1;
    }
    *out = fd;
    return 0;
}

bool socket_is_path(int fd, const char *path)
{
    struct sockaddr_un wanted, bound = {0};
    struct stat facts;
    socklen_t len = sizeof bound - 1; /* its end stays NUL */

    return name_path(path, &wanted) && getsockname(fd, (struct sockaddr *)&bound, &len) == 0 &&
           bound.sun_family == AF_UNIX && strcmp(bound.sun_path, wanted.sun_path) == 0 &&
           lstat(path, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

enum accepted socket_accept(int listener, int *fd, struct address *peer)
{
    peer->len = sizeof peer->ipv6;
    *fd = accept4(listener, &peer->any, &peer->len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (*fd != -1) {
        return ACCEPTED;
    }
    switch (errno) {
    case EAGAIN:
        return ACCEPTED_NOTHING;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return ACCEPTED_EXHAUSTED;
    case EINVAL: /* it does not listen any more: accept(2) */
        return ACCEPTED_STOPPED;
    default: /* accept(2): errors of the connection's own, such as ECONNABORTED, are passed on */
        return ACCEPTED_GONE;
    }
}

/* ---- the client's side: socket, connect ---- */

int socket_connect(const struct address *address, int *out, struct secho_error *err)
{
    char text[ADDRESS_TEXT_SIZE];
    int fd = open_stream(address);

    address_print(address, text);
    if (fd == -1) {
        return error_errno(err, "socket for %s", text);
    }
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (connect(fd, &address->any, address->len) != 0 && errno != EINPROGRESS) {
        error_errno(err, "connecting to %s", text);
        socket_close(fd);
        return -1;
    }
    *out = fd;
    return 0;
}

int socket_connect_path(const char *path, int *out, struct secho_error *err)
{
    struct sockaddr_un name;
    int fd = -1;

    if (open_path(path, &name, &fd, err) != 0) {
        return -1;
    }
    if (connect(fd, (const struct sockaddr *)&name, sizeof name) != 0) {
        error_errno(err, "connecting to %s", path);
        int os_errno = errno;

        socket_close(fd);
        errno = os_errno;
        return -1;
    }
    *out = fd;
    return 0;
}

int socket_connect_result(int fd)
{
    int result = 0;
    socklen_t len = sizeof result;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &len) != 0) {
        return -1;
    }
    errno = result;
    return result == 0 ? 0 : -1;
}

/* ---- both sides ---- */

static enum moved outcome(ssize_t n, size_t *count)
{
    if (n > 0) {
        *count = (size_t)n;
        return MOVED;
    }
    if (n == 0) {
        return MOVED_END;
    }
    return errno == EAGAIN || errno == EINTR ? MOVED_NOTHING : MOVED_FAILED;
}

enum moved socket_receive(int fd, void *buffer, size_t len, size_t *count)
{
    return outcome(recv(fd, buffer, len, 0), count);
}

enum moved socket_send(int fd, const void *data, size_t len, size_t *count)
{
    return outcome(send(fd, data, len, MSG_NOSIGNAL), count);
}

enum moved socket_send_last(int fd, const void *data, size_t len, size_t *count)
{
    return outcome(send(fd, data, len, MSG_NOSIGNAL | MSG_MORE), count);
}

void socket_finish(int fd)
{
    (void)shutdown(fd, SHUT_WR);
}

void socket_stop(int fd)
{
    /* Not close: that does nothing while another process still holds the socket. */
    (void)shutdown(fd, SHUT_RDWR);
}

void socket_close(int fd)
{
    if (fd != -1) {
        (void)close(fd);
    }
}

int socket_address(int fd, struct address *out)
{
    out->len = sizeof out->ipv6;
    return getsockname(fd, &out->any, &out->len);
}
