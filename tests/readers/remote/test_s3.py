"""A bucket of a real S3 server (moto's), with credentials, read lazily."""

import pytest
from test_urls import checked

from rldoctor.errors import ReadError
from rldoctor.loading import load

pytest.importorskip("s3fs", reason="needs s3fs: pip install s3fs")
moto = pytest.importorskip(
    "moto.server", reason="needs a local S3 server: pip install 'moto[server]' (200 MB)"
)


@pytest.fixture
def bucket(run_dir, monkeypatch):
    """The folder in a bucket; the credentials are in fsspec's own configuration."""
    import fsspec.config
    import s3fs

    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    options = {"key": "hush-key", "secret": "hush-secret", "endpoint_url": f"http://{host}:{port}"}
    monkeypatch.setitem(fsspec.config.conf, "s3", options)
    system = s3fs.S3FileSystem(**options)
    if not system.exists("lab"):  # one server process has one memory
        system.mkdir("lab")
    system.put(str(run_dir), "lab/exp", recursive=True)
    yield "s3://lab"
    server.stop()


def test_a_bucket(bucket, run_dir):
    run, note = checked(f"{bucket}/exp", run_dir)
    assert str(run.path) == "s3://lab/exp/PPO_1"
    assert "2 of 4 files were needed" in note
    # The second time nothing is fetched.
    _, note = checked(f"{bucket}/exp", run_dir)
    assert "0 bytes fetched" in note


def test_what_is_not_there(bucket):
    with pytest.raises(ReadError) as caught:
        load(f"{bucket}-of-another/exp")
    assert "hush" not in str(caught.value) + caught.value.hint
