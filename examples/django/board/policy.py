"""Which scripts a page may run. Django 6 has a middleware of its own for this."""

import secrets

from django.conf import settings

EVERYTHING_ELSE = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; script-src "


class Nonce:
    """A page's nonce: made when a template first asks for it."""

    made = ""

    def __str__(self):
        self.made = self.made or secrets.token_urlsafe(16)
        return self.made


class ContentSecurityPolicy:
    """Holds pages that have asked for a nonce to it, others (the admin) to this host's scripts.

    `{% realtime_tags %}` takes `request.csp_nonce` by itself.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Answers, with the policy."""
        request.csp_nonce = nonce = Nonce()
        response = self.get_response(request)
        # Django's own error pages, with DEBUG, have scripts and styles in them.
        if not (settings.DEBUG and response.status_code in (404, 500)):
            scripts = f"'nonce-{nonce.made}'" if nonce.made else "'self'"
            response.headers["Content-Security-Policy"] = EVERYTHING_ELSE + scripts
        return response
