"""Where API docs come from while Callsmith runs: what fetches each upstream over the network."""
