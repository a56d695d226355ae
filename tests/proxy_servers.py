"""Real web servers before a library, with the examples of deploy/ as their configuration.

The examples name ports, a host and certificates of a real site; only those are replaced. The
programs are those of Debian's packages ``nginx-light`` and ``caddy``.
"""

import datetime as dt
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "papers.example.org"
DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
_PATIENCE = 20.0

_NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
_CADDY = """\
{{
	admin off
	skip_install_trust
	storage file_system {folder}/storage
	http_port {http}
	https_port {https}
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A web server that passes requests on."""

    http: int
    https: int
    certificate: Path
    """To be trusted by its clients."""


def reason_to_skip(name: str) -> str:
    """Why the program cannot be started here; "" if it can."""
    return "" if shutil.which(name) else f"{name} is not installed; run: make proxies"


@contextmanager
def run_proxy(name: str, target: int, folder: Path) -> Iterator[Proxy]:
    """Run ``nginx`` or ``caddy`` before the port ``target`` of this machine."""
    certificate, key = make_certificate(folder)
    http, https = free_ports()
    proxy = Proxy(http, https, certificate)
    command = (_set_up_nginx if name == "nginx" else _set_up_caddy)(proxy, key, target, folder)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + _PATIENCE
            while not _answers(http) or not _answers(https):
                assert process.poll() is None, (folder / "output").read_text()
                assert time.monotonic() < deadline, (folder / "output").read_text()
                time.sleep(0.05)
            yield proxy
        finally:
            process.terminate()
            process.wait()


def _set_up_nginx(proxy: Proxy, key: Path, target: int, folder: Path) -> list[str]:
    site = _replace(
        (DEPLOY / "nginx.conf").read_text(),
        {
            "127.0.0.1:8642": f"127.0.0.1:{target}",
            "listen 80;": f"listen 127.0.0.1:{proxy.http};",
            "listen 443 ssl": f"listen 127.0.0.1:{proxy.https} ssl",
            f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(proxy.certificate),
            f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(key),
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
        },
    )
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder))
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", f"{folder}/errors"]


def _set_up_caddy(proxy: Proxy, key: Path, target: int, folder: Path) -> list[str]:
    site = _replace(
        (DEPLOY / "Caddyfile").read_text(),
        {
            "127.0.0.1:8642": f"127.0.0.1:{target}",
            f"{HOST} {{\n": f"{HOST} {{\n\ttls {proxy.certificate} {key}\n",
        },
    )
    head = _CADDY.format(folder=folder, http=proxy.http, https=proxy.https)
    (folder / "Caddyfile").write_text(head + site)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def _replace(text: str, replacements: dict[str, str]) -> str:
    for old, new in replacements.items():
        assert old in text, f"the example has no {old!r}"
        text = text.replace(old, new)
    return text


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for ``HOST`` that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def free_ports() -> tuple[int, int]:
    """Two ports of this machine that nothing uses."""
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
