"""A moment of load is short; where the machine stood still for all of it, it is tried again, longer."""

MOMENTS = ("200ms", "2s", "20s")
SILENT = "not one byte came back in the window"


def run_until_heard(run):
    """Calls run(duration) until something came back in the window; the last finished process."""
    for duration in MOMENTS:
        done = run(duration)
        if SILENT not in str(done.stdout) + str(done.stderr):
            break
    return done
