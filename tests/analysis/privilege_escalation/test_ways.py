"""What the rows of the ways to others have in common, whichever way it is.

The rows are with the tests that only they have: for roles, new roles and providers, users.
"""

import pytest

from tests.analysis.privilege_escalation import test_new_roles as new
from tests.analysis.privilege_escalation import test_roles as roles
from tests.analysis.privilege_escalation import test_users as users
from tests.analysis.privilege_escalation.way_checks import Row

ROWS = (*roles.ROWS, *new.NEW, *new.PROVIDERS, *users.ROWS, *users.NEW)
STATES = (*roles.STATES, *new.CLOSED)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_way_is_found_and_works(row: Row) -> None:
    """It leads to its target; each of its calls is allowed, and the promised access exists.

    Somebody new has the name, the path, the boundary and the tags that policies ask for; what a
    provider of the caller's own says is really signed, and really let in.
    """
    assert row.target in row.targets(row.world())


@pytest.mark.parametrize(("row", "why"), STATES, ids=str)
def test_a_way_needs_the_right_state(row: Row, why: str) -> None:
    """Permissions are not enough."""
    assert row.targets(row.world()) == [], why
