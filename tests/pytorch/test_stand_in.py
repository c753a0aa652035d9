"""`import torch` answered by glassnet, in this process and taken back again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import glassnet
import glassnet.pytorch
from glassnet.pytorch import stand_in
from glassnet.pytorch.answered import PACKAGES, SOURCES, is_answered

THERE = [name for name in SOURCES if "*" not in name and is_answered(name)]


@pytest.fixture
def torch() -> Iterator[Any]:
    glassnet.pytorch.install()
    try:
        yield import_module("torch")
    finally:
        glassnet.pytorch.uninstall()


def test_it_is_glassnets_and_goes_away_again(torch: Any) -> None:
    assert torch.Tensor is glassnet.Tensor
    assert torch.nn.Linear is glassnet.nn.Linear
    assert isinstance(import_module("torch.nn.functional"), stand_in.StandIn)
    glassnet.pytorch.uninstall()
    assert not any(name.partition(".")[0] in PACKAGES for name in sys.modules if "stand_in" in repr(sys.modules[name]))
    assert not glassnet.pytorch.is_installed()


def test_pytorch_that_was_loaded_is_hidden_and_comes_back() -> None:
    real = ModuleType("torch")
    before = sys.modules.get("torch")
    sys.modules["torch"] = real
    try:
        glassnet.pytorch.install()
        glassnet.pytorch.install()  # a second time changes nothing
        assert import_module("torch") is not real
        glassnet.pytorch.uninstall()
        assert sys.modules["torch"] is real
    finally:
        glassnet.pytorch.uninstall()
        sys.modules.pop("torch")
        if before is not None:
            sys.modules["torch"] = before


def test_what_is_self_in_a_method_is_input_in_its_function(torch: Any) -> None:
    x = torch.arange(4.0).reshape(2, 2)
    found = (
        torch.softmax(input=x, dim=1),
        torch.mm(input=x, mat2=x),
        torch.index_select(input=x, dim=0, index=x[0].int()),
    )
    meant = (x.softmax(1), x @ x, x[x[0].long()])
    assert all(map(torch.equal, found, meant))
    assert torch.linalg.inv(input=x).allclose(torch.linalg.inv(A=x))
    assert torch.linalg.norm(input=x) == torch.linalg.vector_norm(input=x)
    assert torch.linalg.svd(x, driver=None).S.shape == (2,)
    with pytest.raises(RuntimeError, match="leave driver= out"):
        torch.linalg.svdvals(x, driver="gesvd")
    assert torch.sum(input=x, dim=0, out=torch.empty(2)).tolist() == [2, 4]
    with pytest.raises(TypeError, match="input"):
        torch.sum(x, input=x)


@pytest.mark.parametrize("name", THERE)
def test_every_module_of_the_table_can_be_imported_with_all_its_names(torch: Any, name: str) -> None:
    module = import_module(name)
    for attribute in dir(module):
        getattr(module, attribute)


def test_modules_are_found_by_every_way_of_importing(torch: Any) -> None:
    space: dict[str, Any] = {}
    lines = (
        "import torch.nn as nn, torch.nn.functional as F",
        "from torch import nn, optim",
        "from torch.nn.modules.loss import CrossEntropyLoss",
        "from torch.utils.data import DataLoader, TensorDataset",
        "import torch.backends.cudnn as cudnn; cudnn.benchmark = True",
        "from torch.optim.adam import Adam",
        "from torchvision import datasets, transforms",
        "from torch.nn import *",
        "from torch.autograd import Variable, Function",
        "from torch.cuda.amp import autocast, GradScaler",
    )
    for line in lines:
        exec(line, space)
    assert space["Conv2d"] is glassnet.nn.Conv2d
    assert space["Adam"] is glassnet.optim.Adam


def test_a_function_hides_the_module_of_its_name(torch: Any) -> None:
    for owner, name in (("ops", "roi_align"), ("ops", "stochastic_depth"), ("models", "alexnet")):
        assert not isinstance(getattr(import_module(f"torchvision.{owner}"), name), ModuleType)


def test_what_is_missing_is_said_whichever_way_it_is_asked_for(torch: Any) -> None:
    with pytest.raises(AttributeError, match=r"^there is no torch\.relux, nor has PyTorch one; nearest: torch\.relu$"):
        _ = torch.relux
    with pytest.raises(ImportError, match=r"^there is no torch\.nn\.Linearr, nor .*; nearest: torch\.nn\.Linear$"):
        exec("from torch.nn import Linearr", {})
    with pytest.raises(ModuleNotFoundError, match=r"no torch\.fx and will not have it \(glassnet\.trace gives"):
        import_module("torch.fx")
    for line in (
        "torch.optim import Adamm",
        "torch.utils.data import Dataloader",
        "torchvision.models import resnet99",
    ):
        with pytest.raises(ImportError, match=r"^there is no torch|^glassnet has no torchvision\.models\.resnet9"):
            exec(f"from {line}", {})
    with pytest.raises(AttributeError, match=r"^glassnet has no torch\.onnx\.export yet; it is planned$"):
        _ = import_module("torch.onnx").export
    assert not hasattr(torch, "nothing_of_this_name")
    with pytest.raises(ModuleNotFoundError, match="torchaudio"):
        import_module("torchaudio")


def test_a_package_that_stands_on_pytorch_runs_on_glassnet(
    torch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("from torch.utils.hooks import RemovableHandle", "from torch.nn.parameter import is_lazy", "import torch")
    (tmp_path / "torchinfo.py").write_text("\n".join((*lines, "torch._C._log_api_usage_once('torchinfo')")))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert import_module("torchinfo").RemovableHandle is type(torch.nn.ReLU().register_forward_hook(print))
    glassnet.pytorch.uninstall()
    assert "torchinfo" not in sys.modules  # where PyTorch is, it is loaded anew


def test_dtypes_have_pytorchs_names_and_numpy_takes_them(torch: Any) -> None:
    x = torch.ones(2, dtype=torch.float64)
    assert repr(x.dtype) == "torch.float64"
    assert x.dtype is torch.float64 is torch.double
    assert x.dtype == np.float64
    assert x.dtype != None  # noqa: E711
    assert isinstance(x.dtype, torch.dtype)
    assert {torch.float32: 1}[np.dtype("float32")] == 1
    assert np.zeros(2, dtype=x.dtype).dtype == np.float64
    assert x.dtype.is_floating_point
    assert not torch.int64.is_floating_point
    assert torch.finfo(torch.float32).eps == np.finfo(np.float32).eps
    assert [torch.finfo(t).resolution for t in (torch.float16, torch.float32, torch.float64)] == [1e-3, 1e-6, 1e-15]
    assert torch.iinfo(torch.int8).max == 127
    assert repr(type(x)) == "<class 'torch.Tensor'>"
    assert repr(x.shape) == "torch.Size([2])"
    assert repr(x) == "tensor([1., 1.], dtype=torch.float64)"
    glassnet.pytorch.uninstall()
    assert repr(x.dtype) == "dtype('float64')"
    assert repr(x) == "tensor([1., 1.], dtype=float64)"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_is_made_of_a_tensor_keeps_its_dtype(torch: Any, dtype: Any) -> None:
    x = torch.ones(2, dtype=dtype)
    made = (torch.nn.Parameter(x), torch.nn.Buffer(x), torch.as_tensor(x), torch.tensor(x.tolist(), dtype=x.dtype))
    assert {each.dtype for each in (*made, torch.tensor([x[0], x[1]]))} == {x.dtype}
    assert made[0].data_ptr() == x.data_ptr()


def test_typename_is_of_a_tensor_by_its_dtype(torch: Any) -> None:
    values = (torch.ones(1), torch.nn.Parameter(torch.ones(1).double()), torch.ones(1).long(), 3, len, Path)
    names = ["torch.FloatTensor", "torch.DoubleTensor", "torch.LongTensor", "int", "len", "pathlib.Path"]
    assert list(map(torch.typename, values)) == names


AT_HOME = """
    torch.nn.modules.linear.Linear torch.nn.modules.conv.Conv2d torch.nn.modules.batchnorm.LazyBatchNorm1d
    torch.nn.modules.rnn.LSTMCell torch.nn.modules.instancenorm.InstanceNorm1d torch.optim.adamw.AdamW
    torch.optim.lr_scheduler.StepLR torch.utils.data.dataloader.DataLoader torch.distributions.von_mises.VonMises
    torch.distributions.transforms.ExpTransform torch.nn.functional.relu torch.Size torch.nn.utils.rnn.PackedSequence
