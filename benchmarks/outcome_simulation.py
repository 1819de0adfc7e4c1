"""How the outcome is judged where the truth is known: ``python benchmarks/outcome_simulation.py``.

Curves are made, not logged: a policy that never changes, learners (logistic), learners that fall back, each
with noise of five kinds behind the moving means of real loggers. Prints false alarms, power, falls,
prefixes, what changes under thinning and rescaling, calibration (reliability table and Brier score) and the
time of a judgement. The default takes about two minutes on one core; ``--full`` makes ten times the curves.
Exit code 1 when a limit of ``LIMITS`` is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rldoctor.model.outcome import Budget, Curve, CurveOutcome, OutcomeKind, TaskScale
from rldoctor.outcome import judge
from rldoctor.outcome.criteria_file import load_criteria
from rldoctor.outcome.judging import NO_BUDGET

Floats = NDArray[np.float64]
CRITERIA = load_criteria(Path(__file__).resolve().parents[1] / "rules")
CHANGES = (OutcomeKind.RISING, OutcomeKind.KEPT, OutcomeKind.LOST, OutcomeKind.FELL)
GAINS = (OutcomeKind.RISING, OutcomeKind.KEPT)
BAD = (OutcomeKind.FLAT, OutcomeKind.FELL, OutcomeKind.LOST)
LENGTHS = (20, 50, 100, 300, 2000)
# Of all curves of a table: no more than the first (false alarms), no less than the second (falls that were
# found).
LIMITS = {
    "changes in null curves": 0.02,
    "bad news of learners": 0.01,
    "falls of 40 %": 0.80,
    "falls of 60 %": 0.95,
}
RHOS = {"ar .9": 0.9, "ar .99": 0.99}


@dataclass(frozen=True)
class Noise:
    """Noise behind a moving mean over ``window`` episodes, one row per episode; ``known`` to the judge."""

    kind: str
    window: int = 1
    known: bool = True

    def __str__(self) -> str:
        """``normal, window 10 (not known)``."""
        return f"{self.kind}, window {self.window}" + ("" if self.known else " (not known)")

    def curve(self, signal: Floats, rng: np.random.Generator) -> Curve:
        """Episodes with this noise (standard deviation 1) around a signal, as the logger writes them."""
        before = np.full(self.window - 1, signal[0])
        episodes = np.concatenate([before, signal]) + self.draw(signal.size + self.window - 1, rng)
        values = np.convolve(episodes, np.ones(self.window) / self.window, "valid")
        seen = self.window if self.known else None
        # The window is full from the first row on.
        steps = np.arange(self.window, self.window + values.size, dtype=float)
        return Curve(steps, values, seen, float(self.window) if self.known and self.window > 1 else 0.0)

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Noise of single episodes, standard deviation 1."""
        if self.kind in RHOS:
            return autoregressive(count, RHOS[self.kind], rng)
        if self.kind == "heavy tails":
            return np.asarray(rng.standard_t(3, count) / np.sqrt(3))
        if self.kind == "0/1":
            return np.asarray(((rng.random(count) < 0.3) - 0.3) / np.sqrt(0.21))
        return rng.standard_normal(count)


def autoregressive(count: int, rho: float, rng: np.random.Generator) -> Floats:
    """AR(1) noise of standard deviation 1, from its stationary start on."""
    added = rng.standard_normal(count) * np.sqrt(1 - rho**2)
    values = np.empty(count)
    last = rng.standard_normal()
    for place in range(count):
        last = rho * last + added[place]
        values[place] = last
    return values


NOISES = (
    *(Noise(kind, window) for kind in ("normal", "heavy tails", "0/1") for window in (1, 10, 100)),
    # Episodes of one policy are independent: rows that are alike are averages, of a window nobody told.
    *(Noise(kind, known=False) for kind in RHOS),
)
UNKNOWN = tuple(Noise(one.kind, one.window, False) for one in NOISES if one.window > 1)


