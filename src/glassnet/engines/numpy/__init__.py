"""The NumPy engine: a program as source that a person can read, and that is what runs."""
