"""A run folder of an older glassnet, which called ``val_loss`` ``held_out_loss``."""

import json

import pytest

import glassnet
from glassnet import nn
from glassnet.cli.run import read_config
from glassnet.serialization import save_model
from glassnet.training import EarlyStopping, Trainer

CONFIG = """{
  "format": 2,
  "source": "xor",
  "settings": {"source": "xor", "hidden": "none", "epochs": "2", "seed": "0", "out": "runs"},
  "options": {"hidden": [], "activation": "relu", "dropout": 0.0, "epochs": 2, "batch_size": 32, "lr": 0.002,
    "optimizer": "adam", "weight_decay": 0.0, "schedule": "cosine", "clip": null, "accumulate": 1, "patience": null,
    "class_weight": "none", "seed": 0},
  "paths": {},
  "data": {"what": "400 points of the plane, in 2 classes", "origin": "made by glassnet.datasets.make_xor",
    "train": 321, "held_out": 79, "split": "every fifth of each class", "notes": [], "fingerprint": "8dda0ac5"},
  "encoding": {"kind": "numbers", "shape": [2], "divide_by": 1},
  "versions": {"glassnet": "0.1.0", "NumPy": "2.4.6", "Python": "3.11.7"},
  "started": "2026-11-29T01:13:34+00:00",
  "results": {"epoch": 2, "train_loss": 0.7305414080619812, "train_accuracy": 0.35514018691588783,
    "held_out_loss": 0.7281292080879211, "held_out_accuracy": 0.3291139240506329, "learning_rate": 0.001},
  "seconds": 0.085,
  "stopped": false
}
"""
EXTRA = json.loads("""{
  "source": "xor", "task": "classification", "classes": ["class 0", "class 1"],
  "encoding": {"kind": "numbers", "shape": [2], "divide_by": 1}, "split": "every fifth of each class",
  "noun": "points", "examples": [[0.6761012, -0.020883976], [-0.28745884, -0.7654174]]
}""")


@pytest.fixture
def older(tmp_path):
    folder = tmp_path / "runs" / "xor-001"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(CONFIG)
    save_model(nn.Sequential(nn.Linear(2, 2)), folder / "model.safetensors", EXTRA)
    return folder


def test_its_results_have_the_names_of_today(older):
    assert read_config(older)["results"] == {
        "epoch": 2, "train_loss": 0.7305414080619812, "train_accuracy": 0.35514018691588783,
        "val_loss": 0.7281292080879211, "val_accuracy": 0.3291139240506329, "learning_rate": 0.001,
    }  # fmt: skip


def test_show_and_export_read_it(command, older, tmp_path):
    assert "accuracy 0.3291, loss 0.7281" in command("show", "latest").stdout
    assert command("evaluate", "latest").exit_code == 0
    assert command("export", "latest", "-o", "xor.py").exit_code == 0
    assert "0.3291 on 79 points held out" in (tmp_path / "xor.py").read_text("utf-8")


def test_a_checkpoint_goes_on(tmp_path):
    def prepared():
        glassnet.manual_seed(0)
        model = nn.Linear(2, 2)
        optimizer = glassnet.optim.SGD(model.parameters(), lr=0.1)
        return Trainer(model, nn.CrossEntropyLoss(), optimizer, callbacks=EarlyStopping("held_out_loss", patience=9))

    x = glassnet.randn(20, 2, generator=glassnet.Generator(1))
    data = x, (x[:, 0] > 0).long()
    whole = prepared().fit(data, data, epochs=4)
    first = prepared()
    first.fit(data, data, epochs=2)
    state = first.state_dict()
    state["history"] = [{n.replace("val_", "held_out_"): x for n, x in epoch.items()} for epoch in state["history"]]
    glassnet.save(state, tmp_path / "checkpoint.safetensors")
    second = prepared()
    second.load_state_dict(glassnet.load(tmp_path / "checkpoint.safetensors"))
    assert second.fit(data, data, epochs=4) == whole
    assert second.history.names == ["epoch", "train_loss", "val_loss", "learning_rate"]
