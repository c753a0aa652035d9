"""Healthy trainings, and faults of many kinds planted in them: each with any seed, which draws data and weights."""
