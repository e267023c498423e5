"""What a job costs, here and with the peers: `make bench`."""
