"""Chains of certificates, each with one thing wrong, good for servers and clients alike; below a root of their own."""

import functools
import pathlib
import time

from issue import openssl

DAY = 86400
KEYS = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "weak": ["rsa:512"]}
CA = "basicConstraints=critical,CA:TRUE{more}\nkeyUsage=critical,keyCertSign,cRLSign\n"
LEAF = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n"
NAME = "subjectAltName=DNS:localhost\n"
IDENTIFIERS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"


def _time(seconds):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))


def sign(folder, name, extensions, issuer=None, *, subject=None, valid=(-1, 30), key="ec", digest="sha256"):
    """FOLDER/NAME.pem and .key: a certificate by `issuer` (None: by itself), valid between these days from now."""
    stem = pathlib.Path(folder) / name
    config, index = f"{stem}.cnf", f"{stem}.index"
    pathlib.Path(index).write_text("", encoding="ascii")
    pathlib.Path(config).write_text(
        f"[ca]\ndefault_ca=x\n[x]\ndatabase={index}\nnew_certs_dir={folder}\nrand_serial=yes\npolicy=p\n[p]\n"
        f"commonName=supplied\n[e]\n{extensions}", encoding="ascii")  # fmt: skip
    openssl("req", "-new", "-newkey", *KEYS[key], "-noenc", "-keyout", f"{stem}.key", "-subj", f"/CN={subject or name}",
            "-out", f"{stem}.csr")
    by = ["-selfsign", "-keyfile", f"{stem}.key"]
    if issuer is not None:
        by = ["-cert", f"{stem.parent / issuer}.pem", "-keyfile", f"{stem.parent / issuer}.key"]
    openssl("ca", "-batch", "-notext", "-config", config, "-extensions", "e", "-in", f"{stem}.csr", "-out", f"{stem}.pem",
            "-md", digest, "-startdate", _time(valid[0] * DAY), "-enddate", _time(valid[1] * DAY), *by)


def authority(folder, name, issuer=None, more="", limits="", **how):
    """A CA."""
    sign(folder, name, CA.format(more=more) + limits + IDENTIFIERS, issuer, **how)


def leaf(folder, name, *issuers, extensions=LEAF + NAME, identifiers=IDENTIFIERS, signer=None, **how):
    """An end of a chain: FOLDER/NAME.pem has it, and `issuers` behind it; signed by the first, or by `signer`."""
    sign(folder, name, extensions + identifiers, signer or (issuers[0] if issuers else None), **how)
    file = pathlib.Path(folder) / f"{name}.pem"
    parts = [pathlib.Path(folder, f"{part}.pem").read_text(encoding="ascii") for part in (name, *issuers)]
    file.write_text("".join(parts), encoding="ascii")


# What is wrong: how it is made. Each is right in all else.
MADE = {
    "good": lambda f: leaf(f, "good", "middle"),
    "expired": lambda f: leaf(f, "expired", "middle", valid=(-9, -1)),
    "early": lambda f: leaf(f, "early", "middle", valid=(9, 30)),
    "stranger": lambda f: leaf(f, "stranger", "other-middle"),
    "alone": lambda f: leaf(f, "alone", signer="middle"),
    "self-signed": lambda f: leaf(f, "self-signed"),
    "by-a-leaf": lambda f: leaf(f, "by-a-leaf", "good", "middle"),
    "too-deep": lambda f: leaf(f, "too-deep", "below", "last"),
    "not-permitted": lambda f: leaf(f, "not-permitted", "narrow"),
    "weak-key": lambda f: leaf(f, "weak-key", "weak"),
    "weak-digest": lambda f: leaf(f, "weak-digest", "middle", digest="sha1"),
    "forged": lambda f: leaf(f, "forged", "middle", signer="false-middle", identifiers="authorityKeyIdentifier=none\n"),
    "strange": lambda f: leaf(f, "strange", "middle", extensions=LEAF + NAME + "1.2.3.4=critical,ASN1:NULL:\n"),
    "from-tomorrow": lambda f: leaf(f, "from-tomorrow", "middle-of-tomorrow", valid=(1, 30)),
    "elsewhere": lambda f: leaf(f, "elsewhere", "middle", extensions=LEAF + "subjectAltName=DNS:elsewhere.test\n"),
    "must-staple": lambda f: leaf(f, "must-staple", "middle", extensions=LEAF + NAME + "tlsfeature=status_request\n"),
    "no-server": lambda f: leaf(f, "no-server", "middle", extensions=NAME + "extendedKeyUsage=clientAuth\n"),
    "no-client": lambda f: leaf(f, "no-client", "middle", extensions=NAME + "extendedKeyUsage=serverAuth\n"),
}
AUTHORITIES = {
    "root": lambda f: authority(f, "root"),
    "middle": lambda f: authority(f, "middle", "root"),
    "other-root": lambda f: authority(f, "other-root"),
    "other-middle": lambda f: authority(f, "other-middle", "other-root"),
    "last": lambda f: authority(f, "last", "root", more=",pathlen:0"),
    "below": lambda f: authority(f, "below", "last"),
    "narrow": lambda f: authority(f, "narrow", "root", limits="nameConstraints=critical,permitted;DNS:secho.test\n"),
    "weak": lambda f: authority(f, "weak", "root", key="weak"),
    "false-middle": lambda f: authority(f, "false-middle", "root", subject="middle"),
    "root-of-tomorrow": lambda f: authority(f, "root-of-tomorrow", valid=(1, 90)),
    "middle-of-tomorrow": lambda f: authority(f, "middle-of-tomorrow", "root-of-tomorrow", valid=(1, 60)),
}


class Chains:
    """All of them in one folder, each made when it is first asked for."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for make in AUTHORITIES.values():
            make(self.folder)

    @functools.cache
    def stem(self, name):
        """FOLDER/NAME: .pem is the chain, .key the key."""
        if name == "by-a-leaf":
            self.stem("good")
        if name in MADE:
            MADE[name](self.folder)
        return str(self.folder / name)

    def pem(self, name):
        """The file of a chain, or of a CA."""
        return f"{self.stem(name)}.pem"

    def key(self, name):
        """The file of its key."""
        return f"{self.stem(name)}.key"

    def revocation_list(self, ca, revoked=(), seconds=DAY):
        """The text of a list of this CA that is good for so long; of these chains."""
        stem = self.folder / f"{ca}-list"
        serials = [openssl("x509", "-in", self.pem(one), "-noout", "-serial").strip().partition("=")[2] for one in revoked]
        lines = [f"R\t{_time(99 * DAY)[2:]}\t{_time(-DAY)[2:]}\t{serial}\tunknown\t/CN=x\n" for serial in serials]
        pathlib.Path(f"{stem}.index").write_text("".join(lines), encoding="ascii")
        pathlib.Path(f"{stem}.cnf").write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={stem}.index\ndefault_md=sha256\n",
                                               encoding="ascii")
        openssl("ca", "-config", f"{stem}.cnf", "-gencrl", "-cert", self.pem(ca), "-keyfile", self.key(ca), "-out",
                f"{stem}.pem", "-crl_lastupdate", _time(-DAY), "-crl_nextupdate", _time(seconds))
        return pathlib.Path(f"{stem}.pem").read_text(encoding="ascii")
