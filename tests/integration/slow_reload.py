"""200 reloads under load: nobody notices, and nothing of them stays."""

import contextlib

import processes
import secho
from reloads import Changing, Load, Returning, Staying
from secho import PATIENCE, tls

RELOADS = 200
WORKERS = {"processes": 2, "threads": 1}


def say(words):
    print(f"        {words}", flush=True)


@contextlib.contextmanager
def running(*loads):
    """They all run, until the end of the block."""
    for load in loads:
        load.start()
    try:
        yield
    finally:
        for load in loads:
            load.over.set()
        for load in loads:
            load.join(PATIENCE)


class TwoHundredReloads(secho.TestCase):
    def reload(self, server, config, times):
        for _ in range(times):
            server.reload(config)

    def settle(self, server):
        """Until nothing of the former generations lives any more: the processes that do."""
        newest = server.leaders()[-1]
        family = [server.pid, newest, *processes.children(newest)]
        server.wait_until_gone(set(server.all_processes()) - set(family))
        self.assertEqual(sorted(server.all_processes()), sorted(family))
        return family

    def descriptors(self, family, most=None):
        """Of each, as soon as they stand still, or are no more than `most`: those of who has died are closed a bit later."""
        counts = []

        def enough():
            counts.append([processes.descriptors(pid) for pid in family])
            if most is not None:
                return all(count <= limit for count, limit in zip(counts[-1], most, strict=True))
            return len(counts) >= 50 and all(one == counts[-1] for one in counts[-50:])

        secho.eventually(enough)
        return counts[-1]

    def memory(self, family):
        return sum(processes.proportional_memory(pid) for pid in family)

    def test_nobody_notices_and_nothing_stays(self):
        with Changing(workers=WORKERS) as server:
            config = secho.configuration(tls(port=server.port), workers=WORKERS)
            self.reload(server, config, 5)
            family = self.settle(server)
            descriptors, memory = self.descriptors(family), self.memory(family)
            loads = [Load(server.port), Load(server.port), Staying(server.port), Staying(server.port)]
            loads.append(Returning(server.port, secho.context()))
            with running(*loads):
                self.reload(server, config, RELOADS)
            self.assertEqual([problem for load in loads for problem in load.problems], [])
            self.assertTrue(all(load.echoes > 0 for load in loads))
            self.assertEqual(loads[-1].full, 1, "all but the first were to be resumed")
            self.reload(server, config, 1)
            family = self.settle(server)
            more, after = self.descriptors(family, most=descriptors), self.memory(family)
            say(f"{RELOADS} reloads; echoes: {sum(load.echoes for load in loads)}, resumed: {loads[-1].echoes - 1}")
            say(f"descriptors {descriptors} -> {more}; memory {memory >> 10} KiB -> {after >> 10} KiB")
            for count, limit in zip(more, descriptors, strict=True):
                self.assertLessEqual(count, limit, "descriptors stay open")
            if not secho.is_sanitized():
                self.assertLess(after, 1.1 * memory)


if __name__ == "__main__":
    secho.main()
