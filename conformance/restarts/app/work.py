"""A process that does nothing but take events."""

import handlers  # noqa: F401 - registers them
import realtime_sidecar as realtime

realtime.run()
