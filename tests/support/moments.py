"""A moment of load is short; where the machine stood still for all of it, it is tried again, longer."""

MOMENTS = ("200ms", "2s", "20s")
TIMEOUTS = ("300ms", "3s", "30s")
SILENT = "not one byte came back in the window"


def run_until(values, run, enough):
    """Calls run(value) with one after the other until what it returns is enough; the last of it."""
    for value in values:
        done = run(value)
        if enough(done):
            break
    return done


def run_until_heard(run, enough=lambda _done: True, moments=MOMENTS):
    """Calls run(duration) until something came back in the window, and it is enough; the last finished process."""
    return run_until(moments, run, lambda done: SILENT not in str(done.stdout) + str(done.stderr) and enough(done))
