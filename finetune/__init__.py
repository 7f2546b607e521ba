"""How models are taught, and how their weights get to where the engine reads them."""
