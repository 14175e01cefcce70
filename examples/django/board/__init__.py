"""The project: settings, addresses, the WSGI application."""

import sys
from importlib.util import find_spec
from pathlib import Path

# In your own project: pip install realtime-sidecar. Here the copy beside this example will do.
if find_spec("realtime_sidecar") is None:
    sys.path.append(str(Path(__file__).resolve().parents[3] / "bindings/python/src"))
