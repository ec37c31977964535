"""The ledger's triggers, and the two accounts that belong to no team."""

from django.db import migrations

from studio.billing import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)
    account = apps.get_model("billing", "CreditAccount")
    for kind in ("granted", "spent"):
        account.objects.using(schema_editor.connection.alias).get_or_create(team=None, kind=kind)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
