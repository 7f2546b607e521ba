"""What becomes of a collection: the next catalogue, and why each doc is in it or not."""
