"""Which class was taken for which: the one count behind the metric, the report, the plot and the command."""

from __future__ import annotations

import numpy as np

from glassnet.ops.dtypes import Array


def confusion_matrix(targets: Array, predicted: Array, classes: int) -> Array:
    """How many samples of class i were taken for class j: int64 [classes, classes], of class numbers [n] and [n].

    >>> from glassnet.training.metrics import confusion_matrix
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    return np.bincount(targets * classes + predicted, minlength=classes * classes).reshape(classes, classes)
