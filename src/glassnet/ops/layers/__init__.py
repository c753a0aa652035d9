"""Operations that layers are made of, beyond the linear ones; loaded when a layer or a function first needs them."""
