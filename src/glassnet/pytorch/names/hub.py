"""torch.hub: there are no weights to download, and no code of others that is fetched and run."""

from __future__ import annotations

import os
from pathlib import Path

from glassnet.pytorch.names.refusing import refusing
from glassnet.pytorch.names.utilities import load_url

__all__ = [
    "download_url_to_file",
    "get_dir",
    "help",
    "list",
    "load",
    "load_state_dict_from_url",
    "set_dir",
]

_WHY = "nothing is downloaded; build the network, torchvision.models has some, and load_state_dict what you have"
load, list, help, download_url_to_file = (
    refusing(f"torch.hub.{name}", _WHY) for name in ("load", "list", "help", "download_url_to_file")
)
load_state_dict_from_url = load_url

_chosen: dict[str, str] = {}


def get_dir() -> str:
    """The folder in which PyTorch keeps what it has downloaded."""
    home = os.environ.get("TORCH_HOME", str(Path.home() / ".cache" / "torch"))
    return _chosen.get("dir", str(Path(home) / "hub"))


def set_dir(d: str) -> None:
    """Let `get_dir` say this one."""
    _chosen["dir"] = str(d)
