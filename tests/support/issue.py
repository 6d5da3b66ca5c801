"""Certificates of a test's own, signed by the intermediate of the test PKI (scripts/pki)."""

import calendar
import pathlib
import re
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


def _time(days):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400))


def certificate(folder, name, sans, kind="ec", usage="serverAuth", days=30, more=""):
    """Makes FOLDER/NAME.pem (with its chain) and NAME.key; `sans` and `more` as OpenSSL writes them. The two paths."""
    stem = pathlib.Path(folder) / name
    pem, key, request = stem.with_suffix(".pem"), stem.with_suffix(".key"), stem.with_suffix(".csr")
    ca = secho.pki() / "intermediate"
    config = stem.with_suffix(".cnf")
    stem.with_suffix(".index").write_text("", encoding="ascii")
    config.write_text(
        "[ca]\ndefault_ca=x\n[x]\n"
        f"database={stem}.index\nnew_certs_dir={stem.parent}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\n"
        "commonName=supplied\n[e]\n"
        f"basicConstraints=critical,CA:FALSE\nextendedKeyUsage={usage}\nsubjectAltName={sans}\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n" + more,
        encoding="ascii",
    )
    openssl("req", "-new", "-newkey", *KINDS[kind], "-noenc", "-keyout", key, "-subj", f"/CN={name}", "-out", request)
    # Also of yesterday: openssl-x509(1) has learned that with 3.4 only.
    openssl("ca", "-batch", "-notext", "-config", config, "-extensions", "e", "-in", request, "-out", pem, "-cert", f"{ca}.pem",
            "-keyfile", f"{ca}.key", "-startdate", _time(min(days, 0) - 1 / 24), "-enddate", _time(days))
    pem.write_text(pem.read_text(encoding="ascii") + pathlib.Path(f"{ca}.pem").read_text(encoding="ascii"), encoding="ascii")
    return str(pem), str(key)


def revocation_list(folder, name, days, revoked=()):
    """FOLDER/NAME.pem: a list of the intermediate that is good for `days` days from now; of these certificates."""
    folder = pathlib.Path(folder)
    path, config = folder / f"{name}.pem", folder / f"{name}.cnf"
    serials = [openssl("x509", "-in", one, "-noout", "-serial").strip().partition("=")[2] for one in revoked]
    lines = [f"R\t{_time(365)[2:]}\t{_time(-1)[2:]}\t{serial}\tunknown\t/CN=x\n" for serial in serials]
    (folder / f"{name}.index").write_text("".join(lines), encoding="ascii")
    config.write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={folder / name}.index\ndefault_md=sha256\n", encoding="ascii")
    ca = secho.pki() / "intermediate"
    openssl("ca", "-config", config, "-gencrl", "-cert", f"{ca}.pem", "-keyfile", f"{ca}.key", "-out", path,
            "-crl_lastupdate", _time(min(days, 0) - 1), "-crl_nextupdate", _time(days))
    return path


def revocation_lists(folder, name, **more):
    """The same, and behind it the list of the root: what a server needs that looks up the whole chain."""
    path = revocation_list(folder, name, **more)
    root = (secho.pki() / "crl.pem").read_text(encoding="ascii").split("-----END X509 CRL-----\n")[1]
    path.write_text(path.read_text(encoding="ascii") + root + "-----END X509 CRL-----\n", encoding="ascii")
    return path


def serve_past_a_list(serve, folder, before, after):
    """A server whose revocation list is good at its start and outdated a little later.

    serve(file) makes the server, not started; before(server) is called while the list is good, and
    after(server, since, what before() returned) when it is not: since then, as the log has times. On a
    machine that stands still meanwhile it is tried again with a longer life.
    """
    for seconds in (4, 12, 36, 108):
        file = revocation_lists(folder, "short", days=seconds / 86400)
        said = openssl("crl", "-in", file, "-noout", "-nextupdate", "-dateopt", "iso_8601").strip()
        until = time.strptime(said, "nextUpdate=%Y-%m-%d %H:%M:%SZ")
        end = calendar.timegm(until)
        server = serve(file)
        try:
            with server:
                facts = before(server)
                if time.time() < end - 1:
                    assert secho.eventually(lambda end=end: time.time() > end + 1, timeout=seconds + secho.PATIENCE)
                    return after(server, time.strftime("%Y-%m-%dT%H:%M:%SZ", until), facts)
        except AssertionError:
            if server.find_log("serving"):  # else it was too late: an outdated list is refused at the start
                raise
    raise AssertionError("this machine is too slow to serve within a minute")


