"""Parts of the nightly refresh: collecting, canaries, reports. The job itself is `service.refreshing`."""
