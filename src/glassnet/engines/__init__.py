"""Engines: readers of a program that run it."""
