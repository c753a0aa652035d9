"""Explanations: walkthroughs, pictures, plots, check-ups and formulas of networks and programs."""
