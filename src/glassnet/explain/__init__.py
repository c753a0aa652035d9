"""Explanations: readers of networks and programs that show a person what happens in them."""
