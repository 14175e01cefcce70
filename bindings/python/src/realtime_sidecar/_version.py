"""The version of this distribution; one version for the binary, the gem and the wheel."""

__version__ = "0.1.0"
