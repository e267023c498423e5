"""Worker-pool patterns: one module each. See `patterns.basic` first."""
