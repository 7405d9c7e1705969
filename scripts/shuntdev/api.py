"""The control plane's REST API, as a script uses it: bearer token in, JSON out."""

import json
import urllib.error
import urllib.request

from .console import Failure


class Api:
    def __init__(self, base, token):
        self.base = base
        self._token = token

    def get(self, path):
        return self._call("GET", path)

    def post(self, path, body):
        return self._call("POST", path, body)

    def _call(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Accept": "application/json"},
        )
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as e:
            raise Failure(f"{method} {path} was answered {e.code} {e.reason}: {e.read().decode(errors='replace')[:2000]}") from None
        except OSError as e:
            raise Failure(f"{method} {path}: no answer from {self.base}: {e}") from None


def answers(url):
    """Whether a GET is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return 200 <= answer.status < 300
    except OSError:
        return False
