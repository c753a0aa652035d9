"""The app: its commands, and how every error becomes one message and an exit code."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

import glassnet
from glassnet.cli import interruptions, streams
from glassnet.cli.errors import STOPPED, Failed, Stopped
from glassnet.cli.quiet import only_own_words
from glassnet.errors import GlassnetError
from glassnet.extras import MissingExtra, needed_to
from glassnet.text import harmless, shown

EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 bad input, 130 stopped by Ctrl-C."  # others: 128 and the signal
LONGEST = 200  # letters of what is said of a command in the list of all
NO_NAME = (errno.ENAMETOOLONG, errno.ELOOP)  # of what was asked for

# By a command's name, in the order of the help: its module and its function in there.
COMMANDS = {
    "train": "train",
    "predict": "predict",
    "evaluate": "evaluate",
    "show": "show",
    "export": "export",
    "plot": "plot",
    "info": "info",
    "walkthrough": "walkthrough",
    "run": "run_script",
}


class _Commands(Mapping[str, Any]):
    """The commands by name, each loaded when it is asked for: ``run`` need not wait for what ``train`` imports."""

    def __getitem__(self, name: str) -> Any:
        with needed_to("run the command"):
            module = import_module(f"glassnet.cli.{COMMANDS[name]}")
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        settings = getattr(module, "SETTINGS", None)
        alone.command(name, cls=_Command, epilog=EXIT_CODES, context_settings=settings)(getattr(module, name))
        return typer.main.get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _OneMessage(TyperGroup):
    """A group whose errors are one message on stderr, without a traceback."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = cast(Any, _Commands())

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command and end the process with its exit code.

        A command that gives something to call, such as a person's script, has it called at the end, when the process
        is as it was before: streams, signals and warnings are the script's own.
        """
        program: Callable[[], int] | None = None
        with streams.lenient() as (out, err), interruptions.handled():
            try:
                with only_own_words(err):
                    result = super().main(*args, **extra | {"standalone_mode": False})
                program, code = (result, 0) if callable(result) else (None, result or 0)
            except Exception as error:
                message, code = _explained(error)
                if message is None:
                    raise
                err.write(f"glassnet: {harmless(message)}\n")
            if code == STOPPED:
                code = interruptions.exit_code()
            out.flush()
            if out.error is not None and code == 0:
                message, code = streams.unwritten(out.error)
                err.write(f"glassnet: {message}\n" if message else "")
        sys.exit(code if program is None else program())

    def format_commands(self, context: Any, formatter: Any) -> None:
        """List the commands, each with its first sentence, however long that is."""
        commands = {name: self.get_command(context, name) for name in self.list_commands(context)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, c.get_short_help_str(LONGEST)) for name, c in commands.items() if c is not None])

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Read the command line; typer would end a KeyboardInterrupt here without a word."""
        with _told():
            return super().make_context(*args, **extra)

    def invoke(self, context: Any) -> Any:
        """Run the command."""
        with _told():
            return super().invoke(context)


class _Command(TyperCommand):
    """A command whose usage line says the same with every version of typer."""

    def collect_usage_pieces(self, context: Any) -> list[str]:
        """Its options, its arguments, in brackets those that may be left out, and what it hands on."""
        arguments = [p for p in self.get_params(context) if p.param_type_name == "argument"]
        names = [p.metavar if p.required else f"[{p.metavar}]" for p in arguments]
        return ["[OPTIONS]", *map(str, names), *(["[ARGS]..."] if context.allow_extra_args else [])]


@contextmanager
def _told() -> Iterator[None]:
    """Within, KeyboardInterrupt becomes an error with a message."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise Stopped(str(error) or "stopped") from None


def _explained(error: Exception) -> tuple[str | None, int]:
    """The message and the exit code for ``error``; no message for an error that is a fault of glassnet."""
    if isinstance(error, Failed | MissingExtra):
        return str(error), 1
    if isinstance(error, Stopped):
        return str(error), STOPPED
    if isinstance(error, GlassnetError):
        return str(error), 2
    if isinstance(error, typer.Abort):
        return "stopped", STOPPED
    if isinstance(error, MemoryError):
        return f"not enough memory ({error}); try a smaller network or smaller batches", 1
    if isinstance(error, OSError):
        message = f"{shown(error.filename)}: {error.strerror}" if error.filename else str(error)
        return message, 2 if error.errno in NO_NAME else 1
    usage = getattr(error, "format_message", None)  # what typer raises for a command line it cannot read
    if usage is None:
        return None, 1
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "glassnet"
    problem = usage().rstrip(".").replace("\n", "\\n")
    return f"{problem}{' See' if problem.endswith('?') else '; see'}: {command} --help", 2


app = typer.Typer(
    cls=_OneMessage,
    add_completion=False,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"glassnet {glassnet.__version__}")
        raise typer.Exit


@app.callback(epilog=EXIT_CODES)
def glassnet_command(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Neural networks you can see through.

    Begin with: glassnet train digits
    """
    if context.invoked_subcommand is None:
        print(context.get_help())
