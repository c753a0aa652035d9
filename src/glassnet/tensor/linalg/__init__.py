"""What `glassnet.linalg` offers, and what the functions of `glassnet` on matrices are made of."""
