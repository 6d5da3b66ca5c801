"""A check that never says no is no check: each violation here, alone in a tree, must be refused.

    check_refuses.py layers|doors|headers

One line for each case; exits 1 when a case came out wrong.
"""

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# check: (what is right or wrong with it, file, its text, what the complaint must contain; "" for none)
CASES = {
    "layers": [
        ("a lower room", "src/tls/a.c", '#include "net/socket.h"\n', ""),
        ("a room two below", "src/server/a.c", '#include "base/error.h"\n', ""),
        ("its own room", "src/net/a.c", '#include "net/b.h"\n', ""),
        ("a public header", "src/base/a.h", "#include <secho/error.h>\n", ""),
        ("the system's net/", "src/net/a.c", "#include <net/if.h>\n", ""),
        ("a higher room", "src/net/a.c", '\n#include "tls/stream.h"\n', "src/net/a.c:2:"),
        ("a neighbour", "src/server/a.c", '#include "client/client.h"\n', "client/"),
        ("a neighbour, from the other side", "src/client/a.c", '#include "server/conn.h"\n', "server/"),
        ("bench and server", "src/bench/a.c", '#include "server/conn.h"\n', "server/"),
        ("no room before the name", "src/net/a.c", '#include "socket.h"\n', "from src/"),
        ("a way around", "src/net/a.c", '#include "net/../tls/stream.h"\n', "from src/"),
        ("ours in angle brackets", "src/net/a.h", "#include <net/a.h>\n", "is ours"),
        ("public in quotes", "src/net/a.c", '#include "secho/error.h"\n', "is public"),
        ("with spaces around the hash", "src/net/a.c", ' # include "tls/stream.h"\n', "tls/"),
        ("an unknown room", "src/cellar/a.c", "\n", "no room"),
        ("a public header that needs src/", "include/secho/a.h", '#include "base/error.h"\n', "public header"),
        ("a public header that needs OpenSSL", "include/secho/a.h", "#include <openssl/ssl.h>\n", "public header"),
    ],
    "doors": [
        ("SSL_get_error at home", "src/tls/stream.c", "int f(void)\n{\n    return SSL_get_error(s, 1);\n}\n", ""),
        ("in a comment", "src/net/a.c", "/* SSL_get_error(s, 1) */\n", ""),
        ("in a string", "src/net/a.c", 'const char *a = "fork()";\n', ""),
        ("a longer name", "src/net/a.c", "    conn_accept(conn);\n", ""),
        ("a method", "src/net/a.c", "    table->connect(conn);\n", ""),
        ("a declaration", "src/server/drain.h", "void conn_done(struct conn *conn);\n", ""),
        ("a comparison", "src/net/a.c", "    if (conn->state == CONN_ECHO) {\n", ""),
        ("SSL_get_error", "src/server/a.c", "\n    SSL_get_error(s, 1);\n", "src/server/a.c:2:"),
        ("the queue", "src/tls/stream.c", "    ERR_clear_error();\n", "src/base/error.c"),
        ("bind", "src/server/listener.c", "    if (bind(fd, a, n) != 0) {\n", "src/net/socket.c"),
        ("listen", "src/daemon/a.c", "    listen(fd, 5);\n", "src/net/socket.c"),
        ("accept4", "src/server/a.c", "    fd = accept4(l, NULL, NULL, 0);\n", "src/net/socket.c"),
        ("connect", "src/client/client.c", "    connect(fd, a, n);\n", "src/net/socket.c"),
        ("a key read", "src/tls/context.c", "    key = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);\n", "src/tls/key.c"),
        ("a key from a file", "src/tls/context.c", "    SSL_CTX_use_PrivateKey_file(c, f, 1);\n", "src/tls/key.c"),
        ("fork", "src/server/worker.c", "    pid = fork();\n", "src/daemon/birth.c"),
        ("a connection freed", "src/server/drain.c", "    conn_done(conn);\n", "src/server/worker.c"),
        ("a state changed", "src/server/echo.c", "    conn->state = CONN_CLOSED;\n", "src/server/conn.c"),
        ("cJSON without case", "src/base/json.c", "    cJSON_GetObjectItem(a, b);\n", "nowhere"),
        ("strcpy", "src/net/a.c", "    strcpy(a, b);\n", "nowhere"),
        ("sprintf", "src/net/a.c", "    return sprintf(a, b);\n", "nowhere"),
        ("strtok", "src/net/a.c", "    strtok(a, b);\n", "nowhere"),
        ("system", "src/net/a.c", "    system(a);\n", "nowhere"),
        ("popen", "src/net/a.c", "    popen(a, b);\n", "nowhere"),
    ],
    "headers": [
        ("a declaration", "include/secho/a.h", "int secho_a(void);\n", ""),
        ("a type that was included", "include/secho/a.h", "#include <stddef.h>\nvoid secho_a(size_t n);\n", ""),
        ("a type that was not", "include/secho/a.h", "void secho_a(size_t n);\n", "secho/a.h as c11"),
        ("a word of C++", "include/secho/a.h", "int secho_a(int class);\n", "secho/a.h as c++17"),
        ("a word that C++ lacks", "include/secho/a.h", "void secho_a(char text[static 8]);\n", "secho/a.h as c++17"),
        ("an extension", "include/secho/a.h", "struct secho_a {};\n", "secho/a.h as c11"),
        ("a semicolon too many", "include/secho/a.h", "int a;;\n", "extra"),
    ],
}


def complaint(check, name, text):
    """The exit status and the words of the check about a tree with this one file."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        done = subprocess.run([ROOT / "scripts" / f"check-{check}", folder], check=False,
                              capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def main():
    wrong = 0
    for title, name, text, expected in CASES[sys.argv[1]]:
        status, words = complaint(sys.argv[1], name, text)
        if status == 77:  # what the check needs is not here
            print(words.strip())  # ends with "skipped: WHY"
            return 77
        right = (status == 1 and expected in words) if expected else status == 0
        wrong += not right
        print(f"{'ok' if right else 'WRONG'}: {title}: {words.strip()}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
