"""The ``glassnet`` command. The only room that knows typer and rich."""

from __future__ import annotations

import sys

from glassnet.extras import MissingExtra, needed_to


def main() -> None:
    """Run the command with the arguments of this process, and end the process with its exit code."""
    try:
        with needed_to("run the command"):
            from glassnet.cli.app import app
        app(prog_name="glassnet")
    except MissingExtra as error:
        sys.stderr.write(f"glassnet: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:  # while the command was loaded
        sys.stderr.write("glassnet: stopped\n")
        sys.exit(130)
