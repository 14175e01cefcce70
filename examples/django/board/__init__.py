"""The project: settings, addresses, the WSGI application."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

# In your own project: pip install realtime-sidecar. Here the copy beside this example will do, and
# the binary that `make build` has made.
if find_spec("realtime_sidecar") is None:
    repository = Path(__file__).resolve().parents[3]
    sys.path.append(str(repository / "bindings/python/src"))
    os.environ.setdefault("REALTIME_BIN", str(repository / "bin/realtime"))
