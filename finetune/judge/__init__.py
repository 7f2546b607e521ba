"""Learn what instructions mean, whether anything serves them, and how sure an answer is."""
