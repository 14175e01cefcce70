"""A program of the Django example that stays: runs a management command for each line it reads, a JSON list.

Answers each with a line: null, or what went wrong. A command by itself costs a second to start.
"""

import json
import os
import sys

import django
from django.core.management import call_command

sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "board.settings"
django.setup()
for line in sys.stdin:
    try:
        call_command(*json.loads(line), stdout=sys.stderr)
        answer = None
    except Exception as error:
        answer = repr(error)
    print(json.dumps(answer), flush=True)
