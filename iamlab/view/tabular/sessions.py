"""Tables of temporary credentials. They show no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.view.tables import Table
from iamlab.view.tabular.signs import bad, good

if TYPE_CHECKING:
    from iamlab.analysis.credential_timeline.timeline import Timeline
    from iamlab.operations.sts.session import Session
    from iamlab.view.style import Look

SESSION = (
    *("access_key_id", "state", "arn", "role_arn", "operation", "issued", "expiration", "mfa"),
    *("source_identity", "tags", "transitive_tag_keys", "policies"),
)
_STEP = "\N{NO-BREAK SPACE}" * 4
_DEEPEST = 10


def state_of(session: Session) -> Look:
    """Say whether a session is still good."""
    return bad("expired") if session.is_expired else good("valid")


def session_table(session: Session) -> Table:
    """Give what is known of a session; it is one row."""
    record = session.record
    policies = (one.name or "session policy" for one in (*session.policies, *record.scoped))
    row = (
        *(record.access_key_id, state_of(session), record.arn, record.issuer_arn),
        *(record.operation, record.issued, record.expiration),
        bool(session.keys.get("aws:MultiFactorAuthPresent")),
        record.source_identity,
        tuple(f"{key}={value}" for key, value in record.tags.items()),
        tuple(record.transitive_tag_keys),
        tuple(policies),
    )
    return Table(f"Session {record.arn.rpartition(':')[2]}", SESSION, (row,), of_one=True)


def timeline_table(timeline: Timeline) -> Table:
    """Give credentials as a tree: under each what was asked for with it."""
    rows = (
        (
            f"{_STEP * min(level, _DEEPEST)}{row.arn.rpartition(':')[2]}",
            *(row.access_key_id, row.operation, row.start, row.end),
            good(row.ended) if row.ended == "still valid" else bad(row.ended),
        )
        for level, row in timeline.as_tree()
    )
    return Table(
        f"Credentials until {timeline.now:%Y-%m-%d %H:%M} UTC",
        ("who", "access key", "made by", "from", "until", "state"),
        tuple(rows),
    )
