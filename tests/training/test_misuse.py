"""What the trainer refuses, and what it says then."""

import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.data import DataLoader, TensorDataset
from glassnet.errors import GlassnetError
from glassnet.optim.lr_scheduler import ReduceLROnPlateau, StepLR
from glassnet.trace.refusals import TraceError
from glassnet.training import Callback, Schedule, Trainer, TrainingError
from tests.training.samples import Stream, X, Y, data, network, same, trainer, weights


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": "acuracy"}, "there is no metric 'acuracy'; there are accuracy"),
        ({"metrics": [3]}, "expected a name, a metric or a function"),
        ({"metrics": {"loss": "accuracy"}}, "names that differ"),
        ({"metrics": ["accuracy", "accuracy"]}, "names that differ"),
        ({"metrics": lambda a, b: 0.0}, "a function needs a name"),
        ({"callbacks": Callback}, "the class Callback; make one"),
        ({"callbacks": ["csv"]}, "derive it from Callback"),
        ({"schedule": StepLR}, "expected a scheduler"),
        ({"measure": "before"}, "measure: expected one of 'running', 'after'"),
        ({"accumulate": 0}, "accumulate: expected a whole number, 1 or more, got 0"),
        ({"accumulate": True}, "accumulate: expected a whole number"),
        ({"clip_norm": -1.0}, "clip_norm: expected a number above 0"),
        ({"clip_value": "small"}, "clip_value: expected a number above 0"),
        ({"clip_value": 1.0, "clip_norm": 1.0}, "expected one of them, got both"),
        ({"decode": 3}, "decode: expected a function"),
        ({"loss": nn.MSELoss}, "the class MSELoss; make one"),
        ({"loss": "mse"}, "loss: expected a module or a function"),
        ({"loss": nn.MSELoss(reduction="none")}, "reduction='none'"),
        ({"class_weight": "balanced"}, "expected a weight for each class"),
        ({"class_weight": [1, -1]}, "finite, 0 or more"),
        ({"class_weight": [0, 0]}, "not all 0"),
        ({"class_weight": [1, 2], "loss": nn.MSELoss()}, "mse_loss does not know which class"),
        ({"class_weight": [1, 2], "loss": lambda a, b: a.mean()}, "does not know which class"),
        ({"class_weight": [1, 2, 3], "loss": nn.BCELoss()}, "two classes apart, got 3"),
    ],
)
def test_misuse(options, message):
    with pytest.raises(TrainingError, match=message):
        trainer(**options)


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        (((X, Y),), {"epochs": 0}, "epochs: expected a whole number, 1 or more, got 0"),
        (((X, Y),), {"epochs": 1.5}, "epochs: expected a whole number"),
        (((X, Y),), {"batch_size": 0}, "batch_size: expected a whole number"),
        (((X, Y), 0.0), {}, "a share between 0 and 1"),
        (((X, Y), 1), {}, "a share between 0 and 1"),
        (((X, Y), -0.5), {}, "a share between 0 and 1"),
        (((X, Y), 0.01), {}, "leaves one part empty"),
        ((DataLoader(TensorDataset(X, Y)), 0.5), {}, "a DataLoader cannot be divided"),
        ((Stream(X, Y), 0.5), {}, "a Stream cannot be divided"),
        ((Stream(X, Y),), {"sample_weight": [1] * 6}, "a stream has no place for sample_weight"),
        ((DataLoader(TensorDataset(X, Y)),), {"batch_size": 3}, "so batch_size cannot be given"),
        ((DataLoader(TensorDataset(X, Y)),), {"sample_weight": [1] * 6}, "so sample_weight cannot be given"),
        (((X, Y),), {"sample_weight": [1] * 5}, "a weight for each of the 6 samples, got shape"),
        (((X, Y),), {"sample_weight": [0] * 6}, "not all 0"),
        (((X[:0], Y[:0]),), {}, "train: expected at least one sample"),
        (((X, Y), (X[:0], Y[:0])), {}, "validation: expected at least one sample"),
        (((X, Y[:5]),), {}, "as many targets as inputs, got 5 for 6"),
        ((X,), {}, "expected a pair"),
        ((([1, 2], ["a", "b"]),), {}, "expected a tensor or an array of numbers"),
        (((X,),), {}, "got a tuple of 1"),
        (("mnist",), {}, "expected a pair .*, got str"),
        ((DataLoader(X),), {}, "expected batches"),
        ((DataLoader(TensorDataset(X, Y, Y, Y)),), {}, "got 4 parts"),
        ((DataLoader(TensorDataset(X, Y), None),), {}, "the targets of a batch as a tensor"),
        ((DataLoader(TensorDataset(X, Y, X)),), {}, "a weight for each sample as the third part"),
        ((DataLoader(TensorDataset(X, Y), 7, drop_last=True),), {}, "gave no batch"),
    ],
)
def test_misfit(args, options, message):
    with pytest.raises(TrainingError, match=message):
        trainer().fit(*args, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"class_weight": [1.0]}, "1 weights, but there is a class 1"),
        ({"class_weight": {}}, "not all 0"),
        ({"loss": lambda a, b: a.sum(1)}, r"a tensor of one number for a batch, got a tensor of shape \[32\]"),
        ({"loss": lambda a, b: 3.0}, "got float"),
        ({"metrics": "r2"}, "for classes use accuracy or f1"),
        ({"metrics": "top_3"}, "at least 3 classes, got 2"),
        ({"metrics": {"odd": lambda a, b: a}}, "expected odd to give one number"),
        ({"schedule": "plateau"}, "monitor='val_f1' is no number of an epoch; there are train_loss"),
    ],
)
def test_found_out_later(options, message):
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loss = options.pop("loss", None) or nn.CrossEntropyLoss()
    if "schedule" in options:
        options["schedule"] = Schedule(ReduceLROnPlateau(optimizer), monitor="val_f1")
    with pytest.raises(TrainingError, match=message):
        Trainer(model, loss, optimizer, compile=False, **options).fit(data())


