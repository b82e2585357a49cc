"""How a field gets another name while its column keeps the one it has."""

from __future__ import annotations

from miglint.analysis import Analysis
from miglint.scope import Scope
from miglint_rules._own import Own, declared_before
from miglint_rules._recipes import beside_the_state, recipe, step
from miglint_rules._remedies import quoted


def column_kept(own: Own, analysis: Analysis, scope: Scope, column: str) -> str:
    """The help for a RenameField: say to Django's state alone that the field of the new name has the old column."""
    model = quoted(own.model)
    old, new = (str(own.operation.arguments.get(name)) for name in ("old_name", "new_name"))
    declared = declared_before(analysis, scope, own.model, old)
    kept = declared.replacing(db_column=quoted(column)) if declared else f"<the field with db_column={quoted(column)}>"
    state = beside_the_state(
        [],
        f"migrations.AlterField({model}, {quoted(old)}, {kept})",
        f"migrations.RenameField({model}, {quoted(old)}, {quoted(new)})",
    )
    lead = f"rename the field and keep the column, which leaves the database as it is; in the model {new} = {kept}:"
    return recipe(lead, [step(state)], "from django.db import migrations, models" if declared else "")
