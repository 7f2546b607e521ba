"""The running product: settings, the pipeline, generators, HTTP and the command line."""
