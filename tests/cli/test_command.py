"""The command as a process of its own, and its outer door."""

import os
import signal
import subprocess
import sys

import pytest
import typer

import glassnet
from glassnet.cli import app
from glassnet.cli import train as training
from glassnet.cli.errors import unknown
from glassnet.sources import open_source
from tests.cli.runs import accuracy, config, rows

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "80"}


def glassnet_process(*words, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-m", "glassnet", *words],
        cwd=cwd,
        env=ENVIRONMENT | environment,
        capture_output=True,
        check=False,
    )


@pytest.mark.slow("two processes; below, one does both")
def test_train_and_predict(tmp_path):
    done = glassnet_process("train", "digits", "--epochs", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert "glassnet predict runs/digits-001" in done.stdout.decode()
    done = glassnet_process("predict", "latest", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "· " in done.stdout.decode()


def test_bad_input_has_no_traceback(tmp_path):
    done = glassnet_process("train", "digits", "--lr", "-1", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "glassnet: --lr: expected a number above 0, got '-1'; 0.002 is usual for adam"
    ]


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("train", "[OPTIONS] [SOURCE]"),
        ("predict", "[OPTIONS] RUN [FILE...]"),
        ("plot", "[OPTIONS] NAME..."),
        ("run", "[OPTIONS] SCRIPT [ARGS]..."),
    ],
)
def test_usage_says_what_a_command_takes(command, name, usage):
    assert command(name, "--help").stdout.startswith(f"Usage: glassnet {name} {usage}\n")


def test_the_list_of_commands_says_of_each_a_whole_sentence(command):
    said = command("--help", columns=60).stdout
    assert "..." not in said.partition("Commands:")[2]
    assert "where targets are known." in " ".join(said.split())


def test_a_mistyped_command_is_one_sentence_and_a_guess(command):
    refused = command("trian", "digits")
    assert refused.stderr == "glassnet: No such command 'trian'. Did you mean 'train'? See: glassnet --help\n"


BOTH = """
from glassnet.cli.app import app

for words in (["train", "digits", "--epochs", "1"], ["predict", "latest"]):
    try:
        app(words)
    except SystemExit as end:
        assert not end.code
"""


@pytest.mark.parametrize(
    "encoding",
    ["ascii", *(pytest.param(name, marks=pytest.mark.slow("another process")) for name in ("cp949", "cp1252"))],
)
def test_output_that_cannot_hold_every_character_is_no_reason_to_stop(tmp_path, encoding):
    environment = ENVIRONMENT | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", BOTH], cwd=tmp_path, env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Accuracy" in done.stdout.decode(encoding)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_ctrl_c_ends_with_what_was_learned_so_far(tmp_path):
    words = ("train", "digits", "--epochs", "1000000", "--hidden", "none")
    with subprocess.Popen(
        [sys.executable, "-m", "glassnet", *words],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        for number in (1, 2):  # the first is whole when the second is told of
            assert any(line.lstrip().startswith(b"epoch %7d/" % number) for line in process.stdout)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err
    folder = tmp_path / "runs" / "digits-001"
    history = rows(folder)
    assert 1 <= len(history) < 1_000_000
    assert config(folder)["stopped"] is True
    assert config(folder)["results"] == history[-1]
    model = glassnet.load_model(folder / "model.safetensors")
    assert accuracy(model, open_source("digits").held_out) == pytest.approx(history[-1]["val_accuracy"])
    assert b"Stopped after epoch" in out
    assert b"glassnet train --resume runs/digits-001" in out


def test_a_command_starts_without_what_only_pictures_and_downloads_need():
    code = (
        "import sys, glassnet.cli.app; "
        "print({'glassnet.vision', 'glassnet.sources.picture_sources', 'urllib.request', 'ssl'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "set()\n", "")


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_its_extra_the_command_says_how_to_install_it(missing):
    code = f"import sys; sys.modules[{missing!r}] = None; from glassnet.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode() == (
        f'glassnet: {missing} is needed to run the command, and is not installed: pip install "glassnet[cli]"\n'
    )


def test_without_its_extra_the_command_ends_with_1(monkeypatch, capsys):
    from glassnet.cli import main

    monkeypatch.delitem(sys.modules, "glassnet.cli.app")
    monkeypatch.setitem(sys.modules, "typer", None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert 'pip install "glassnet[cli]"' in capsys.readouterr().err


def test_what_else_is_missing_is_not_hidden(monkeypatch):
    from glassnet.cli import main

    monkeypatch.setitem(sys.modules, "glassnet.cli.app", None)
    with pytest.raises(ModuleNotFoundError, match=r"glassnet\.cli\.app"):
        main()


def test_main_runs_the_command(monkeypatch, capsys):
    from glassnet.cli import main

    monkeypatch.setattr(sys, "argv", ["glassnet", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"glassnet {glassnet.__version__}\n"


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_begins_with_what_to_do(command, words):
    result = command(*words)
    assert result.exit_code == 0
    assert "Begin with: glassnet train digits" in result.stdout
    assert "Exit codes: 0 done, 1 failed, 2 bad input, 130 stopped by Ctrl-C." in result.stdout
    assert len(result.stdout.splitlines()) <= 24


@pytest.mark.parametrize("name", ["train", "predict", "evaluate", "show", "export", "walkthrough", "plot", "info"])
def test_every_command_has_help_with_an_example_and_the_exit_codes(command, name):
    result = command(name, "--help")
    assert result.exit_code == 0
    assert f"Example: glassnet {name}" in result.stdout
    assert "Exit codes: 0 done" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_command_that_does_not_exist(command):
    result = command("trian")
    assert result.exit_code == 2
    assert "No such command 'trian'" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (typer.Abort(), "stopped", 130),
        (PermissionError(13, "Permission denied", "here"), "here: Permission denied", 1),
        (OSError("no reason"), "no reason", 1),
        (glassnet.ShapeError("does not fit"), "does not fit", 2),
        (unknown("--x", "Y", ["yes", "yet"]), "--x: expected one of yes, yet; got 'Y'", 2),
        (typer.BadParameter("no."), "no; see: glassnet --help", 2),
    ],
)
def test_every_expected_error_has_a_message_and_an_exit_code(error, message, code):
    said, exit_code = app._explained(error)
    assert message in said
    assert exit_code == code


def test_what_should_not_happen_keeps_its_traceback(command, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(training, "_fit", broken)
    assert isinstance(command("train", "digits").exception, ZeroDivisionError)


def test_ctrl_c_before_anything_began_is_one_line(monkeypatch, capsys):
    from glassnet.cli import main

    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "app", interrupted)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "glassnet: stopped\n"
