"""The admin needs nothing to be live: it saves, and that is what boards listen to."""

from django.contrib import admin

from .models import Order


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """Status and total can be changed in the list."""

    list_display = ["number", "customer", "items", "status", "cook", "total", "updated_at"]
    list_editable = ["status", "total"]
    list_filter = ["status"]
    list_select_related = ["cook"]
    search_fields = ["number", "customer"]
