"""Metrics: how good outputs are, computed over a whole set however it comes in batches."""

from __future__ import annotations

from glassnet.explain.confusion import confusion_matrix, worst_confusions
from glassnet.training.metrics.classification import F1, Accuracy, Confusion, Precision, Recall, TopK
from glassnet.training.metrics.collection import METRICS, Metrics, as_metric
from glassnet.training.metrics.metric import Metric, Whole
from glassnet.training.metrics.regression import MAE, R2, RMSE

__all__ = [
    "F1",
    "MAE",
    "METRICS",
    "R2",
    "RMSE",
    "Accuracy",
    "Confusion",
    "Metric",
    "Metrics",
    "Precision",
    "Recall",
    "TopK",
    "Whole",
    "as_metric",
    "confusion_matrix",
    "worst_confusions",
]
