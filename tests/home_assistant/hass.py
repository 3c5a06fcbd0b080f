"""A real Home Assistant for tests: started headless, set up by its own REST interface, asked by it.

Owns the process, its configuration directory and its log. It runs from a virtual environment of its
own, because it wants another Python than we do.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Self

from tests.brokers import free_port

_START_S = 120.0
_CLIENT = "http://127.0.0.1/"
_CONFIGURATION = """
homeassistant:
  time_zone: Asia/Seoul
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
config:
onboarding:
logger:
  default: info
"""


class HomeAssistant:
    """One Home Assistant with the MQTT integration and nothing else of note.

    Args:
        environment: Virtual environment that holds ``bin/hass``.
        directory: Its configuration; fresh, or that of one that was stopped.
    """

    def __init__(self, environment: Path, directory: Path) -> None:
        self._hass = environment / "bin" / "hass"
        self._directory = directory
        self._port = free_port()
        self._token = ""
        self.log: list[str] = []
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start it and wait until it answers; the first time, make its one user."""
        self._directory.mkdir(parents=True, exist_ok=True)
        configuration = self._directory / "configuration.yaml"
        first = not configuration.exists()
        configuration.write_text(_CONFIGURATION.format(port=self._port))
        self._process = subprocess.Popen(
            [str(self._hass), "-c", str(self._directory), "--log-no-color", "--skip-pip"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        reader = threading.Thread(target=self._collect, args=(self._process.stderr,), daemon=True)
        reader.start()
        self._until(lambda: self._answers("/api/onboarding" if first else "/manifest.json"))
        if first:
            self._be_its_owner()
        self._until(lambda: self.ask("/api/config")["state"] == "RUNNING")
        return self

    def _collect(self, stream: IO[str]) -> None:
        with stream:
            self.log.extend(line.rstrip("\n") for line in stream)

    def _answers(self, path: str) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "\n".join(self.log[-20:])
        try:
            self._request(path)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def _be_its_owner(self) -> None:
        owner = {"name": "o", "username": "o", "password": "o-o-o-o-o", "language": "ko"}
        made = self.ask("/api/onboarding/users", {**owner, "client_id": _CLIENT})
        form = f"grant_type=authorization_code&code={made['auth_code']}&client_id={_CLIENT}"
        kind = "application/x-www-form-urlencoded"
        self._token = self._request("/auth/token", form.encode(), kind)["access_token"]

    def _until(self, done: Callable[[], bool]) -> None:
        end_s = time.monotonic() + _START_S
        while not done():
            assert time.monotonic() < end_s, "\n".join(self.log[-40:])
            threading.Event().wait(0.2)

    def _request(self, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        headers = {"Content-Type": kind}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{path}", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            text = answer.read().decode()
        return json.loads(text) if "json" in answer.headers["Content-Type"] else text

    def ask(self, path: str, body: object = None) -> Any:
        """Ask its REST interface; a body makes it a POST."""
        return self._request(path, None if body is None else json.dumps(body).encode())

    def meet_broker(self, port: int, *, username: str) -> None:
        """Set the MQTT integration up, as a person does it on a page."""
        flow = self.ask("/api/config/config_entries/flow", {"handler": "mqtt"})
        form = {"broker": "127.0.0.1", "port": port, "username": username, "password": "any"}
        done = self.ask(f"/api/config/config_entries/flow/{flow['flow_id']}", form)
        assert done["type"] == "create_entry", done

    def render(self, template: str) -> Any:
        """What a template of its own comes to; it answers JSON where that is JSON."""
        text = self._request("/api/template", json.dumps({"template": template}).encode())
        return json.loads(text) if isinstance(text, str) else text

    def states(self) -> dict[str, dict[str, Any]]:
        """Every entity that comes by MQTT, with state and attributes."""
        mine = set(self.render("{{ integration_entities('mqtt')|to_json }}"))
        return {s["entity_id"]: s for s in self.ask("/api/states") if s["entity_id"] in mine}

    def devices(self) -> dict[str, dict[str, Any]]:
        """Every device that comes by MQTT, with what its page says."""
        ids = "integration_entities('mqtt')|map('device_id')|unique|list"
        told = ("name", "manufacturer", "model", "sw_version", "serial_number")
        listed = ",".join(f"'{name}':device_attr(d,'{name}')" for name in told)
        template = (
            "{% set n=namespace(found={}) %}{% for d in " + ids + " %}"
            "{% set n.found=dict(n.found,**{d:{" + listed + "}}) %}{% endfor %}"
            "{{ n.found|to_json }}"
        )
        return dict(self.render(template))

    def press(self, entity_id: str) -> None:
        """Press a button."""
        self.ask("/api/services/button/press", {"entity_id": entity_id})

    def complaints(self) -> list[str]:
        """Lines of its log that are worse than information."""
        bad = re.compile(r"^[\d-]+ [\d:.]+ (WARNING|ERROR|CRITICAL) ")
        return [line for line in self.log if bad.match(line) or line.startswith("Traceback")]

    def stop(self) -> None:
        """End it in good order."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
