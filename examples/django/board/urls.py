"""What is where."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.contrib.staticfiles.views import serve
from django.urls import path
from orders import views
from orders.samples import ACCOUNTS, PASSWORD

SAMPLES = {"accounts": ACCOUNTS, "password": PASSWORD} if settings.DEBUG else {}

urlpatterns = [
    path("", views.home, name="home"),
    path("orders/", views.place, name="place"),
    path("orders/<int:number>/", views.order, name="order"),
    path("orders/<int:number>/move/", views.move, name="move"),
    path("login/", LoginView.as_view(extra_context=SAMPLES), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    # So that the pages have their style under gunicorn too. In production this is the work of
    # `collectstatic` and a proxy or WhiteNoise.
    path("static/<path:path>", serve, {"insecure": True}),
]
