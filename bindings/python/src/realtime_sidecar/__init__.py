"""Socket.IO for Python apps, through a sidecar that owns the connections."""
