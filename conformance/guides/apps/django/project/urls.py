"""The project's addresses."""

from django.urls import path
from shop import views

urlpatterns = [
    path("", views.home),
    path("session", views.session),
    path("orders", views.orders),
    path("orders/<int:pk>", views.order),
]
