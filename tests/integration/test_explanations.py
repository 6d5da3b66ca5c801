"""Is each code of the catalogue provoked over a real socket? The tables are in test_explanations_*.py."""

import importlib
import pathlib

import explanations
import secho

# Codes that no test can provoke with the programs as they are shipped, and why.
CANNOT_BE = {
    "worker_died": "who could log it is dead; worker_exit tells how many connections it had (lost=)",
    "out_of_memory": "no memory at one place and enough everywhere else: tests/unit/test_conn_memory.c fails each allocation",
    "unknown": "would be a mistake in secho: whoever finds a way to it has found one",
}


def tables():
    """Every table of rows; each row of them is a test."""
    for file in sorted(pathlib.Path(__file__).parent.glob("test_explanations_*.py")):
        for kind in vars(importlib.import_module(file.stem)).values():
            if isinstance(kind, type) and issubclass(kind, explanations.Table) and kind.ROWS:
                yield kind


def asserted():
    """All (end, code) that some row asserts."""
    return {proof for table in tables() for row in table.ROWS for proof in row.asserts()}


class EachCode(secho.TestCase):
    def test_it_is_provoked_at_each_end_that_can_come_to_it(self):
        wanted = {(end, code) for code, ends in explanations.catalogue().items() for end in ends if code not in CANNOT_BE}
        self.assertGreater(len(wanted), 80)
        self.assertEqual(sorted(wanted - asserted()), [])

    def test_no_row_asserts_what_the_catalogue_does_not_promise(self):
        promised = {(end, code) for code, ends in explanations.catalogue().items() for end in ends}
        self.assertEqual(sorted(asserted() - promised), [])

    def test_it_comes_to_one_end_at_least(self):
        self.assertEqual([code for code, ends in explanations.catalogue().items() if not ends], [])

    def test_what_cannot_be_is_in_the_catalogue_and_in_no_table(self):
        self.assertEqual(sorted(set(CANNOT_BE) - set(explanations.catalogue())), [])
        self.assertEqual(sorted(set(CANNOT_BE) & {code for _end, code in asserted()}), [])

    def test_every_row_is_a_test(self):
        for table in tables():
            tests = [name for name in dir(table) if name.startswith("test_")]
            self.assertEqual(len(tests), len(table.ROWS), table)


if __name__ == "__main__":
    secho.main()
