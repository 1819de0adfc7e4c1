"""What the objects of the Python API look like in a notebook, and the example notebook itself."""

import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import rldoctor
from rldoctor.errors import MissingExtraError, UsageError
from rldoctor.model.frame import MetricFrame
from rldoctor.model.series import Series

ROOT = Path(rldoctor.__file__).parents[1]
RUNS = ROOT / "reference_runs"
SICK = RUNS / "faulty" / "reward-exp-sharp" / "ppo-Reacher-v5-exp-0"
GOOD = RUNS / "healthy" / "ppo-Reacher-v5-exp-0"
NOTEBOOK = ROOT / "docs" / "examples" / "diagnose.ipynb"
HOSTILE = "<script>alert(1)</script><b>x"

pytestmark = pytest.mark.skipif(not SICK.is_dir(), reason="no bundled reference runs beside the package")


class Page(HTMLParser):
    """Elements that are open at the end, all tags seen, and the text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], set(), ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.open.append(tag)
        assert not [name for name, _ in attrs if name in ("src", "href", "onload", "onclick")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def loaded():
    return rldoctor.load(SICK)


@pytest.fixture(scope="module")
def diagnosis(loaded):
    return rldoctor.diagnose(loaded.runs[0])


@pytest.fixture(scope="module")
def hostile(loaded):
    """A run whose every name was chosen by somebody who means harm."""
    run = loaded.runs[0]
    steps = np.arange(1.0, 40.0)
    series = Series("episode_return", steps, np.exp(steps), HOSTILE, unit=HOSTILE)
    return replace(
        run, id=HOSTILE, env=HOSTILE, path=Path(HOSTILE), metrics=MetricFrame({series.name: series})
    )


def test_every_object_shows_itself_as_a_complete_fragment(loaded, diagnosis):
    compared = rldoctor.compare(GOOD, SICK)
    for shown in (loaded, loaded.runs[0], diagnosis, compared):
        page = Page(shown._repr_html_())
        assert page.open == []
        assert "script" not in page.tags
        assert "http" not in shown._repr_html_()
    text = Page(diagnosis._repr_html_()).text
    for part in ("critical", "REW-03", "reward_exponent: 240 -> 39", "rules could look", "OUT-10"):
        assert part in text
    assert "reward_exponent" in Page(compared._repr_html_()).text
    assert "rollout/ep_rew_mean" in Page(loaded.runs[0]._repr_html_()).text


def test_text_of_a_log_stays_text(hostile):
    judged = rldoctor.diagnose(hostile, references=("off",))
    for shown in (hostile, judged):
        page = Page(shown._repr_html_())
        assert not page.tags & {"script", "b"}
        assert "alert(1)" in page.text
    pytest.importorskip("plotly")
    drawn = rldoctor.plot(hostile, diagnosis=judged)
    assert "<" not in drawn.layout.title.text + drawn.layout.yaxis.title.text


def test_findings_are_a_tidy_frame(diagnosis):
    frame = diagnosis.to_frame()
    codes = [f.code for root in diagnosis.roots for f in (root.finding, *root.explains)]
    assert list(frame["code"]) == codes
    assert frame.loc[frame["code"] == "OUT-10", "explained_by"].tolist() == ["REW-03"]
    first = frame.iloc[0]
    assert (first["rank"], first["explained_by"], first["onset"]) == (1, "", 0.0)
    assert 0.9 < first["share"] <= 1
    empty = replace(diagnosis, roots=()).to_frame()
    assert (len(empty), list(empty.columns)) == (0, list(frame.columns))
    assert str(empty["onset"].dtype) == "float64"


def test_a_run_is_a_tidy_frame(loaded):
    frame = loaded.runs[0].to_pandas()
    assert list(frame.columns) == ["metric", "step", "value", "wall_time", "tag"]
    assert len(frame) == sum(len(series) for series in loaded.runs[0].metrics.series.values())


def test_the_figure_holds_the_curve_the_onset_and_the_limits(loaded, diagnosis):
    pytest.importorskip("plotly")
    run = loaded.runs[0]
    plain = rldoctor.plot(run, "approx_kl")
    np.testing.assert_allclose(plain.data[0].y, run.metrics["approx_kl"].values, rtol=1e-5)
    np.testing.assert_array_equal(plain.data[0].x, run.metrics["approx_kl"].steps)
    assert len(plain.layout.shapes) == 0
    curve = rldoctor.plot(run, diagnosis=diagnosis)
    assert "episode return" in curve.layout.title.text
    assert [shape.x0 for shape in curve.layout.shapes] == [0.0]
    noise = next(f for root in diagnosis.roots for f in root.explains if f.code == "POL-06")
    marked = rldoctor.plot(run, "approx_kl", diagnosis=diagnosis)
    assert "approx_kl" in noise.metrics
    assert noise.onset in [shape.x0 for shape in marked.layout.shapes]
    limits = {m.limit for m in noise.measures}
    drawn = [trace for trace in marked.data if trace.name.startswith("limit ")]
    assert drawn
    assert {trace.y[0] for trace in drawn} <= limits


def test_runs_are_counted_walked_and_picked(loaded):
    assert len(loaded) == 1
    assert list(loaded) == [loaded[0]]
    assert loaded[-1] is loaded.runs[0]
    with pytest.raises(IndexError):
        loaded[1]


def test_a_figure_shades_the_reference(diagnosis):
    pytest.importorskip("plotly")
    run = rldoctor.load(RUNS / "healthy" / "ppo-Hopper-v5-0").runs[0]
    judged = rldoctor.diagnose(run)
    assert judged.reference.used
    drawn = rldoctor.plot(run, diagnosis=judged)
    assert [trace.fill for trace in drawn.data].count("tonexty") == 1


def test_what_cannot_be_drawn_is_said(loaded, diagnosis, monkeypatch):
    run = loaded.runs[0]
    other = replace(run, path=Path("elsewhere"))
    with pytest.raises(UsageError, match="did you mean 'approx_kl'"):
        rldoctor.plot(run, "aprox_kl")
    with pytest.raises(UsageError, match="the diagnosis is of"):
        rldoctor.plot(other, diagnosis=diagnosis)
    with pytest.raises(UsageError, match="name a metric"):
        rldoctor.plot(replace(run, metrics=MetricFrame({})))
    monkeypatch.setitem(sys.modules, "plotly", None)
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(MissingExtraError, match="plotly") as caught:
        rldoctor.plot(run)
    assert "[notebook]" in caught.value.hint


@pytest.mark.slow
def test_the_example_notebook_runs(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("plotly")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells), (
        "commit it without output"
    )
    # The kernel of this interpreter, whatever kernels are registered on the machine.
    runner = client.NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    )
    runner.execute()
    outputs = [out for cell in cells for out in cell.outputs if "data" in out]
    html = [out.data["text/html"] for out in outputs if "text/html" in out.data]
    assert any("REW-03" in text and 'class="rldoctor"' in text for text in html)
    assert any("reward_exponent" in text for text in html)
    assert sum("application/vnd.plotly.v1+json" in out.data for out in outputs) == 2
