"""gunicorn reads this file by itself, in the folder where it is started."""

import os

# Two processes forked from one loaded app, as in production.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 3
preload_app = True

# `realtime run` gives the app a free port.
bind = f"127.0.0.1:{os.environ.get('PORT', '3000')}"
wsgi_app = "board.wsgi"

# The server inside is for one process. It is at port 8000, and gets pages from here.
if os.environ.get("REALTIME_NATIVE") == "1":
    workers = 1
    os.environ.setdefault("REALTIME_UPSTREAM", f"http://{bind}")
