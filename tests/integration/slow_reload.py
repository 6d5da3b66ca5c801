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
        """Until nothing of the former generations lives any more; descriptors and memory of what does."""
        newest = server.leaders()[-1]
        family = [server.pid, newest, *processes.children(newest)]
        server.wait_until_gone(set(server.all_processes()) - set(family))
        self.assertEqual(sorted(server.all_processes()), sorted(family))
        return [processes.descriptors(pid) for pid in family], [processes.proportional_memory(pid) for pid in family]

    def test_nobody_notices_and_nothing_stays(self):
        with Changing(workers=WORKERS) as server:
            config = secho.configuration(tls(port=server.port), workers=WORKERS)
            self.reload(server, config, 5)
            descriptors, memory = self.settle(server)
            loads = [Load(server.port), Load(server.port), Staying(server.port), Staying(server.port)]
            loads.append(Returning(server.port, secho.context()))
            with running(*loads):
                self.reload(server, config, RELOADS)
            self.assertEqual([problem for load in loads for problem in load.problems], [])
            self.assertTrue(all(load.echoes > 0 for load in loads))
            self.assertEqual(loads[-1].full, 1, "all but the first were to be resumed")
            self.reload(server, config, 1)
            after = self.settle(server)
            say(f"{RELOADS} reloads; echoes: {sum(load.echoes for load in loads)}, resumed: {loads[-1].echoes - 1}")
            say(f"descriptors {descriptors} -> {after[0]}; memory {sum(memory) >> 10} KiB -> {sum(after[1]) >> 10} KiB")
            self.assertEqual(after[0], descriptors)
            if not secho.is_sanitized():
                self.assertLess(sum(after[1]), 1.1 * sum(memory))


if __name__ == "__main__":
    secho.main()
