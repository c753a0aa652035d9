"""What the scripts share: their options, the folder of data, and the style of the pictures."""

import argparse
import os
from pathlib import Path

try:
    import matplotlib
except ModuleNotFoundError:
    raise SystemExit("the pictures need matplotlib: pip install 'glassnet[plot]'") from None

matplotlib.use("Agg")  # draws into files: no screen needed

import matplotlib.pyplot as plt
from cycler import cycler

# Colour-blind readers can tell these colours apart. The background is part of the picture, for dark pages.
BLUE, ORANGE, GREEN, RED, PURPLE = "#2b6cb0", "#d9730d", "#2f855a", "#c53030", "#6b46c1"
INK, MUTED, PALE, GROUND = "#1f2933", "#5f6c7b", "#dde3ea", "#fbfbf9"

plt.rcParams |= {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": GROUND,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlepad": 12,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.12,
    "figure.constrained_layout.w_pad": 0.12,
    "figure.facecolor": GROUND,
    "figure.titlesize": 16,
    "figure.titleweight": "bold",
    "font.size": 11,
    "grid.color": PALE,
    "legend.edgecolor": "none",
    "legend.facecolor": GROUND,
    "lines.linewidth": 2.5,
    "savefig.bbox": "tight",
    "savefig.dpi": 150,
    "savefig.pad_inches": 0.25,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}


def options(about, picture, data=None):
    """The options of the command line: ``out``, ``quick`` and, for a script that reads data, ``data``."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--out", type=Path, default=Path(picture), help=f"the file to draw into ({picture})")
    parser.add_argument("--quick", action="store_true", help="a small run, to see that the script works")
    if data is not None:
        parser.add_argument("--data", type=Path, default=data_folder() / data, help="where the data is (%(default)s)")
    args = parser.parse_args()
    if data is not None and not args.data.exists():
        parser.error(f"there is no {args.data}; say where it is with --data, or in GLASSNET_DATA")
    return args


def data_folder():
    """The folder GLASSNET_DATA, else shared/data beside the repository."""
    return Path(os.environ.get("GLASSNET_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


def save(figure, path):
    """Write the picture, and print where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)
    print("picture:", path)
