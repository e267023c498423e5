"""Recording what a pool does on real threads, in an event loop, or in processes."""
