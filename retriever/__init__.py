"""Which API doc answers an instruction."""
