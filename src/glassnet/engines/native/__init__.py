"""The native engine: a program written as C, compiled, and run."""
