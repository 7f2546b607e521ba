"""Facts about model hubs that their files don't state, as tables."""
