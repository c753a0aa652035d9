"""Plots, with Matplotlib (an extra). Each draws into ``ax=``, if it is given, and returns its axes."""

from __future__ import annotations

from glassnet.explain.plots.activation import activation
from glassnet.explain.plots.curves import confusion, curves
from glassnet.explain.plots.inside_convolutions import attributions, feature_maps, kernels, saliency
from glassnet.explain.plots.inside_layers import activations, gradient_flow, gradients, weights
from glassnet.explain.plots.over_tokens_and_time import attention_maps, hidden_state
from glassnet.explain.plots.surfaces import decision_boundary, loss_surface, optimizer_paths

__all__ = [
    "activation",
    "activations",
    "attention_maps",
    "attributions",
    "confusion",
    "curves",
    "decision_boundary",
    "feature_maps",
    "gradient_flow",
    "gradients",
    "hidden_state",
    "kernels",
    "loss_surface",
    "optimizer_paths",
    "saliency",
    "weights",
]
