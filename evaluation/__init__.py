"""How good Callsmith is: APIBench, retrieval metrics, benchmarks and the report."""
