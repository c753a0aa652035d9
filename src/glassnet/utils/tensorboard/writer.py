"""`SummaryWriter`: what a training script writes for TensorBoard, by PyTorch's names."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from glassnet.files import replace_file
from glassnet.nn.module import Module
from glassnet.utils.tensorboard import projector, protobuf, summary_values
from glassnet.utils.tensorboard.event_file import EventFile
from glassnet.utils.tensorboard.graph_def import graph_def


class SummaryWriter:
    """Writes numbers, pictures and histograms of a training into an event file in ``log_dir``, for TensorBoard.

    Without ``log_dir`` it is runs/, and the time and the name of the machine. ``comment`` is added to that,
    ``filename_suffix`` to the name of the file. All is written at once: ``max_queue``, ``flush_secs`` and
    ``purge_step`` are PyTorch's, and change nothing. ``tag`` names what is added, "train/loss", and ``global_step``
    the step of the training.

    Raises OSError where the file cannot be written.

    >>> from glassnet.utils.tensorboard import SummaryWriter
    >>> with SummaryWriter("logs") as writer:
    ...     for step in range(3):
    ...         writer.add_scalar("loss", 1 / (step + 1), step)
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        if not log_dir:
            log_dir = os.path.join("runs", f"{time.strftime('%b%d_%H-%M-%S')}_{socket.gethostname()}{comment}")
        self.log_dir = os.fspath(log_dir)
        self._suffix = filename_suffix
        self._files: dict[Path, EventFile] = {}
        self._embeddings: list[str] = []
        self._file()

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    # numbers ------------------------------------------------------------------------------------

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Add a number: a float, or a tensor or an array of one element."""
        self._add(summary_values.scalar(tag, scalar_value), global_step, walltime)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Add numbers that are drawn together, each by its name: a file for each, in a folder within the folder."""
        for name, value in tag_scalar_dict.items():
            inner = f"{main_tag.replace('/', '_')}_{name}"
            self._add(summary_values.scalar(main_tag, value), global_step, walltime, inner)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: int | None = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Add how numbers are spread. ``bins`` are TensorFlow's, or as `numpy.histogram` takes them."""
        self._add(summary_values.histogram(tag, values, bins, max_bins), global_step, walltime)

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: int | None = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Add a curve of precision and recall, from ``labels`` of 0 and 1 and ``predictions`` from 0 to 1."""
        curve = summary_values.pr_curve(tag, labels, predictions, num_thresholds, weights)
        self._add(curve, global_step, walltime)

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Any = None,
        run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """Add what a run was made with, numbers, texts and truth values by name, and the numbers that came of it."""
        name = str(time.time()) if run_name is None else run_name
        for values in summary_values.hyperparameters(hparam_dict, metric_dict):
            self._add(values, None, None, name)
        for tag, value in metric_dict.items():
            self._add(summary_values.scalar(tag, value), global_step, None, name)

    # pictures, sounds, texts ----------------------------------------------------------------------

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Add a picture of bytes, or of floating numbers from 0 to 1; ``dataformats`` says what its dimensions are."""
        self._add(summary_values.image(tag, img_tensor, dataformats), global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Add pictures, eight in a row."""
        self._add(summary_values.image(tag, img_tensor, dataformats), global_step, walltime)

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: int | None = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Add a figure of Matplotlib's, or a list of them; ``close`` closes it."""
        figures = figure if isinstance(figure, list) else [figure]
        for number, each in enumerate(figures):
            name = tag if len(figures) == 1 else f"{tag}/{number}"
            self._add(summary_values.image(name, summary_values.figure_pixels(each), "HWC"), global_step, walltime)
            if close:
                import matplotlib.pyplot as plt

                plt.close(each)

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: int | None = None,
        sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """Add a sound, [samples] or [1, samples] of numbers from -1 to 1."""
        self._add(summary_values.audio(tag, snd_tensor, sample_rate), global_step, walltime)

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Add a text, which is shown as Markdown."""
        self._add(summary_values.text(tag, text_string), global_step, walltime)

    # the network, and what it makes of the data ---------------------------------------------------

    def add_graph(
        self, model: Module, input_to_model: Any = None, verbose: bool = False, use_strict_trace: bool = True
    ) -> None:
        """Add the graph of the operations of ``model`` for an input, a tensor or a tuple of them."""
        if input_to_model is None:
            raise ValueError(
                "add_graph: expected an input of the network, add_graph(model, x), of which the graph is made"
            )
        self._file().event(protobuf.data(4, graph_def(model, input_to_model)))

    def add_embedding(
        self,
        mat: Any,
        metadata: Sequence[Any] | None = None,
        label_img: Any = None,
        global_step: int | None = None,
        tag: str = "default",
        metadata_header: Sequence[str] | None = None,
    ) -> None:
        """Add points [n, features] for the projector, with labels and pictures [n, channels, height, width] of them."""
        place = f"{0 if global_step is None else global_step:05d}/{re.sub(r'[^-A-Za-z0-9_.]', '_', tag)}"
        said = projector.write_embedding(Path(self.log_dir), place, mat, metadata, label_img, metadata_header)
        self._embeddings.append(said)
        replace_file(Path(self.log_dir) / "projector_config.pbtxt", "".join(self._embeddings).encode())

    # the file -----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Nothing to do: all is written at once."""

    def close(self) -> None:
        """Close the files; what is added afterwards begins new ones."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _add(self, values: bytes, step: Any, wall_time: float | None, inner: str = "") -> None:
        self._file(inner).summary(values, None if step is None else int(step), wall_time)

    def _file(self, inner: str = "") -> EventFile:
        folder = Path(self.log_dir, inner)
        if folder not in self._files:
            self._files[folder] = EventFile(folder, self._suffix)
        return self._files[folder]
