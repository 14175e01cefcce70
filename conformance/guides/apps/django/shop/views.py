"""The shop's pages."""

from django.contrib.auth import get_user_model, login, logout
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render

from .models import Order


def home(request):
    """Shows the front page."""
    return render(request, "shop/home.html")


def session(request):
    """Signs in by name, and out."""
    if request.method == "DELETE":
        logout(request)
        return HttpResponse(status=204)
    user, _ = get_user_model().objects.get_or_create(username=request.POST["name"])
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("/")


def orders(request):
    """Takes an order."""
    made = Order.objects.create(number=request.POST["number"], total=request.POST["total"])
    return JsonResponse({"id": made.pk}, status=201)


def order(request, pk):
    """Shows an order."""
    return render(request, "shop/order.html", {"order": get_object_or_404(Order, pk=pk)})
