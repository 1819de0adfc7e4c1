"""What the tests of the watch share: a log to write, the watch over it, a receiver of its messages."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from watch_samples import HEALTHY, play

import rldoctor
from rldoctor.commands.options import Options
from rldoctor.commands.watch import watch


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def scalars():
    """``(step, tag, value)`` of a real healthy run, in the order in which it was logged."""
    run = rldoctor.load(HEALTHY).runs[0]
    rows = [
        (float(step), series.tag, float(value))
        for series in run.metrics.series.values()
        if not series.attributes.get("provenance")
        for step, value in zip(series.steps, series.values, strict=True)
    ]
    return sorted(rows, key=lambda row: row[:2])


@pytest.fixture
def watched(capfd):
    def run(folder, *acts, **options):
        code = watch(str(folder), Options(), every=1, sleep=play(*acts), **options)
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out.splitlines(), err

    return run


class Receiver(BaseHTTPRequestHandler):
    """Keeps what is posted; answers 500 as often as the server says."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        refuse = self.server.refuse > 0
        self.server.refuse -= refuse
        if not refuse:
            self.server.got.append((self.headers["Content-Type"], json.loads(body)))
        self.send_response(500 if refuse else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = HTTPServer(("127.0.0.1", 0), Receiver)
    made.got, made.refuse = [], 0
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
