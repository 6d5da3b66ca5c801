"""What cmake --install puts where, and that others can build with it."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import secho

EXAMPLE = secho.ROOT / "tests" / "install"
WORDS = "an echo from inside of this program"


def run(*command, **more):
    """Runs to the end; its output, or a failure that shows it."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Install(secho.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="secho-install-"))
        cls.prefix = cls.folder / "first"
        run("cmake", "--install", secho.BUILD, "--prefix", cls.prefix)
        (cls.pc,) = cls.prefix.rglob("secho.pc")
        (cls.library,) = cls.prefix.rglob("libsecho.so")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def pkg_config(self, *args):
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.pc.parent)}
        return run("pkg-config", *args, "secho", env=env).split()

    def assert_embeds(self, program, library):
        pki = secho.pki()
        env = {**os.environ, "LD_LIBRARY_PATH": str(library.parent)}
        out = run(program, pki / "server.pem", pki / "server.key", pki / "ca.pem", env=env)
        self.assertEqual(out, WORDS + "\n")

    def test_programs_headers_and_man_pages_are_in_their_places(self):
        for name in (
            "sbin/secho-server",
            "bin/secho-client",
            "include/secho/secho.h",
            "share/doc/secho/LICENSE",
            *(f"share/man/man{page.name[-1]}/{page.name}" for page in (secho.ROOT / "src" / "man").iterdir()),
        ):
            self.assertTrue((self.prefix / name).is_file(), name)

    def test_the_units_of_systemd_name_the_installed_program(self):
        units = self.prefix / "lib" / "systemd" / "system"
        self.assertTrue((units / "secho-server.socket").is_file())
        self.assertIn(f"\nExecStart={self.prefix}/sbin/secho-server -c ", (units / "secho-server.service").read_text())

    def test_installed_programs_run(self):
        for name in ("sbin/secho-server", "bin/secho-client"):
            self.assertIn("secho", run(self.prefix / name, "-V"))

    def test_no_private_header_and_no_static_library_is_installed(self):
        ours = sorted(path.name for path in (secho.ROOT / "include" / "secho").iterdir())
        there = sorted(path.name for path in (self.prefix / "include").rglob("*.h"))
        self.assertEqual(there, ours)
        self.assertEqual(list(self.prefix.rglob("*.a")), [])

    def test_the_library_shows_what_the_headers_promise_and_nothing_else(self):
        text = "".join(path.read_text() for path in (self.prefix / "include").rglob("*.h"))
        promised = set(re.findall(r"SECHO_API[^;{]*?\b(secho_\w+)\(", text))
        shown = {line.split()[-1] for line in run("nm", "-D", "--defined-only", self.library).splitlines()}
        self.assertEqual(shown, promised)

    def test_the_library_needs_only_what_an_echo_needs(self):
        needed = re.findall(r"NEEDED.*\[(lib\w+)", run("readelf", "-d", self.library))
        self.assertLessEqual(set(needed), {"libssl", "libcrypto", "libcjson", "libuv", "libc", "libm"})

    def test_a_program_embeds_a_server_with_find_package(self):
        build = self.folder / "with-cmake"
        run("cmake", "-S", EXAMPLE, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", build)
        self.assert_embeds(build / "embed", self.library)

    def test_a_program_embeds_a_server_with_pkg_config(self):
        program = self.folder / "with-pkg-config"
        flags = self.pkg_config("--cflags", "--libs")
        run("cc", "-Wall", "-Wextra", "-Werror", EXAMPLE / "embed.c", "-o", program, *flags)
        self.assert_embeds(program, self.library)

    def test_an_installed_tree_can_be_moved(self):
        moved = self.folder / "moved"
        shutil.copytree(self.prefix, moved, symlinks=True)
        pc = moved / self.pc.relative_to(self.prefix)
        library = moved / self.library.relative_to(self.prefix)
        flags = run("pkg-config", "--cflags", "--libs", pc).split()
        self.assertNotIn(str(self.prefix), " ".join(flags))
        program = self.folder / "with-moved"
        run("cc", EXAMPLE / "embed.c", "-o", program, *flags)
        self.assert_embeds(program, library)

    def test_each_header_stands_alone_in_c_and_in_cpp(self):
        include = f"-I{self.prefix / 'include'}"
        for header in sorted((self.prefix / "include" / "secho").iterdir()):
            for language in ("c", "c++"):
                with self.subTest(header=header.name, language=language):
                    run("cc", "-Wall", "-Wextra", "-Werror", include, "-fsyntax-only", "-x", language, header)

    def test_a_version_that_is_not_ours_is_not_found(self):
        consumer = self.folder / "too-new"
        consumer.mkdir()
        (consumer / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES C)\nfind_package(secho 99 REQUIRED)\n"
        )
        with self.assertRaisesRegex(AssertionError, "99"):
            run("cmake", "-S", consumer, "-B", consumer / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")


if __name__ == "__main__":
    secho.main()