def logistic(rows: int, rng: np.random.Generator) -> Floats:
    """A learner from 0 to 1: half-way at 20 to 70 % of the run, as quick as 8 to 40 % of it (10 to 90 %)."""
    time_of = np.arange(rows) / rows
    return np.asarray(1 / (1 + np.exp(-(time_of - rng.uniform(0.2, 0.7)) / rng.uniform(0.02, 0.1))))


def falling(rows: int, share: float, rng: np.random.Generator) -> Floats:
    """A learner from 0 to 1 by 40 % of the run that loses a share for good, from 50 to 88 % of it on."""
    time_of = np.arange(rows) / rows
    rise = 1 / (1 + np.exp(-(time_of - rng.uniform(0.1, 0.25)) / rng.uniform(0.01, 0.03)))
    start = rng.uniform(0.5, 0.88)
    fall = np.clip((time_of - start) / rng.uniform(0.01, 0.08), 0, 1)
    return np.asarray(rise - share * fall)


def judged(curve: Curve, budget: Budget = NO_BUDGET) -> CurveOutcome:
    """The judgement of a curve measured by itself."""
    return judge(curve, CRITERIA, None, budget)


def share(counts: Counter[OutcomeKind], kinds: tuple[OutcomeKind, ...]) -> float:
    """Share of the curves that have one of the kinds."""
    return sum(counts[kind] for kind in kinds) / max(sum(counts.values()), 1)


def nulls(runs: int, rng: np.random.Generator) -> Iterator[tuple[str, float]]:
    """How often a policy that never changes is said to have changed."""
    print("Constant policy: % called rising, kept, lost or fell (flat; the rest is early)")
    print(f"{'rows':38}", *(f"{rows:>10}" for rows in LENGTHS))
    for name, noises in (("changes in null curves", NOISES), ("(window not known)", UNKNOWN)):
        total: Counter[OutcomeKind] = Counter()
        for noise in noises:
            cells = []
            for rows in LENGTHS:
                seen = Counter(judged(noise.curve(np.zeros(rows), rng)).kind for _ in range(runs))
                total += seen
                cells.append(
                    f"{share(seen, CHANGES):5.0%} ({share(seen, (OutcomeKind.FLAT,)):4.0%})".rjust(10)
                )
            print(f"{noise!s:38}", *cells, flush=True)
        print(f"all: {share(total, CHANGES):.1%}, swinging {share(total, (OutcomeKind.SWINGING,)):.1%}\n")
        yield name, share(total, CHANGES)


def learners(runs: int, rng: np.random.Generator) -> Iterator[tuple[str, float]]:
    """Power: how often a learner is seen to learn, by its gain in standard deviations of an episode."""
    print("Learners: % called rising or kept (bad news: flat, fell, lost; the rest is early)")
    print(f"{'gain / noise of an episode':38}", *(f"{rows:>10}" for rows in LENGTHS))
    total: Counter[OutcomeKind] = Counter()
    for noise in NOISES:
        for gain in (3, 5, 10) if noise.kind != "0/1" else ():
            cells = []
            for rows in LENGTHS:
                seen = Counter(judged(noise.curve(gain * logistic(rows, rng), rng)).kind for _ in range(runs))
                total += seen
                cells.append(f"{share(seen, GAINS):5.0%} ({share(seen, BAD):4.0%})".rjust(10))
            print(f"{noise!s:32} {gain:>5}", *cells, flush=True)
    print(f"all: {share(total, GAINS):.0%} seen, bad news {share(total, BAD):.1%}\n")
    yield "bad news of learners", share(total, BAD)


