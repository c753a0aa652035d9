"""The program as data: its values and instructions, names, passes, verification, evaluation."""
