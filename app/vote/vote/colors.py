"""Text that can be read on whatever colour an option has."""

_LINEAR_BELOW = 0.04045
# Above this luminance black has the better contrast, below it white; either way the ratio is 4.58 or more.
_BLACK_ABOVE = 0.179


def ink_on(color: str) -> str:
    """Return black or white, whichever WCAG 2 gives the higher contrast on a colour written #RRGGBB."""
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000" if luminance > _BLACK_ABOVE else "#fff"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _LINEAR_BELOW else ((channel + 0.055) / 1.055) ** 2.4
