"""gunicorn reads this file by itself, in the folder where it is started."""

import os

# Two processes forked from one loaded app, as in production. Nothing here is about realtime.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 3
preload_app = True

# `realtime run` gives the app a free port.
bind = f"127.0.0.1:{os.environ.get('PORT', '3000')}"
wsgi_app = "board.wsgi"
