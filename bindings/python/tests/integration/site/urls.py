from __future__ import annotations

import datetime
import os

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy

import realtime_sidecar as realtime


def pay(request: HttpRequest) -> HttpResponse:
    realtime.emit("paid", gettext_lazy("Thank you"), datetime.timedelta(hours=1), to="orders")
    return HttpResponse(str(os.getpid()))


urlpatterns = [path("pay", pay)]
