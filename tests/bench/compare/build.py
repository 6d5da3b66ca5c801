"""Builds the peers' echo servers from tests/bench/peers/, each as its manual says for production."""

import os
import pathlib
import shutil
import subprocess

SOURCES = pathlib.Path(__file__).resolve().parent.parent
DEBIAN_CRATES = pathlib.Path("/usr/share/cargo/registry")


class Missing(Exception):
    """This peer cannot be had here; the words say why."""


def tool(name, package):
    """The path of a program, which Debian has in `package`."""
    places = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    found = shutil.which(name, path=places)
    if found is None:
        raise Missing(f"{name} is not installed (Debian: {package})")
    return found


def run(command, what, **settings):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **settings)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.splitlines()[-1:]
        raise Missing(f"{what} does not build: {' '.join(lines[:1]).strip()}")


def c_program(source, *libraries):
    def build(folder):
        target = folder / pathlib.Path(source).stem
        compiler = tool("cc", "build-essential")
        run([compiler, "-std=gnu17", "-O2", "-Wall", "-Wextra", "-o", target, SOURCES / source, *libraries], source)
        return target

    return build


def asio(folder):
    compiler = tool("c++", "build-essential")
    source = SOURCES / "peers/asio.cpp"
    run([compiler, "-std=c++17", "-O2", "-DNDEBUG", "-o", folder / "asio", source, "-lssl", "-lcrypto", "-lpthread"],
        "peers/asio.cpp")
    return folder / "asio"


def golang(folder):
    settings = {**os.environ, "GO111MODULE": "off", "GOTOOLCHAIN": "local", "GOCACHE": str(folder / "go-cache")}
    run([tool("go", "golang-go"), "build", "-o", folder / "golang", SOURCES / "peers/golang.go"], "peers/golang.go",
        env=settings)
    return folder / "golang"


def rustls(folder):
    """With the crates that Debian has installed, and no network."""
    cargo = tool("cargo", "cargo")
    if not any(DEBIAN_CRATES.glob("tokio-rustls-*")):
        raise Missing("the crate tokio-rustls is not installed (Debian: librust-tokio-rustls-dev)")
    work = folder / "rustls"
    shutil.copytree(SOURCES / "peers/rustls", work, dirs_exist_ok=True)
    (work / ".cargo").mkdir(exist_ok=True)
    (work / ".cargo/config.toml").write_text(
        '[source.crates-io]\nreplace-with = "debian"\n'
        f'[source.debian]\ndirectory = "{DEBIAN_CRATES}"\n', encoding="utf-8")
    run([cargo, "build", "--release", "--offline", "--quiet"], "peers/rustls", cwd=work,
        env={**os.environ, "CARGO_HOME": str(work / "home"), "CARGO_TARGET_DIR": str(work / "target")})
    return work / "target/release/rustls-echo"