def test_custom_loss_takes_no_weights():
    def mine(outputs, targets):
        return F.cross_entropy(outputs, targets)

    with pytest.raises(TrainingError, match="sample_weight: mine gives one number for a batch"):
        trainer(loss=mine).fit(data(4), sample_weight=[1, 2, 3, 4])


def test_wrong_parts():
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loss = nn.CrossEntropyLoss()
    with pytest.raises(TrainingError, match="a glassnet Module, got the class Linear; make one"):
        Trainer(nn.Linear, loss, optimizer)
    with pytest.raises(TrainingError, match="a glassnet Optimizer, got list"):
        Trainer(model, loss, [])
    with pytest.raises(TrainingError, match="none of the model's parameters"):
        Trainer(network(), loss, optimizer)
    other = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(TrainingError, match="got one of another"):
        Trainer(model, loss, optimizer, schedule=StepLR(other, 1))
    with pytest.raises(TrainingError, match="looks at whole epochs"):
        Schedule(ReduceLROnPlateau(optimizer), every="batch")
    with pytest.raises(TrainingError, match="Schedule: every"):
        Schedule(StepLR(optimizer, 1), every="step")


def test_nothing_to_learn():
    t = trainer()
    t.fit(data(), epochs=2)
    with pytest.warns(UserWarning, match="it has 2 epochs already; ask for more than epochs=2"):
        t.fit(data(), epochs=2)


def test_predict_nothing():
    with pytest.raises(TrainingError, match="at least one sample"):
        trainer().predict(X[:0])


def test_evaluate_nothing():
    with pytest.raises(TrainingError, match="at least one sample that counts"):
        trainer().evaluate((X, Y - 100))


def test_of_another_run():
    t = trainer(metrics="accuracy")
    state = t.state_dict()
    with pytest.raises(TrainingError, match="it lacks model"):
        t.load_state_dict({"format": 1})
    with pytest.raises(TrainingError, match="lacks anything"):
        t.load_state_dict([])
    with pytest.raises(TrainingError, match="of another glassnet, in format 99"):
        t.load_state_dict({**state, "format": 99})
    with pytest.raises(TrainingError, match="the saved run measured accuracy, this trainer measures nothing"):
        trainer().load_state_dict(state)
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduled = Trainer(model, nn.CrossEntropyLoss(), optimizer, schedule=StepLR(optimizer, 1))
    with pytest.raises(TrainingError, match="the saved run had no schedule"):
        scheduled.load_state_dict(state)
    with pytest.raises(TrainingError, match="the saved run had a schedule, and this trainer has none"):
        trainer().load_state_dict(scheduled.state_dict())


def test_reachable():
    assert glassnet.Trainer is Trainer
    assert glassnet.training.Trainer is Trainer


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(
    ("model", "loss", "x", "y", "message"),
    [
        (network(), nn.CrossEntropyLoss(), glassnet.zeros(6, 4), Y, r"in 0 \(Linear\(.*\[6, 4\]"),
        (network(), nn.CrossEntropyLoss(), X, glassnet.zeros(6, 3).long(), "cross_entropy"),
        (network(), nn.MSELoss(), X, glassnet.zeros(6, 3), "mse_loss"),
        (network(3), nn.CrossEntropyLoss(), X, Y + 3, "3"),
    ],
)
def test_wrong_shapes(compiled, model, loss, x, y, message):
    """The network's own message, and nothing has changed: with the right data it goes on."""
    t = trainer(model, loss, compile=compiled)
    before = weights(t.model)
    with pytest.raises((GlassnetError, ValueError, IndexError), match=message) as caught:
        t.fit((x, y))
    assert not isinstance(caught.value, TraceError)
    assert same(weights(t.model), before)
    assert t.is_new
