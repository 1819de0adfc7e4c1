"""Headless Chromium by its DevTools protocol, over the pipe that it offers: no package, no port."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars "
    "--force-prefers-reduced-motion --remote-debugging-pipe"
)


class BrowserError(RuntimeError):
    """A command of the protocol or a script of the page failed."""


class Browser:
    """One Chromium with one tab. ``console``: errors and warnings since ``open``; ``requests``: addresses."""

    def __init__(self, profile: Path) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        command = f"exec {CHROMIUM} {FLAGS} --user-data-dir={profile} 3<&{theirs_in} 4>&{theirs_out}"
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", command],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._buffer, self._number, self._session = b"", 0, ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        self.call("Browser.close")
        self._process.wait(30)
        os.close(self._out)
        os.close(self._in)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            part = os.read(self._in, 1 << 20)
            if not part:
                raise BrowserError("the browser has gone")
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        received: dict[str, Any] = json.loads(message)
        if "method" in received:
            self.events.append(received)
        return received

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        while True:
            received = self._receive()
            if received.get("id") == self._number:
                if "error" in received:
                    raise BrowserError(f"{method}: {received['error']}")
                result: dict[str, Any] = received["result"]
                return result

    def wait(self, method: str) -> dict[str, Any]:
        while True:
            found = next((event for event in self.events if event["method"] == method), None)
            if found is not None:
                return found
            self._receive()

    def open(
        self, page: Path, anchor: str = "", width: int = 1100, height: int = 900, dark: bool = False
    ) -> None:
        self.call("Page.navigate", url="about:blank")
        self.media(dark=dark)
        self.size(width, height)
        self.evaluate("1")
        self.events.clear()
        self.call("Page.navigate", url=page.resolve().as_uri() + anchor)
        self.wait("Page.loadEventFired")

    def size(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip

    def media(self, *, dark: bool = False, kind: str = "") -> None:
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", media=kind, features=features)

    def evaluate(self, script: str) -> Any:
        """The value of an expression of the page; a promise is awaited."""
        given = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in given:
            raise BrowserError(str(given["exceptionDetails"].get("exception", {}).get("description")))
        return given["result"].get("value")

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def key(self, name: str, code: int) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=code)
            if kind == "rawKeyDown" and name == "Enter":
                self.call(
                    "Input.dispatchKeyEvent", type="char", text="\r", key=name, windowsVirtualKeyCode=code
                )

    def mouse(self, x: float, y: float) -> None:
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def settle(self) -> None:
        """Lets observers, frames and timers of the page have their turn."""
        self.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 120)))")

    def screenshot(self, path: Path, *, height: int | None = None, whole: bool = False) -> None:
        more = {"captureBeyondViewport": True} if whole else {}
        if height is not None:
            width = self.evaluate("innerWidth")
            more = {**more, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png", **more)["data"]))

    @property
    def console(self) -> list[str]:
        """Everything the console said, exceptions included."""
        said = []
        for event in self.events:
            if event["method"] == "Runtime.consoleAPICalled":
                said.append(str(event["params"]["args"]))
            elif event["method"] == "Runtime.exceptionThrown":
                said.append(str(event["params"]["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded":
                said.append(event["params"]["entry"]["text"])
        return said

    @property
    def requests(self) -> list[str]:
        """Addresses that were asked for, apart from the page itself and data in it."""
        sent = [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"]  # fmt: skip
        return [url for url in sent if not url.startswith(("file:", "data:", "blob:", "about:"))]
