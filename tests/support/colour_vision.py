"""How colours look to colour-blind readers and in grey print, and how far apart they are.

Matrices: Machado, Oliveira and Fernandes (2009), IEEE Trans. Vis. Comput. Graph. 15:1291, full
severity, on linear RGB. Distances: CIE 1976 L*a*b* (D65).
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb

SEEN = {
    "usual": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
}  # fmt: skip

_TO_XYZ = np.array([
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
])  # fmt: skip

_WHITE = np.array([0.95047, 1.0, 1.08883])


def lab(colour: str, seen: str = "usual") -> np.ndarray:
    """L*, a*, b* of a colour as it is seen."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = _TO_XYZ @ np.clip(SEEN[seen] @ linear, 0, 1) / _WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, seen: str = "usual") -> float:
    """Distance of two colours (CIE 1976)."""
    return float(np.linalg.norm(lab(one, seen) - lab(other, seen)))


def grey_difference(one: str, other: str) -> float:
    """Difference of lightness L*: all that is left in grey print."""
    return float(abs(lab(one)[0] - lab(other)[0]))