def falls(runs: int, rng: np.random.Generator) -> Iterator[tuple[str, float]]:
    """How often a loss is found at 100 rows, by its share of the gain."""
    print("Falls at 100 rows, gain of 10 standard deviations of an episode: % called lost")
    shares = (0.0, 0.2, 0.4, 0.6, 1.0)
    print(f"{'share of the gain that is lost':38}", *(f"{one:>8.0%}" for one in shares))
    totals: dict[float, Counter[OutcomeKind]] = {one: Counter() for one in shares}
    for noise in (Noise("normal"), Noise("normal", 10), Noise("heavy tails"), Noise("heavy tails", 10)):
        cells = []
        for lost in shares:
            curves = (noise.curve(10 * falling(100, lost, rng), rng) for _ in range(2 * runs))
            seen = Counter(judged(curve).kind for curve in curves)
            totals[lost] += seen
            cells.append(f"{share(seen, (OutcomeKind.LOST,)):8.0%}")
        print(f"{noise!s:38}", *cells, flush=True)
    print()
    yield "falls of 40 %", share(totals[0.4], (OutcomeKind.LOST,))
    yield "falls of 60 %", share(totals[0.6], (OutcomeKind.LOST,))


def prefixes(runs: int, rng: np.random.Generator) -> None:
    """What a learner is called while it runs; ``minimum`` is the step at which it has 90 % of its gain."""
    parts = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
    print("Prefixes of learners (gain 10, 100 rows in all): % with bad news at probability >= 0.8")
    print(f"{'share of the run':38}", *(f"{part:>7.0%}" for part in parts))
    for name, told in (("known how long learning takes", True), ("not known", False)):
        bad = np.zeros(len(parts))
        for _ in range(runs):
            signal = logistic(100, rng)
            curve = Noise("normal", 10).curve(10 * signal, rng)
            needed = Budget(minimum=float(curve.steps[min(int(np.argmax(signal > 0.9)) or 99, 99)]))
            for place, part in enumerate(parts):
                cut = Curve(curve.steps[: int(part * 100)], curve.values[: int(part * 100)], 10, 10.0)
                found = judged(cut, needed if told else Budget())
                bad[place] += found.kind in BAD and found.probability >= 0.8
        print(f"{name:38}", *(f"{one / runs:7.0%}" for one in bad), flush=True)
    print(
        "A learner that has not begun to learn is a constant policy: without knowing how long learning takes,"
    )
    print("flat is what such a prefix is.\n")


def stability(runs: int, rng: np.random.Generator) -> None:
    """What changes when rows are left out, or when the reward has another unit."""
    same: Counter[str] = Counter()
    for place in range(4 * runs):
        signal = 10 * (logistic(500, rng) if place % 2 else falling(500, 0.6, rng))
        curve = Noise("normal").curve(signal, rng)
        kind = group(judged(curve).kind)
        for step in (2, 5):
            thin = Curve(curve.steps[::step], curve.values[::step])
            same[f"1 of {step} rows"] += group(judged(thin).kind) == kind
        scale = TaskScale(0.0, 0.0, 12.0)
        moved = Curve(curve.steps, 0.01 * curve.values - 7)
        scales = (scale, TaskScale(-7.0, -7.0, 12 * 0.01 - 7))
        kinds = [judge(one, CRITERIA, by).kind for one, by in zip((curve, moved), scales, strict=True)]
        same["reward x .01 - 7"] += kinds[0] is kinds[1]
    print("Same class (gain 10, 500 rows; rising and kept taken together):")
    print(", ".join(f"{name} {count / (4 * runs):.1%}" for name, count in same.items()), "\n", flush=True)


def group(kind: OutcomeKind) -> str:
    """Kinds that thinning may exchange: how late a gain still counts as rising is a matter of a few rows."""
    return "gained" if kind in GAINS else kind.value


