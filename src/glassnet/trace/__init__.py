"""How a program is made of code that runs: one real call, traced, and lowered to instructions."""
