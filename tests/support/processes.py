"""What /proc knows about processes: children, memory, descriptors, users. Linux only."""

import ctypes
import functools
import operator
import os
import signal

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def adopt_orphans():
    """Grandchildren whose parent dies become our children: nothing that a test starts can get away."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _stat(pid):
    """(state, parent, start time), or None when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            rest = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return rest[0], int(rest[1]), int(rest[19])


def is_alive(pid):
    """A zombie has ended: only its parent has not looked yet."""
    stat = _stat(pid)
    return stat is not None and stat[0] not in "ZX"


def is_stopped(pid):
    """Do all of its threads stand still? SIGSTOP reaches each of them when it is scheduled next."""
    return all((_stat(f"{pid}/task/{thread}") or "T")[0] == "T" for thread in os.listdir(f"/proc/{pid}/task"))


def name(pid):
    """What it calls itself (comm): "secho-worker"; "" when it is gone."""
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def start_time(pid):
    """With the pid, the identity of a process: pids are used again."""
    stat = _stat(pid)
    return None if stat is None else stat[2]


def children(pid):
    """The living children, oldest first."""
    found = []
    for name in os.listdir("/proc"):
        stat = _stat(name) if name.isdigit() else None
        if stat is not None and stat[1] == pid and stat[0] not in "ZX":
            found.append((stat[2], int(name)))
    return [child for _, child in sorted(found)]


def descendants(pid):
    """The living children, their children, and so on."""
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


def _status(pid, key):
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name == key:
                return value.split()
    raise KeyError(key)


def peak_memory(pid):
    """The most memory that was resident at one time, in bytes."""
    return int(_status(pid, "VmHWM")[0]) * 1024


def user(pid):
    """The four user ids: real, effective, saved, file system."""
    return tuple(int(value) for value in _status(pid, "Uid"))


def group(pid):
    """The four group ids."""
    return tuple(int(value) for value in _status(pid, "Gid"))


def groups(pid):
    """The supplementary groups."""
    return tuple(int(value) for value in _status(pid, "Groups"))


def capabilities(pid):
    """The effective and the permitted capabilities, each as a number."""
    return tuple(int(_status(pid, key)[0], 16) for key in ("CapEff", "CapPrm"))


def rights(pid):
    """Whatever else decides what a process may do; `filters` of each thread (proc_pid_status(5): Seccomp)."""
    tasks = os.listdir(f"/proc/{pid}/task")
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        core = next(line.split()[4:6] for line in file if line.startswith("Max core file size"))
    capability_sets = ("CapEff", "CapPrm", "CapInh", "CapAmb")
    return {
        "capabilities": functools.reduce(operator.or_, (int(_status(pid, key)[0], 16) for key in capability_sets)),
        "bounding": int(_status(pid, "CapBnd")[0], 16),
        "no_new_privileges": int(_status(pid, "NoNewPrivs")[0]),
        # Who is not dumpable belongs to root in /proc: proc(5). Of root himself nothing can be said.
        "dumpable": user(pid)[1] != 0 and os.stat(f"/proc/{pid}/fd").st_uid != 0,
        "core": tuple(core),
        "filters": [int(_status(f"{pid}/task/{task}", "Seccomp")[0]) for task in tasks],
    }


def _rollup(pid, key):
    """A line of smaps_rollup, in bytes."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith(f"{key}:"):
                return int(line.split()[1]) * 1024
    raise KeyError(key)


def proportional_memory(pid):
    """PSS in bytes: a page that n processes share counts 1/n for each, also when n are those of another server."""
    return _rollup(pid, "Pss")


def own_memory(pid):
    """Anonymous memory in bytes: heap and stacks, and no page of a file that others may map or unmap."""
    return _rollup(pid, "Anonymous")


def cpu_seconds(pid):
    """Time on a CPU so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        rest = file.read().rpartition(")")[2].split()
    return (int(rest[11]) + int(rest[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(pid):
    """How many descriptors are open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def environment(pid):
    """The names in the environment with which it was executed."""
    with open(f"/proc/{pid}/environ", encoding="utf-8", errors="replace") as file:
        return {word.partition("=")[0] for word in file.read().split("\0")}


def kill(pid, number=signal.SIGKILL):
    """Like kill(2), but a process that has just ended is fine."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def reap(pid):
    """Collects an adopted child that has ended."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
