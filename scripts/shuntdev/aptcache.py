"""Debian's packages for containers that have no way out: a proxy of their network, which keeps each package it has fetched once."""

import hashlib
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

# Fetches the way apt of this host is set up to: through its proxies, with its certificates.
_FETCH = "/usr/lib/apt/apt-helper"
# These never change under their name; indexes do.
_FOREVER = re.compile(r"/pool/|/by-hash/")


class AptCache:
    def __init__(self, folder, port):
        """Listens in the network that the calling thread is in now; start() answers, and fetches, in that of its caller."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        cache = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                cache.answer(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("0.0.0.0", port), Handler)

    def start(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request):
        file = self._fetched(request.path) if urlsplit(request.path).scheme == "http" else None
        if file is None:
            request.send_response(404)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        body = file.read_bytes()
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _fetched(self, url):
        """The file that was fetched from a URL, or None when there is no such file, or no network and it was never fetched."""
        file = self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}-{os.path.basename(urlsplit(url).path)}"
        if file.exists() and _FOREVER.search(url):
            return file
        part = file.with_name(f"{file.name}.{threading.get_ident()}")
        try:
            done = subprocess.run([_FETCH, "download-file", url, part], stdin=subprocess.DEVNULL, capture_output=True)
            if done.returncode == 0 and part.exists():
                part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        return file if file.exists() else None
