"""The real engine behind the service, measured: random weights, prefix caching, overhead, faults."""
