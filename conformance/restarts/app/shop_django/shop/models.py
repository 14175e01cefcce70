from django.db import models


class Order(models.Model):
    serial = models.IntegerField()
