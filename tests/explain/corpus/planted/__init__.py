"""Healthy trainings, and faults of many kinds planted in them: each with any seed, which draws data and weights."""

from tests.explain.corpus.planted import faults, more_networks, network_faults

__all__ = ["faults", "more_networks", "network_faults"]
