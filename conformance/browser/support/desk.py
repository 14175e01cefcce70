"""A program of the Django example that stays: runs a management command for each line it reads, a JSON list.

Answers each with a line: null, or what went wrong. A command by itself costs a second to start.
"""

import json
import sys

import django
from django.core.management import call_command

django.setup()
for line in sys.stdin:
    try:
        call_command(*json.loads(line), stdout=sys.stderr)
        answer = None
    except Exception as error:
        answer = repr(error)
    print(json.dumps(answer), flush=True)
