"""Beside a command's own words there are none of the libraries it uses."""

import logging
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

from glassnet.cli.quiet import only_own_words
from glassnet.cli.streams import Lenient
from glassnet.errors import GlassnetWarning


@pytest.fixture
def err():
    """Standard error as a process has it."""
    with open(2, "w", closefd=False) as stream:
        yield Lenient(stream)


def noise():
    warnings.warn("Corrupt EXIF data", UserWarning, stacklevel=1)
    warnings.warn("the rate is never used", GlassnetWarning, stacklevel=1)
    np.float32(3e38) * np.ones(1, np.float32) * 10
    logging.getLogger("PIL.TiffImagePlugin").warning("More samples per pixel than can be decoded")
    os.write(2, b"TIFFReadDirectory: Failed to read directory\n")


def test_only_glassnet_is_heard(err, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        before = warnings.showwarning
        with only_own_words(err):
            noise()
            err.write("glassnet: ours\n")
        assert capfd.readouterr().err == "glassnet: the rate is never used\nglassnet: ours\n"
        assert (err.fileno(), warnings.showwarning) == (2, before), "all is as it was"


def test_it_ends_with_an_error_too(err, capfd):
    with pytest.raises(ZeroDivisionError), only_own_words(err):
        raise ZeroDivisionError
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_a_warning_is_one_harmless_line(err, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with only_own_words(err):
            warnings.warn("red \x1b[31m", GlassnetWarning, stacklevel=1)
    assert capfd.readouterr().err == "glassnet: red \\x1b[31m\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk here")
def test_an_output_that_is_full_is_no_error(capfd):
    before = os.dup(2)
    with open("/dev/full", "w") as full, open(2, "w", closefd=False) as stream:
        os.dup2(full.fileno(), 2)
        err = Lenient(stream)
        with only_own_words(err):
            err.write("glassnet: ours\n")
        os.dup2(before, 2)
    os.close(before)
    assert err.error is not None


CRASH = """
import faulthandler, sys
from glassnet.cli.quiet import only_own_words
from glassnet.cli.streams import Lenient
with only_own_words(Lenient(sys.stderr)):
    faulthandler._sigsegv()
"""


@pytest.mark.slow("a process of its own")
def test_a_crash_is_told():
    """What writes to standard error beside us may be the interpreter, which has no other way to say it."""
    done = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=False)
    assert done.returncode < 0
    assert "Segmentation fault" in done.stderr
