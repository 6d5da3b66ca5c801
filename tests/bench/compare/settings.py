"""The configuration files of secho and of the proxies, each tuned as its manual says."""

import json

CONNECTIONS_MAX = 8000  # what a server must be able to hold; a proxy needs twice as many descriptors

# OpenSSL's own file, which every peer on OpenSSL that has no option for it reads: one ticket, as secho
# sends it (config(5), SSL_CONF_cmd(3)). Its default is two.
OPENSSL = """\
openssl_conf = all
nodejs_conf = all
[all]
ssl_conf = tls
[tls]
system_default = settings
[settings]
NumTickets = 1
"""


def secho(port, chain, key, workers=1):
    return json.dumps({
        "workers": {"processes": workers, "threads": 1},
        "log": {"level": "warn"},  # no peer writes a line for each connection
        "limits": {"connections": CONNECTIONS_MAX},
        "timeouts": {"idle": "1h", "handshake": "5m"},
        "listeners": [{
            "name": "main", "address": "127.0.0.1", "port": port, "transport": "tls",
            "tls": {"certificates": [{"chain": str(chain), "key": str(key)}]},
        }],
    }, indent=2)


HAPROXY = """\
global
    nbthread 1
    maxconn {connections}
    {lua}
defaults
    mode tcp
    maxconn {connections}
    timeout connect 5s
    timeout client 1h
    timeout server 1h
"""
HAPROXY_BIND = "    bind 127.0.0.1:{port} backlog 4096 ssl crt {pem} ssl-min-ver TLSv1.2 curves X25519:P-256\n"


def haproxy_before(port, plain_port, pem):
    return (HAPROXY.format(connections=CONNECTIONS_MAX, lua="")
            + "frontend tls\n" + HAPROXY_BIND.format(port=port, pem=pem)
            + "    default_backend plain\n"
            + f"backend plain\n    server plain 127.0.0.1:{plain_port}\n")


def haproxy_lua(ports, script, pem):
    """ports: for each size of a message the port where such messages are echoed."""
    text = HAPROXY.format(connections=CONNECTIONS_MAX, lua=f"lua-load {script}")
    for size, port in ports.items():
        text += f"frontend echo{size}\n" + HAPROXY_BIND.format(port=port, pem=pem)
        text += f"    tcp-request content use-service lua.echo{size}\n"
    return text


def nginx(port, plain_port, chain, key, module):
    return f"""\
{f"load_module {module};" if module else ""}
daemon off;
pid nginx.pid;
error_log stderr error;
worker_processes 1;
worker_rlimit_nofile {2 * CONNECTIONS_MAX + 100};
events {{
    worker_connections {2 * CONNECTIONS_MAX};
}}
stream {{
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        proxy_pass 127.0.0.1:{plain_port};
        proxy_timeout 1h;
        tcp_nodelay on;
        ssl_certificate {chain};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ecdh_curve X25519:P-256;
    }}
}}
"""


def hitch(port, plain_port, pem):
    return f"""\
frontend = {{ host = "127.0.0.1" port = "{port}" }}
backend = "[127.0.0.1]:{plain_port}"
pem-file = "{pem}"
workers = 1
backlog = 4096
tls-protos = TLSv1.2 TLSv1.3
ecdh-curve = "X25519:P-256"
daemon = off
log-level = 0
"""


def stunnel(port, plain_port, chain, key):
    return f"""\
foreground = yes
pid =
syslog = no
debug = err
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[echo]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{plain_port}
cert = {chain}
key = {key}
curves = X25519:P-256
"""
