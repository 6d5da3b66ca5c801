"""This machine: who runs on which CPU, free ports, descriptors, and the facts that belong to a figure."""

import contextlib
import os
import pathlib
import platform
import re
import resource
import socket
import subprocess

SERVER_CPU, CLIENT_CPU = 0, 1


def cpus():
    """(the server's, the client's): two different ones where there are two."""
    ours = sorted(os.sched_getaffinity(0))
    return ours[SERVER_CPU], ours[min(CLIENT_CPU, len(ours) - 1)]


def cpus_for_two():
    """The CPUs of a server with two workers, and the client's: the third one where there is one."""
    ours = sorted(os.sched_getaffinity(0))
    return set(ours[:2]), {ours[min(2, len(ours) - 1)]}


@contextlib.contextmanager
def pinned(to):
    """What is started inside of the block runs on these CPUs."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_many_descriptors():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def free_ports(count):
    """So many different ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


def version(*command):
    """The first line with a version in what a program says; "" when there is none."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return ""
    lines = (said.stdout + said.stderr).splitlines()
    return next((" ".join(line.split()) for line in lines if re.search(r"\d\.\d", line)), "")


def _read(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _cpu_model():
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def facts():
    return {
        "cpu": _cpu_model(),
        "cpus": len(os.sched_getaffinity(0)),
        "kernel": f"Linux {platform.release()}",
        "openssl": " ".join(version("openssl", "version").split()[:2]),
        "congestion": _read("/proc/sys/net/ipv4/tcp_congestion_control"),
    }
