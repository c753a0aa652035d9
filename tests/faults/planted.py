"""The faults: each a small change of the library's text that makes it wrong, and the tests that should see it first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SOURCE = Path("src/glassnet")


@dataclass(frozen=True)
class Fault:
    """``before``, which stands once in ``file``, becomes ``after``; ``near`` are the tests to run first."""

    name: str
    file: str
    before: str
    after: str
    near: tuple[str, ...]

    def planted(self, root: Path) -> str:
        """The text of the file with the fault. Raises ValueError where ``before`` does not stand in it once."""
        path = root / SOURCE / self.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if text.count(self.before) != 1:
            raise ValueError(
                f"{self.name}: expected once in {self.file}, found {text.count(self.before)} times:\n{self.before}"
            )
        return text.replace(self.before, self.after)


FAULTS = (
    Fault(
        "a gradient of relu that ends where NaN is",
        "ops/activation.py",
        "lambda g, y, _x: g * (y != 0)",
        "lambda g, y, _x: g * (y > 0)",
        ("tests/engines/test_edges.py",),
    ),
    Fault(
        "an operation that lets NumPy warn of what becomes infinite",
        "tensor/dispatch.py",
        "            before = be(SILENT)\n            try:\n                array = op",
        "            before = be(settings.get())\n            try:\n                array = op",
        ("tests/tensor/test_silence.py",),
    ),
    Fault(
        "the derivative of relu6 beyond 6",
        "ops/activation.py",
        "g * ((y != 0) & (y != 6))",
        "g * (y != 0)",
        ("tests/ops/test_registry.py", "tests/functional/test_activation.py"),
    ),
    Fault(
        "a derivative that is a thousandth too large",
        "ops/linear.py",
        "lambda g, _y, _x, weight, _bias=None: matmul(g, weight),",
        "lambda g, _y, _x, weight, _bias=None: matmul(g, weight) * 1.001,",
        ("tests/ops/test_registry.py",),
    ),
    Fault(
        "a convolution that writes the results of all blocks of samples to the first",
        "ops/layers/convolution.py",
        "parted[some, :, :, at] =",
        "parted[: len(x[some]), :, :, at] =",
        ("tests/nn/test_convolution.py",),
    ),
    Fault(
        "a transposed convolution that takes no notice of the dilation of width",
        "ops/layers/convolution.py",
        "first = place * dilation[2]",
        "first = place",
        ("tests/ops/test_registry.py",),
    ),
    Fault(
        "a shape rule: keepdim leaves out the dimension",
        "ops/shapes.py",
        "return tuple(1 if i in dims else n for i, n in enumerate(shape))",
        "return tuple(n for i, n in enumerate(shape) if i not in dims)",
        ("tests/ops/test_reductions.py", "tests/ops/test_registry.py"),
    ),
    Fault(
        "broadcasting undone in the leading dimensions only",
        "ops/reduction.py",
        "if i < surplus or (x.shape[i - surplus] == 1 and n != 1)",
        "if i < surplus",
        ("tests/ops/test_broadcasting.py", "tests/autograd/test_backward.py", "tests/autograd/test_programs.py"),
    ),
    Fault(
        "Nesterov's step in the wrong direction",
        "ops/update/sgd.py",
        "g = np.add(g, step, out=step)",
        "g = np.subtract(g, step, out=step)",
        ("tests/optim/test_update.py", "tests/optim/test_steps.py"),
    ),
    Fault(
        "a schedule with half its period",
        "optim/lr_scheduler/factors.py",
        "(1 + math.cos(math.pi * (epoch % (2 * self.T_max)) / self.T_max)) / 2",
        "(1 + math.cos(math.pi * (epoch % self.T_max) / self.T_max)) / 2",
        ("tests/optim/test_lr_scheduler.py",),
    ),
    Fault(
        "a pass that lets a value be read before a write in place of after",
        "program/passes/common_subexpressions.py",
        "version = 0 if changing.isdisjoint(instruction.reads) else writes",
        "version = 0",
        ("tests/program/test_passes.py", "tests/compilation/test_specialisations.py"),
    ),
    Fault(
        "liveness: memory is given away before its last read",
        "program/passes/liveness.py",
        "for var in ends.get(position, []):\n            if var not in outside:",
        "for var in ends.get(position + 1, []):\n            if var not in outside:",
        ("tests/program/test_passes.py", "tests/engines/test_numpy.py"),
    ),
    Fault(
        "a guard that is not looked at: whether gradients are followed",
        "compilation/guards.py",
        "if mode.grad is not self._grad or get_default_dtype() is not self._dtype:",
        "if get_default_dtype() is not self._dtype:",
        ("tests/compilation/test_specialisations.py", "tests/compilation/test_watching.py"),
    ),
    Fault(
        "a snapshot that does not put numbers back",
        "trace/snapshot.py",
        "np.copyto(array, before)",
        "pass",
        ("tests/trace/test_snapshot.py", "tests/compilation/test_refusals.py"),
    ),
    Fault(
        "escapes that are not looked for",
        "trace/escapes.py",
        "if not kept:",
        "if True:",
        ("tests/compilation/test_refusals.py", "tests/compilation/test_footguns.py"),
    ),
    Fault(
        "generated source with a rounded number",
        "codegen/expressions.py",
        'return re.sub(r"\\b(inf|nan)\\b", r"np.\\1", repr(value))',
        'return re.sub(r"\\b(inf|nan)\\b", r"np.\\1", f"{value:.6g}" if type(value) is float else repr(value))',
        ("tests/codegen/test_expressions.py",),
    ),
    Fault(
        "an exported file whose linear layer subtracts its bias",
        "ops/linear.py",
        '(f" + {bias}" if bias != "None" else "")',
        '(f" - {bias}" if bias != "None" else "")',
        ("tests/export/test_numpy_file.py",),
    ),
    Fault(
        "an exported number with fewer digits",
        "export/literals.py",
        "return str(int(x)) if is_short else str(x)",
        'return str(int(x)) if is_short else f"{x:.6g}"',
        ("tests/export/test_numpy_file.py",),
    ),
    Fault(
        "a loader that always leaves out the last batch",
        "data/loader.py",
        "BatchSampler(sampler, batch_size, drop_last)",
        "BatchSampler(sampler, batch_size, True)",
        ("tests/data/test_loader.py",),
    ),
    Fault(
        "a shuffled order that is drawn once and then kept",
        "data/sampler.py",
        "rounds = [randperm(size, generator=self.generator).array for _ in range(-(-count // size))]",
        "rounds = self.__dict__.setdefault(\n"
        '            "_rounds", [randperm(size, generator=self.generator).array for _ in range(-(-count // size))]\n'
        "        )",
        ("tests/data/test_samplers.py", "tests/data/test_loader.py"),
    ),
    Fault(
        "a table's numbers standardised by the wrong scale",
        "tables/columns.py",
        'np.array(column["mean"])) / np.array(column["scale"])',
        'np.array(column["mean"])) / np.array(column["scale"]) ** 2',
        ("tests/tables/test_encoding.py", "tests/tables/test_columns.py"),
    ),
    Fault(
        "recall that is precision",
        "training/metrics/classification.py",
        "return _shares(right, actual)",
        "return _shares(right, predicted)",
        ("tests/training/test_metrics.py",),
    ),
    Fault(
        "a checkpoint that forgets the optimizer",
        "training/run_state.py",
        'trainer.optimizer.load_state_dict(state["optimizer"])\n',
        "pass\n",
        ("tests/training/test_resume.py",),
    ),
    Fault(
        "early stopping an epoch late",
        "training/callbacks/stopping.py",
        "if self._waited >= self.patience:",
        "if self._waited > self.patience:",
        ("tests/training/test_callbacks.py",),
    ),
    Fault(
        "a report whose text is not escaped",
        "training/report/markup.py",
        "return Html(escaped(value))",
        "return Html(value)",
        ("tests/training/test_report.py",),
    ),
    Fault(
        "names that a terminal obeys",
        "text/readable.py",
        'return letter.encode("unicode_escape").decode()',
        "return letter",
        ("tests/text/test_shown.py",),
    ),
    Fault(
        "a label that a spreadsheet computes",
        "text/formulas.py",
        """return f"'{cell}" if is_formula and not is_number else cell""",
        "return cell",
        ("tests/text/test_formulas.py",),
    ),
    Fault(
        "a command that ends well after bad input",
        "cli/app.py",
        "sys.exit(code if program is None else program())",
        "sys.exit(0)",
        ("tests/cli/test_command.py",),
    ),
    Fault(
        "a run's files written through links",
        "cli/run.py",
        "for name, pieces in files.items()}, follow=False)",
        "for name, pieces in files.items()})",
        ("tests/cli/test_own_files.py",),
    ),
    Fault(
        "a second Ctrl-C that waits like the first",
        "cli/interruptions.py",
        "if not _depth or len(_received) > 1:",
        "if not _depth:",
        ("tests/cli/test_interruptions.py",),
    ),
    Fault(
        "a network of nan that is taken into use",
        "nn/finite.py",
        "np.isfinite(parameter.array))",
        "~np.isinf(parameter.array))",
        ("tests/cli/test_not_finite.py",),
    ),
    Fault(
        "an exported file that puts its own name into its docstring as it is",
        "export/literals.py",
        'text.replace("\\\\", "\\\\\\\\")',
        "text",
        ("tests/export/test_file_names.py",),
    ),
    Fault(
        "a letter of a layer's name that Python knows no name with",
        "program/names.py",
        'letter if f"_{letter}".isidentifier() else "_"',
        'letter if letter.isalnum() else "_"',
        ("tests/program/test_names.py", "tests/export/test_file_names.py"),
    ),
    Fault(
        "a resume that fails, and leaves the callbacks as the other run had them",
        "training/run_state.py",
        "            now.clear()\n            now.update(before)",
        "            now.update(before) if before is None else None",
        ("tests/training/test_edited_state.py", "tests/training/test_checkpoint.py"),
    ),
    Fault(
        "True counted as a whole number in a file",
        "files/schema.py",
        "return isinstance(value, int) and not isinstance(value, bool)",
        "return isinstance(value, int)",
        ("tests/files/test_schema.py", "tests/encoders/test_edited_encoding.py"),
    ),
    Fault(
        "a .npy file whose header is believed",
        "encoders/npy_file.py",
        "if there < size:",
        "if there < 0:",
        ("tests/encoders/test_npy.py",),
    ),
    Fault(
        "a series whose scale is that of all rows, those held out among them",
        "sources/series_source.py",
        "past = series.values[:learned]",
        "past = series.values",
        ("tests/sources/test_series.py",),
    ),
    Fault(
        "a vocabulary of all texts, those held out among them",
        "sources/text_source.py",
        "strict=True) if not out], *columns)",
        "strict=True)], *columns)",
        ("tests/sources/test_texts.py",),
    ),
    Fault(
        "a digit that is mirrored to learn from it",
        "cli/augmentation.py",
        "    if data.mirrored:\n",
        "    if data:\n",
        ("tests/cli/test_networks.py",),
    ),
    Fault(
        "a library that is heard beside our message",
        "cli/quiet.py",
        "if issubclass(category, GlassnetWarning):",
        "if category:",
        ("tests/cli/test_quiet.py",),
    ),
    Fault(
        "batch norm keeps the variance divided by n, where PyTorch divides by n - 1",
        "functional/normalization.py",
        "momentum * n / (n - 1)",
        "momentum * n / n",
        ("tests/nn/test_normalization.py",),
    ),
    Fault(
        "normalization's derivative leaves out that the mean moves with the input",
        "ops/layers/normalization.py",
        "        gx -= shift",
        "        gx -= 0 * shift",
        ("tests/ops/test_registry.py", "tests/ops/test_pullback.py"),
    ),
    Fault(
        "a blank that may be skipped between two labels that are the same",
        "ops/layers/ctc.py",
        "skip[:, 2:][labels[:, 2:] != labels[:, :-2]] = 0",
        "skip[:, 2:] = 0",
        ("tests/functional/test_ctc.py", "tests/ops/test_registry.py"),
    ),
    Fault(
        "the padding of a bag that counts in its mean",
        "ops/layers/embeddings.py",
        "sizes = np.bincount(bag[counted], minlength=bags)",
        "sizes = np.bincount(bag, minlength=bags)",
        ("tests/functional/test_embeddings.py", "tests/ops/test_registry.py"),
    ),
    Fault(
        "dropout that does not scale what it keeps",
        "functional/dropouts.py",
        "scale = 1 / (1 - p) if p < 1 else 1.0",
        "scale = 1.0",
        ("tests/functional/test_layers.py", "tests/nn/test_layers.py"),
    ),
    Fault(
        "Adam's bias correction an update late",
        "ops/update/adam.py",
        "correction = (1 - beta2 ** float(step)) ** 0.5\n    shrink",
        "correction = (1 - beta2 ** (float(step) + 1)) ** 0.5\n    shrink",
        ("tests/optim/test_update.py", "tests/optim/test_steps.py"),
    ),
    Fault(
        "a header of a model file that may be of any length",
        "serialization/tensors.py",
        "if length > _LONGEST:",
        "if length > 2**62:",
        ("tests/serialization/test_room.py",),
    ),
    Fault(
        "each class held out in a walk through all rows",
        "tables/splitting.py",
        'order = np.argsort(labels, kind="stable")  #',
        "order = np.concatenate([*(np.flatnonzero(labels == n) for n in np.unique(labels)), []]).astype(int)  #",
        ("tests/tables/test_growth.py",),
    ),
    Fault(
        "a description that may build any number of weights",
        "serialization/network.py",
        "with nullcontext() if largest is None else room_for(largest), ",
        "with nullcontext(), ",
        ("tests/serialization/test_room.py",),
    ),
    Fault(
        "a gradient from scratch that is added to the last one",
        "scratch/affine.py",
        "self.grads[0][...] = dW",
        "self.grads[0][...] += dW",
        ("tests/scratch/test_layers.py",),
    ),
    Fault(
        "a scratch layer whose gradient is the memory of another",
        "scratch/layer.py",
        "gradient = np.array(gradient)",
        "gradient = np.asarray(gradient)",
        ("tests/scratch/test_layers.py",),
    ),
    Fault(
        "an element of a walkthrough taken from another place",
        "explain/walkthrough/rules.py",
        "0 if n == 1 else i for i, n in",
        "i for i, n in",
        ("tests/explain/test_walkthrough_element.py", "tests/explain/test_walkthrough_arithmetic.py"),
    ),
    Fault(
        "a change in place that is not counted",
        "tensor/dispatch.py",
        "version_of(target).written = tick()",
        "pass",
        ("tests/autograd/test_inplace.py",),
    ),
    Fault(
        "a file that was not replaced yet is put back",
        "files/writing.py",
        "        self.is_changed = False\n        self._target = target",
        "        self.is_changed = True\n        self._target = target",
        ("tests/files/test_replace_file.py",),
    ),
    Fault(
        "a folder that could not be locked is left",
        "files/writing.py",
        "            folder.rmdir()\n            raise",
        "            raise",
        ("tests/files/test_replace_file.py",),
    ),
    Fault(
        "a thread that seeds does so for all",
        "random.py",
        "if _own.get() is None and threading.get_ident() != threading.main_thread().ident:",
        "if False:",
        ("tests/hostile/test_threads.py",),
    ),
    Fault(
        "the mode is that of all threads",
        "observer.py",
        "class Mode(threading.local):",
        "class Mode:",
        ("tests/hostile/test_threads.py",),
    ),
    Fault(
        "a child waits for a thread that it does not have",
        "threads.py",
        "os.register_at_fork(after_in_child=_in_child)",
        "pass",
        ("tests/hostile/test_fork.py",),
    ),
    Fault(
        "a loader that goes on from where a check-up left its generator",
        "explain/checkup/keeping.py",
        "snapshot.keep_generator(value)",
        "pass",
        ("tests/explain/test_planted.py",),
    ),
    Fault(
        "a relation of inputs and targets that chance has, too",
        "explain/checkup/relation.py",
        "shuffled = [targets[random.permutation(len(targets))] for _ in range(count)]",
        "shuffled = [0 * targets for _ in range(count)]",
        ("tests/explain/test_planted.py",),
    ),
    Fault(
        "max pooling: every one of equal numbers receives the gradient",
        "ops/layers/max_pooling.py",
        "        found &= left\n",
        "",
        ("tests/nn/test_pooling.py",),
    ),
    Fault(
        "average pooling: what ceil_mode adds counts",
        "functional/avg_pooling.py",
        "end = np.minimum(start + k, length + p)",
        "end = start + k",
        ("tests/nn/test_pooling.py",),
    ),
    Fault(
        "grid sampling: the gradient goes on beyond the border",
        "ops/layers/grid_sampling.py",
        "slope = slope * padding_slope",
        "pass",
        ("tests/ops/test_registry.py", "tests/nn/test_images.py"),
    ),
    Fault(
        "recurrence: the loop back begins with the first step",
        "ops/layers/recurrence/loop.py",
        "for k in reversed(some):",
        "for k in some:",
        ("tests/ops/test_registry.py", "tests/nn/test_recurrence.py"),
    ),
    Fault(
        "packed sequences: those that begin later begin with the state of others",
        "ops/layers/recurrence/loop.py",
        "first[now.shape[0] : n]",
        "first[: n - now.shape[0]]",
        ("tests/nn/test_recurrence.py", "tests/ops/test_registry.py"),
    ),
    Fault(
        "Rprop that takes the step at which the gradient turned",
        "ops/update/rprop.py",
        "        np.copyto(before, 0, where=turned)\n",
        "",
        ("tests/ops/test_registry.py", "tests/optim"),
    ),
    Fault(
        "L-BFGS that remembers a step more than it is told to",
        "optim/lbfgs.py",
        "if len(self._steps) == self._size:",
        "if len(self._steps) > self._size:",
        ("tests/optim",),
    ),
    Fault(
        "distributions: the slope of a gamma number loses the place that it was drawn at",
        "ops/functions/draws.py",
        "slope + 1.0 / (few + n)",
        "slope",
        ("tests/distributions/test_samples.py",),
    ),
    Fault(
        "vmap: an operand of fewer dimensions meets the samples of others",
        "func/batch_rules.py",
        "    if not operand.is_batched or missing <= 0:",
        "    if not operand.is_batched or missing >= 0:",
        ("tests/func/test_vmap.py",),
    ),
)
