from django.db import migrations, models


def close_old_orders(apps, schema_editor):
    Order = apps.get_model("orders", "Order")
    Order.objects.filter(status="new", placed_at__year__lt=2020).update(status="closed")


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0002_order_note"),
    ]

    operations = [
        migrations.RunPython(close_old_orders),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["status"], name="order_status_idx"),
        ),
    ]