def calibration(runs: int, rng: np.random.Generator) -> None:
    """Of the claims made with some probability, how many are true; ``early`` claims nothing."""
    claims: list[tuple[float, bool]] = []
    made = 0
    makers = (
        lambda n: np.zeros(n),
        lambda n: logistic(n, rng),
        lambda n: falling(n, rng.uniform(0.4, 1), rng),
    )
    for noise in (*NOISES, *UNKNOWN) * runs:
        for make in makers:
            signal = rng.uniform(2, 10) * make(int(rng.choice([50, 100, 300])))
            right = truth(signal, noise.window)
            if not right:
                continue
            made += 1
            found = judged(noise.curve(signal, rng))
            if found.kind is not OutcomeKind.EARLY:
                # Rising and kept share a border: the claim that is checked is that of a gain.
                gain = sum(found.probabilities[kind] for kind in GAINS)
                claims.append((gain if found.kind in GAINS else found.probability, found.kind in right))
    table(np.array([sure for sure, _ in claims]), np.array([right for _, right in claims], float), made)


def truth(signal: Floats, window: int) -> tuple[OutcomeKind, ...]:
    """The classes that are right for the curve without noise; none where the limits decide."""
    before = np.full(window - 1, signal[0])
    mean = np.convolve(np.concatenate([before, signal]), np.ones(window) / window, "valid")
    gain, loss = float(np.ptp(mean)), float(mean.max() - mean[-1])
    if gain == 0:
        return (OutcomeKind.FLAT,)
    # Material are 1.5 (1 behind a mean) standard deviations of an episode, lost is a quarter of the gain.
    if gain < 2 or 0.15 * gain < loss < max(0.35 * gain, 2):
        return ()
    return (OutcomeKind.LOST,) if loss > 0.25 * gain else GAINS


def table(sure: Floats, right: Floats, made: int) -> None:
    """The reliability table and the Brier score."""
    print(f"Calibration: {sure.size:,} of {made:,} curves got a class other than early")
    print(f"{'probability':>14} {'claims':>7} {'said':>6} {'true':>6}")
    for low, high in ((0.0, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.97), (0.97, 1.01)):
        inside = (sure >= low) & (sure < high)
        if inside.any():
            said, true = sure[inside].mean(), right[inside].mean()
            print(f"{low:6.2f} to {min(high, 1):4.2f} {inside.sum():7} {said:6.2f} {true:6.2f}")
    mean = right.mean() * (1 - right.mean())
    print(f"Brier score {np.mean((sure - right) ** 2):.3f} (always saying the mean: {mean:.3f})\n")


def timing(rng: np.random.Generator) -> None:
    """CPU time of a judgement."""
    print("CPU time of a judgement (median of 30):", end=" ")
    for rows in (20, 50, 100, 300, 2000):
        curve = Noise("normal").curve(5 * logistic(rows, rng), rng)
        times = []
        for _ in range(30):
            start = time.process_time()
            judged(curve)
            times.append(time.process_time() - start)
        print(f"{rows} rows {1e3 * float(np.median(times)):.1f} ms", end="; ")
    print()


def main() -> int:
    """Print the tables; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--full", action="store_true", help="ten times the curves")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--only", default="", help="one of: nulls learners falls prefixes stability calibration timing"
    )
    given = parser.parse_args()
    runs = 300 if given.full else 30
    rng = np.random.default_rng(given.seed)
    results: dict[str, float] = {}
    for name, make in (("nulls", nulls), ("learners", learners), ("falls", falls)):
        if given.only in ("", name):
            results |= dict(make(runs, rng))
    for name, show in (("prefixes", prefixes), ("stability", stability), ("calibration", calibration)):
        if given.only in ("", name):
            show(runs, rng)
    if given.only in ("", "timing"):
        timing(rng)
    missed = [name for name, found in results.items() if name in LIMITS and not holds(name, found)]
    for name, found in results.items():
        wanted = LIMITS.get(name)
        print(
            f"{name}: {found:.1%}"
            + (f" (limit {wanted:.0%}{', MISSED' if name in missed else ''})" if wanted else "")
        )
    return 1 if missed else 0


def holds(name: str, found: float) -> bool:
    """Whether a result keeps its limit."""
    return found >= LIMITS[name] if name.startswith("falls") else found <= LIMITS[name]


if __name__ == "__main__":
    sys.exit(main())