"""


@pytest.mark.parametrize("name", AT_HOME.split())
def test_a_class_is_at_home_where_pytorch_has_it(torch: Any, name: str) -> None:
    assert torch.typename(eval(name, {"torch": torch})) == name


def test_a_network_is_trained_saved_and_compiled_as_without(torch: Any, tmp_path: Any) -> None:
    def trained(module: Any) -> list[float]:
        module.manual_seed(3)
        model = module.nn.Sequential(module.nn.Linear(4, 8), module.nn.ReLU(), module.nn.Linear(8, 2))
        optimizer = module.optim.Adam(model.parameters(), lr=0.01)
        x, y = module.randn(16, 4), module.randint(0, 2, (16,))
        losses = []

        def step() -> Any:
            optimizer.zero_grad()
            loss = module.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        losses = [step().item() for _ in range(3)]
        compiled = glassnet.compile(step)
        losses += [compiled().item() for _ in range(3)]
        module.save(model.state_dict(), str(tmp_path / "weights.safetensors"))
        model.load_state_dict(module.load(str(tmp_path / "weights.safetensors")))
        return losses

    by_torch = trained(torch)
    glassnet.pytorch.uninstall()
    assert by_torch == trained(glassnet)


def test_a_notebook_loads_it_as_an_extension() -> None:
    glassnet.load_ipython_extension(None)
    try:
        assert import_module("torch").Tensor is glassnet.Tensor
    finally:
        glassnet.unload_ipython_extension(None)
    assert not glassnet.pytorch.is_installed()


def test_volatile_is_told_to_have_no_effect(torch: Any) -> None:
    with pytest.warns(UserWarning, match=r"volatile has no effect since PyTorch 0\.4; compute under .*no_grad"):
        x = torch.autograd.Variable(torch.ones(1), volatile=True)
    assert x.tolist() == [1.0]
    with pytest.raises(IndexError, match=r"a loss is loss\.item\(\)"):
        _ = x.sum().data[0]


def test_bfloat16_rounds(torch: Any, capsys: Any) -> None:
    x = torch.tensor([1.00390625, 1.01171875, 3.14159, 1e39, float("nan"), -0.0], requires_grad=True)
    y = x.to(torch.bfloat16)
    assert y.tolist()[:4] == [1.0, 1.015625, 3.140625, float("inf")]
    assert y.dtype == torch.bfloat16 != torch.float32
    assert (y + 1).dtype == torch.bfloat16
    assert repr(y[:2].detach()) == "tensor([1.0000, 1.0156], dtype=torch.bfloat16)"
    assert y.element_size() == 2
    y.nansum().backward()
    assert x.grad.tolist()[:3] == [1.0, 1.0, 1.0]
    assert repr(torch.bfloat16) == "torch.bfloat16"
    assert torch.finfo(torch.bfloat16).eps == 2**-7
    assert torch.ones(1).bfloat16().tolist() == [1.0]


def test_creation_takes_layout_and_pin_memory(torch: Any) -> None:
    assert torch.zeros(2, layout=torch.strided, pin_memory=False).layout is torch.strided
    with pytest.raises(RuntimeError, match=r"every tensor is torch\.strided here"):
        torch.ones(2, layout=torch.sparse_coo)


def test_sparse_tensors_are_made(torch: Any) -> None:
    values = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x = torch.sparse_coo_tensor([[0, 1, 1], [1, 0, 0]], values, (2, 2))
    assert x.to_dense().tolist() == [[0.0, 1.0], [5.0, 0.0]]
    torch.sparse.mm(x, torch.ones(2, 1)).sum().backward()
    assert values.grad.tolist() == [1.0, 1.0, 1.0]
    assert (x.coalesce().indices().tolist(), x._nnz()) == ([[0, 1], [1, 0]], 3)
    assert torch.sparse.FloatTensor(torch.tensor([[0], [1]]), torch.ones(1)).to_dense().tolist() == [[0.0, 1.0]]
    assert torch.sparse_csr_tensor([0, 1, 2], [1, 0], [1.0, 2.0]).to_dense().tolist() == [[0.0, 1.0], [2.0, 0.0]]


def test_functions_write_into_their_argument(torch: Any) -> None:
    x = torch.tensor([-1.0, 4.0])
    assert torch.relu_(x) is x
    assert torch.nn.functional.elu_(torch.sqrt_(x)).tolist() == [0.0, 2.0]
    assert torch.t_copy(torch.ones(2, 3)).shape == (3, 2)


def test_what_needs_a_network_says_so(torch: Any) -> None:
    for function in (torch.hub.load, torch.hub.list):
        with pytest.raises(RuntimeError, match="and will not have it"):
            function()
    sampler = torch.utils.data.distributed.DistributedSampler(range(5), num_replicas=2, rank=0)
    first = list(sampler)
    sampler.set_epoch(1)
    assert len(first) == len(sampler) == 3
    assert sorted(list(sampler) + first)[0] >= 0


def test_spectra_come_back(torch: Any) -> None:
    x = torch.arange(16.0)
    spectrum = torch.stft(x, 8, window=torch.hann_window(8), return_complex=True)
    assert spectrum.shape == (5, 9)
    assert torch.allclose(torch.istft(spectrum, 8, window=torch.hann_window(8), length=16), x, atol=1e-4)
    assert torch.allclose(torch.signal.windows.hann(5, sym=False), torch.hann_window(5))


def test_out_is_written_into(torch: Any) -> None:
    x, out = torch.tensor([4.0, 9.0]), torch.empty(2)
    assert torch.sqrt(x, out=out) is out
    assert out.tolist() == [2.0, 3.0]
    other = torch.empty(0)
    torch.add(x, 1, out=other)
    assert other.tolist() == [5.0, 10.0]
    values, indices = torch.empty(()), torch.empty((), dtype=torch.int64)
    torch.max(x.reshape(1, 2), 1, out=(values, indices))
    assert (values.tolist(), indices.tolist()) == ([9.0], [1])
    with pytest.raises(RuntimeError, match="automatic differentiation"):
        torch.sqrt(x.requires_grad_(), out=out)
    with pytest.raises(TypeError, match="cannot hold"):
        torch.sqrt(x.detach(), out=torch.empty(2, dtype=torch.int64))


@pytest.mark.parametrize(
    ("call", "given"),
    [
        (lambda torch: torch.sum([1, 2]), r"sum: .* got list: \[1, 2\]"),
        (lambda torch: torch.std(input=[1.0]), "std: .* got list"),
        (lambda torch: torch.dot(torch.ones(1), [2.0]), "dot: .* got list"),
        (lambda torch: torch.kron(None, torch.ones(1)), "kron: .* got NoneType"),
        (lambda torch: torch.linalg.norm([3.0, 4.0]), "norm: .* got list"),
    ],
)
def test_what_is_no_tensor_is_refused_as_pytorch_does(torch: Any, call: Callable[[Any], Any], given: str) -> None:
    with pytest.raises(TypeError, match=f"{given}.*make one"):
        call(torch)


def test_what_needs_a_gpu_says_there_is_none(torch: Any) -> None:
    assert not torch.cuda.is_available()
    assert torch.cuda.device_count() == 0
    with pytest.raises(RuntimeError, match="no device but the CPU"):
        torch.cuda.current_device()
    scaler = torch.cuda.amp.GradScaler()
    with torch.autocast("cuda"):
        x = torch.ones(2, requires_grad=True)
        scaler.scale(x.sum()).backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_what_compiles_says_once_that_it_does_not(torch: Any, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("glassnet.pytorch.notes._said", set())

    @torch.compile(mode="max-autotune")
    def one(x: Any) -> Any:
        return x + 1

    two = torch.compile(one)
    assert two is one
    assert capsys.readouterr().err.count("torch.compile") == 1


def test_the_names_of_pytorch_are_public_names_of_modules_that_are_there(torch: Any) -> None:
    assert "Linear" in dir(torch.nn)
    assert "annotations" not in dir(torch)
    with pytest.raises(AttributeError):
        _ = torch.annotations


def test_a_compiled_module_is_the_module_a_level_further_down(torch: Any) -> None:
    torch._dynamo.config.suppress_errors = True
    net = torch.nn.Sequential(torch.nn.Linear(2, 1))
    compiled = torch.compile(net, mode="reduce-overhead")
    assert repr(compiled).startswith("OptimizedModule(\n  (_orig_mod): Sequential(")
    assert list(compiled.state_dict()) == ["_orig_mod.0.weight", "_orig_mod.0.bias"]
    assert compiled._orig_mod is net
    assert not compiled.eval().training
    assert not net.training
    compiled.steps = 3
    assert (net.steps, len(compiled)) == (3, 1)
    assert compiled(torch.ones(2)).equal(net(torch.ones(2)))
    with pytest.raises(AttributeError, match="no attribute 'weights'"):
        _ = compiled.weights


def test_the_state_of_the_generator_is_bytes(torch: Any) -> None:
    state = torch.get_rng_state()
    x = torch.rand(3)
    torch.random.set_rng_state(state.clone())
    assert torch.rand(3).equal(x)
    assert state.dtype == torch.uint8
    for wrong, error in ((3, TypeError), (torch.zeros(8), TypeError), (torch.zeros(8).byte(), RuntimeError)):
        with pytest.raises(error, match="set_rng_state: "):
            torch.set_rng_state(wrong)
