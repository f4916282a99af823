"""nginx and Caddy on loopback, with the shipped configurations except for ports, names and certificates."""

import getpass
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
from contextlib import contextmanager

import trustme

from tests.processes.client import Client
from tests.processes.servers import cannot_run
from tests.site import ROOT, free_port, wait_until

# The name in deploy/nginx and deploy/caddy.
HOST = "chat.example.org"


class Proxy:
    """A proxy that listens on `port`, whose certificate `authority`, a file, has signed. It writes to `log`."""

    # Whether it tries again elsewhere what has a body, when a worker has just gone.
    tries_posts_again = True

    def __init__(self, port, authority):
        self.port, self.url = port, f"https://{HOST}:{port}"
        self.trust = ssl.create_default_context(cafile=str(authority))

    def call(self, path, fields=None, source="127.0.0.1", **headers):
        """Send a POST if there are fields, else a GET, from a loopback address. Return (status, headers, body).

        Fields that are text are a form, with the content type among the headers."""
        connection = Connection(self, source)
        body = fields if fields is None or isinstance(fields, str) else json.dumps(fields)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            method = "GET" if fields is None else "POST"
            connection.request(method, path, body, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def guest(self, name):
        status, _, body = self.call("/api/join/", {"name": name})
        assert status < 300, body
        return json.loads(body)["token"]

    @property
    def way(self):
        """Return the options with which `websockets` connects to the proxy."""
        return {"host": "127.0.0.1", "port": self.port, "ssl": self.trust, "server_hostname": HOST}


class Connection(http.client.HTTPSConnection):
    """A connection to a host name that no name server knows."""

    def __init__(self, proxy, source):
        super().__init__(HOST, proxy.port, context=proxy.trust)
        self._trust, self._source = proxy.trust, source

    def connect(self):
        line = socket.create_connection(("127.0.0.1", self.port), source_address=(self._source, 0), timeout=60)
        self.sock = self._trust.wrap_socket(line, server_hostname=self.host)


class ClientBehind(Client):
    """A client that connects through a proxy."""

    def __init__(self, proxy, name):
        super().__init__(proxy.guest(name))
        self._proxy, self.options = proxy, proxy.way

    def base_url(self):
        return f"wss://{HOST}:{self._proxy.port}"


# ---- nginx

NGINX = """
daemon off;
pid {folder}/nginx.pid;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/chatsite.conf;
}}
"""


@contextmanager
def nginx(folder, workers):
    """Run nginx in front of up to four workers, given by their ports. Its plain port is `plain`."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin") or cannot_run("nginx")
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "fullchain.pem")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    port, plain = free_port(), free_port()
    (folder / "chatsite.conf").write_text(nginx_configuration(folder, workers, port, plain))
    user = "user root;" if getpass.getuser() == "root" else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user))
    command = [program, "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    subprocess.run([*command, "-t"], check=True)
    with running(command, port, os.environ):
        proxy = Proxy(port, folder / "authority.pem")
        proxy.plain, proxy.log = plain, folder / "access.log"
        yield proxy


def nginx_configuration(folder, workers, port, plain):
    """Return the shipped configuration, adapted. A line that is missing in it fails the test."""
    text = (ROOT / "deploy/nginx/chatsite.conf").read_text()
    unused = [f"    server 127.0.0.1:{8001 + n} max_fails=0;\n" for n in range(len(workers), 4)]
    changes = {
        "    listen 80;\n": f"    listen 127.0.0.1:{plain};\n",
        "    listen [::]:80;\n": "",
        "    listen 443 ssl http2;\n": f"    listen 127.0.0.1:{port} ssl http2;\n",
        "    listen [::]:443 ssl http2;\n": "",
        f"/etc/letsencrypt/live/{HOST}": str(folder),
        "/var/log/nginx/access.log": f"{folder}/access.log",
        "/var/lib/chatsite/files/": f"{folder}/files/",
        **dict.fromkeys(unused, ""),
        **{f"server 127.0.0.1:{8001 + n} ": f"server 127.0.0.1:{worker} " for n, worker in enumerate(workers)},
    }
    for shipped, ours in changes.items():
        assert shipped in text, shipped
        text = text.replace(shipped, ours)
    return text


# ---- Caddy

CADDY = """
{{
    admin off
    default_bind 127.0.0.1
    auto_https disable_redirects
    local_certs
    skip_install_trust
    storage file_system {folder}
}}
import {root}/deploy/caddy/Caddyfile
"""


@contextmanager
def caddy(folder, workers):
    """Run Caddy with certificates of its own authority, as for names that are not public."""
    program = shutil.which("caddy") or cannot_run("Caddy")
    port = free_port()
    (folder / "Caddyfile").write_text(CADDY.format(folder=folder, root=ROOT))
    addresses = " ".join(f"127.0.0.1:{worker}" for worker in workers)
    own = {
        "SITE_ADDRESS": f"https://{HOST}:{port}",
        "WORKERS": addresses,
        "HOME": str(folder),
        "FILES": f"{folder}/files",
    }
    command = [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with running(command, port, {**os.environ, **own}, folder / "caddy.log"):
        authority = folder / "pki/authorities/local/root.crt"
        wait_until(authority.exists, "Caddy's authority")
        proxy = Proxy(port, authority)
        proxy.log = folder / "caddy.log"
        wait_until(lambda: has_certificate(proxy), "Caddy's certificate")
        # Until its issue 7546 was fixed, in 2026. It takes the next worker for dead over it, too.
        proxy.tries_posts_again = False
        yield proxy


@contextmanager
def running(command, port, environment, log=os.devnull):
    with open(log, "wb") as errors:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
    try:
        wait_until(lambda: accepts(port), command[0], process)
        yield
    finally:
        process.terminate()
        process.wait()


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def has_certificate(proxy):
    try:
        return proxy.call("/healthz")[0] == 404
    except ssl.SSLError:
        return False


PROXIES = {"nginx": nginx, "caddy": caddy}
