"""The project: settings, addresses, the WSGI application."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

# In your own project: pip install realtime-sidecar. Here the copy beside this example will do, and
# the binary and the library that `make build` and `make capi` have made.
if find_spec("realtime_sidecar") is None:
    repository = Path(__file__).resolve().parents[3]
    sys.path.append(str(repository / "bindings/python/src"))
    os.environ.setdefault("REALTIME_BIN", str(repository / "bin/realtime"))
    name = "librealtime.dylib" if sys.platform == "darwin" else "librealtime.so"
    os.environ.setdefault("REALTIME_LIBRARY", str(repository / "lib" / name))
