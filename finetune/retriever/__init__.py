"""How the retriever is taught: a whole encoder, or a small matrix on the instruction's side."""
