"""What the nightly refresh costs, how it scales, and what it withstands, measured."""
