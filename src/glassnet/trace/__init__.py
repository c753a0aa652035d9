"""Tracing: a function is called once, for real, and its operations are lowered to a program."""
