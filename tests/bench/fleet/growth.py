"""How time and CPU grow with the number of apps, as a picture."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 440, 320, 64, 44, 20, 48
COLORS = ("#1a6fb8", "#8a8f98", "#c2571a")
TEXT = 'font-family="sans-serif" font-size="12" fill="#333"'


@dataclass(frozen=True)
class Panel:
    """One diagram.

    Attributes:
        title: what is drawn.
        unit: of what is drawn.
        lines: by name, the values by the number of apps.
    """

    title: str
    unit: str
    lines: Mapping[str, Mapping[int, float]]


def picture(panels: list[Panel]) -> str:
    """An SVG with the diagrams side by side, both axes logarithmic: what grows in proportion is a straight line."""
    width = WIDTH * len(panels)
    parts = [drawn(panel, at * WIDTH) for at, panel in enumerate(panels)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" role="img">'
    return "\n".join([head, f'<rect width="{width}" height="{HEIGHT}" fill="#fff"/>', *parts, "</svg>\n"])


def drawn(panel: Panel, shift: int) -> str:
    """One diagram at its place."""
    counts = sorted({count for line in panel.lines.values() for count in line})
    values = [value for line in panel.lines.values() for value in line.values()]
    low, high = 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values)))
    high = max(high, low * 10)

    def x(count: float) -> float:
        return LEFT + fraction(count, counts[0], counts[-1]) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - fraction(value, low, high) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<g transform="translate({shift} 0)">',
        label(LEFT, 20, panel.title, "start", weight="bold"),
        label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "VotingApps", "middle"),
    ]
    parts += [label(x(count), HEIGHT - BOTTOM + 18, f"{count:,}", "middle") for count in counts]
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        at = y(10.0**power)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(label(LEFT - 6, at + 4, f"{10.0**power:g} {panel.unit}", "end"))
    for number, (name, line) in enumerate(panel.lines.items()):
        color = COLORS[number % len(COLORS)]
        points = " ".join(f"{x(count):.1f},{y(line[count]):.1f}" for count in sorted(line))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(count):.1f}" cy="{y(line[count]):.1f}" r="3" fill="{color}"/>' for count in line]
        parts.append(f'<rect x="{LEFT + 8}" y="{TOP + 6 + 18 * number}" width="12" height="4" fill="{color}"/>')
        parts.append(label(LEFT + 26, TOP + 13 + 18 * number, name, "start"))
    return "\n".join([*parts, "</g>"])


def fraction(value: float, low: float, high: float) -> float:
    """Where a value lies between two others, by its logarithm."""
    return 0.5 if low == high else math.log(value / low) / math.log(high / low)


def label(x: float, y: float, text: str, anchor: str, weight: str = "normal") -> str:
    """A piece of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" {TEXT}>{escape(text)}</text>'
