"""Networks that go through a sequence step by step: a series that is forecast, a text that is classified."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.networks.dense import dense
from glassnet.nn.container import Sequential
from glassnet.nn.embeddings import Embedding
from glassnet.nn.module import Module
from glassnet.nn.recurrence import GRU, LSTM
from glassnet.tensor import Tensor

CELLS = {"lstm": LSTM, "gru": GRU}


class Forecaster(Module):
    """Forecasts the next ``horizon`` values of a series from the values before.

    Input: [n, window, 1]. Output: [n, horizon]. The recurrent layer, an "lstm" or a "gru" of ``hidden[0]`` units, sees
    how far each value is from the last one, and linear layers say from its last state how far the next ones are: so a
    level that it has never seen is no obstacle. Source: A. Zeng et al., "Are Transformers Effective for Time Series
    Forecasting?" (2023), whose NLinear subtracts the last value.

    >>> from glassnet.networks import Forecaster
    >>> Forecaster(3, hidden=[8])(glassnet.zeros(2, 12, 1)).shape
    (2, 3)
    """

    def __init__(
        self,
        horizon: int,
        hidden: Sequence[int] = (64,),
        cell: str = "lstm",
        activation: str = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.horizon, self.hidden, self.cell = horizon, hidden, cell
        self.activation, self.dropout = activation, dropout
        self.recurrent = CELLS[cell](1, hidden[0], batch_first=True)
        self.head = Sequential(*dense(hidden[0], hidden[1:], horizon, activation, dropout))

    def forward(self, input: Tensor) -> Tensor:
        """The next values."""
        last = input[:, -1:]
        states, _ = self.recurrent(input - last)
        further: Tensor = self.head(states[:, -1])
        return further + last[:, :, 0]


class TextReader(Module):
    """Classifies texts, word by word.

    Input: [n, length], the numbers of words from 0 to ``words`` − 1, of which 0 is no word. Output: [n, classes]. Each
    word has a learned vector of ``embedding`` numbers, which a "gru" or "lstm" of ``hidden[0]`` units goes through;
    linear layers make the scores of the classes from its last state. Source: K. Cho et al., "Learning Phrase
    Representations using RNN Encoder–Decoder for Statistical Machine Translation" (2014).

    >>> from glassnet.networks import TextReader
    >>> TextReader(100, 2, hidden=[8])(glassnet.zeros(3, 12, dtype=glassnet.int64)).shape
    (3, 2)
    """

    def __init__(
        self,
        words: int,
        classes: int,
        embedding: int = 32,
        hidden: Sequence[int] = (64,),
        cell: str = "gru",
        activation: str = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.words, self.classes, self.hidden, self.cell = words, classes, hidden, cell
        self.activation, self.dropout, self.embedding = activation, dropout, embedding
        self.vectors = Embedding(words, embedding, padding_idx=0)
        self.recurrent = CELLS[cell](embedding, hidden[0], batch_first=True)
        self.head = Sequential(*dense(hidden[0], hidden[1:], classes, activation, dropout))

    def forward(self, input: Tensor) -> Tensor:
        """The scores of the classes."""
        states, _ = self.recurrent(self.vectors(input))
        scores: Tensor = self.head(states[:, -1])
        return scores
