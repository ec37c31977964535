import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """On its own: PostgreSQL refuses to alter a table whose foreign keys were written in the same transaction."""

    dependencies = [("jobs", "0002_rooms_boards_and_bills")]

    operations = [
        migrations.AlterField(
            model_name="output",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="outputs", to="accounts.team"
            ),
        ),
    ]
