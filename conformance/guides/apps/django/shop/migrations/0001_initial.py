"""The first tables."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates orders."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            "Order",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20)),
                ("total", models.DecimalField(decimal_places=2, default=0, max_digits=10)),
            ],
        )
    ]