def response(folder, name, certificate, days=7, revoked=False, signer=None):
    """FOLDER/NAME.der: what the intermediate (or the responder `signer`: (pem, key)) says of a certificate by OCSP."""
    folder = pathlib.Path(folder)
    ca, index, path = secho.pki() / "intermediate", folder / f"{name}.index", folder / f"{name}.der"
    serial = openssl("x509", "-in", certificate, "-noout", "-serial").strip().partition("=")[2]
    # The database of openssl-ca(1): status, end, when revoked, serial, file, subject.
    ended = _time(-1)[2:] if revoked else ""
    index.write_text(f"{'R' if revoked else 'V'}\t{_time(365)[2:]}\t{ended}\t{serial}\tunknown\t/CN=x\n", encoding="ascii")
    pem, key = signer or (f"{ca}.pem", f"{ca}.key")
    request = folder / f"{name}.req"
    openssl("ocsp", "-issuer", f"{ca}.pem", "-cert", certificate, "-no_nonce", "-reqout", request)
    openssl("ocsp", "-index", index, "-CA", f"{ca}.pem", "-rsigner", pem, "-rkey", key, "-reqin", request, "-ndays", days,
            "-respout", path)
    return path


# --- an OCSP response, taken apart (RFC 6960 4.2.1) ---


def _take(data):
    """The first element of DER data and what is behind it: (content, whole, rest)."""
    size, begin = data[1], 2
    if size & 0x80:
        begin += size & 0x7F
        size = int.from_bytes(data[2:begin], "big")
    return data[begin : begin + size], data[: begin + size], data[begin + size :]


def _der(tag, content):
    size = len(content)
    length = bytes([size]) if size < 0x80 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def _parts(response_der):
    """(object id, what is signed, algorithm, signature, the rest)."""
    _, _, explicit = _take(_take(response_der)[0])
    _, oid, octets = _take(_take(_take(explicit)[0])[0])
    _, signed, rest = _take(_take(_take(octets)[0])[0])
    _, algorithm, rest = _take(rest)
    signature, _, rest = _take(rest)
    return oid, signed, algorithm, signature[1:], rest


def _whole(oid, signed, algorithm, signature, rest):
    basic = _der(0x30, signed + algorithm + _der(0x03, b"\0" + signature) + rest)
    return _der(0x30, b"\x0a\x01\x00" + _der(0xA0, _der(0x30, oid + _der(0x04, basic))))


def damage(file, out):
    """The same response, with another signature."""
    oid, signed, algorithm, signature, rest = _parts(pathlib.Path(file).read_bytes())
    pathlib.Path(out).write_bytes(_whole(oid, signed, algorithm, signature[:-1] + bytes([signature[-1] ^ 1]), rest))


def outdate(file, out):
    """The same response as the intermediate would have given it half an hour ago, for ten minutes."""
    oid, signed, algorithm, _, rest = _parts(pathlib.Path(file).read_bytes())
    out = pathlib.Path(out)
    dates = iter((_time(-1800 / 86400), _time(-1800 / 86400), _time(-1200 / 86400)))  # produced, from, until
    out.write_bytes(re.sub(rb"20\d{12}Z", lambda _: next(dates).encode(), signed))
    key = f"{secho.pki() / 'intermediate'}.key"
    made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, out], capture_output=True, check=True).stdout
    out.write_bytes(_whole(oid, out.read_bytes(), algorithm, made, rest))
