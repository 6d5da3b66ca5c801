"""Certificates of a test's own, signed by the intermediate of the test PKI (scripts/pki)."""

import pathlib
import subprocess
import time

import secho

KINDS = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"], "ed25519": ["ed25519"]}


def openssl(*args):
    """Runs it; what it prints. Raises with its words when it fails."""
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {args}: {done.stderr}")
    return done.stdout


def certificate(folder, name, sans, kind="ec", usage="serverAuth", days=30):
    """Makes FOLDER/NAME.pem (with its chain) and NAME.key; `sans` as OpenSSL writes them. The two paths."""
    stem = pathlib.Path(folder) / name
    pem, key, request = stem.with_suffix(".pem"), stem.with_suffix(".key"), stem.with_suffix(".csr")
    ca = secho.pki() / "intermediate"
    extensions = stem.with_suffix(".cnf")
    extensions.write_text(
        f"basicConstraints=critical,CA:FALSE\nextendedKeyUsage={usage}\nsubjectAltName={sans}\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
        encoding="ascii",
    )
    openssl("req", "-new", "-newkey", *KINDS[kind], "-noenc", "-keyout", key, "-subj", f"/CN={name}", "-out", request)
    made = openssl("x509", "-req", "-in", request, "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-days", days,
                   "-extfile", extensions)
    pem.write_text(made + pathlib.Path(f"{ca}.pem").read_text(encoding="ascii"), encoding="ascii")
    return str(pem), str(key)


def _time(days):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400))


def revocation_list(folder, name, days):
    """FOLDER/NAME.pem: an empty list of the intermediate that is good for `days` days from now."""
    folder = pathlib.Path(folder)
    path, config = folder / f"{name}.pem", folder / f"{name}.cnf"
    (folder / f"{name}.index").write_text("", encoding="ascii")
    config.write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={folder / name}.index\ndefault_md=sha256\n", encoding="ascii")
    ca = secho.pki() / "intermediate"
    openssl("ca", "-config", config, "-gencrl", "-cert", f"{ca}.pem", "-keyfile", f"{ca}.key", "-out", path,
            "-crl_lastupdate", _time(days - 1), "-crl_nextupdate", _time(days))
    return path
