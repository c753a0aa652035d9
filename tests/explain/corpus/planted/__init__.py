"""Healthy trainings, and faults of many kinds planted in them: each with any seed, which draws data and weights."""

from tests.explain.corpus.planted import faults, network_faults

__all__ = ["faults", "network_faults"]
