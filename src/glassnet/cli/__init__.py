"""The ``glassnet`` command. The only room that knows typer and rich."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command with the arguments of this process, and end the process with its exit code."""
    try:
        from glassnet.cli.app import app

        app(prog_name="glassnet")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich", "typer"):
            raise
        sys.stderr.write('glassnet: the command needs typer and rich; install them: pip install "glassnet[cli]"\n')
        sys.exit(1)
    except KeyboardInterrupt:  # before there was anything to end cleanly
        sys.exit(130)
