"""Numbers in generated source are the same numbers, to the last bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glassnet.codegen.expressions import spelled

NUMBERS = st.floats() | st.integers() | st.booleans()


@given(NUMBERS | st.lists(NUMBERS, max_size=3).map(tuple))
def test_a_number_is_spelled_so_that_it_is_read_as_itself(value: object) -> None:
    read = eval(spelled(value), {"np": np})
    assert type(read) is type(value)
    assert repr(read) == repr(value)  # nan is not equal to itself, and 0.0 is to -0.0
