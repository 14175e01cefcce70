from __future__ import annotations

import datetime
import os

from django.contrib.auth import login, logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy

import realtime_sidecar as realtime


def pay(request: HttpRequest) -> HttpResponse:
    realtime.emit("paid", gettext_lazy("Thank you"), datetime.timedelta(hours=1), to="orders")
    return HttpResponse(str(os.getpid()))


def sign_in(request: HttpRequest, name: str) -> HttpResponse:
    user, _ = User.objects.get_or_create(username=name)
    login(request, user)
    return HttpResponse(user.pk)


def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponse()


urlpatterns = [
    path("pay", pay),
    path("sign-in/<name>", sign_in),
    path("sign-out", sign_out),
]
