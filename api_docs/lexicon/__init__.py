"""What is known of languages, data sets, architectures and subjects: tables in our own words."""
