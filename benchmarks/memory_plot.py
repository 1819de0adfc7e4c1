"""The memory of many runs as an SVG, without a package: for ``bench_many.py --plot FILE``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 20, 24, 48
# Megabytes that many runs may take: so many, and so many more for each process.
ALLOWED, EACH = 150, 60
Point = tuple[float, float]


def limit(jobs: int) -> float:
    """What the memory of all processes together may come to."""
    return ALLOWED + EACH * jobs


def memory_plot(points: Sequence[Point], jobs: int, about: str) -> str:
    """Megabytes against runs, with the limit as a dashed line."""
    most = max(x for x, _ in points), 1.15 * max(limit(jobs), *(y for _, y in points))
    return "\n".join(_lines(points, most, jobs, about)) + "\n"


def _lines(points: Sequence[Point], most: Point, jobs: int, about: str) -> Iterator[str]:
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
    yield f"<title>{about}</title>"
    yield '<rect width="100%" height="100%" fill="white"/>'
    yield from _axes(most)
    _, high = _at((0, limit(jobs)), most)
    yield f'<path d="M{LEFT} {high:.1f}H{WIDTH - RIGHT}" stroke="#b00" stroke-dasharray="6 4"/>'
    yield f'<text x="{LEFT + 8}" y="{high - 6:.1f}" fill="#b00">limit: {limit(jobs):g} MB</text>'
    places = [_at(point, most) for point in points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    yield f'<path d="M{path}" fill="none" stroke="#06c" stroke-width="2"/>'
    for (x, y), (_, megabytes) in zip(places, points, strict=True):
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#06c"/>'
        yield f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{megabytes:.0f}</text>'
    yield f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">runs</text>'
    yield f'<text x="{LEFT}" y="{TOP - 8}">MB, all processes together</text>'
    yield "</svg>"


def _axes(most: Point) -> Iterator[str]:
    bottom = HEIGHT - BOTTOM
    yield f'<path d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}" fill="none" stroke="#444"/>'
    for part in range(5):
        x, _ = _at((most[0] * part / 4, 0), most)
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{most[0] * part / 4:,.0f}</text>'
    for megabytes in range(0, int(most[1]), 100):
        _, y = _at((0, megabytes), most)
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{megabytes}</text>'


def _at(point: Point, most: Point) -> Point:
    """The place of a point on the picture."""
    x = LEFT + (WIDTH - LEFT - RIGHT) * point[0] / most[0]
    return x, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * point[1] / most[1]
