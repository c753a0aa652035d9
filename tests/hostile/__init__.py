"""Hostile inputs and faults: what glassnet reads may be anything, and what it runs on may fail at any point.

`make test-hostile` runs all of it; `python -m tests.hostile --help` runs more mutated inputs, with another seed.
A new reader is a row in `readers.py`, a new way to damage a file a row in `mutations.py`.
"""
