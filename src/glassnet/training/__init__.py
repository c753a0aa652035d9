"""Training: what turns a network and data into a run worth keeping."""
