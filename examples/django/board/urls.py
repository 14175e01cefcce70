"""What is where."""

from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import path
from orders import views

urlpatterns = [
    path("", views.board),
    path("admin/", admin.site.urls),
    # So that the page has its style under gunicorn too. In production this is the work of
    # `collectstatic` and a proxy or WhiteNoise.
    path("static/<path:path>", serve, {"insecure": True}),
]
