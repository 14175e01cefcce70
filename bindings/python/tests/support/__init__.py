"""What the tests share: a scripted sidecar, and ways to wait."""
