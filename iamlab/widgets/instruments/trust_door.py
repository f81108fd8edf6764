"""The trust door: who can assume a role, by the caller's policies and by the role's trust policy.

Notes
-----
AWS pages: "Methods to assume a role"; "How to use trust policies with IAM roles".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.engine.decision import Decision
from iamlab.operations.sts.assume_role import session_actions
from iamlab.operations.sts.issuing import session_tags
from iamlab.operations.sts.session import find_role
from iamlab.view.figures.decision.two_doors import two_doors
from iamlab.widgets import choices
from iamlab.widgets.instruments.two_accounts import Keys, TwoSides

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.widgets.instruments.edited_world import Edits
    from iamlab.world.identities import Role
    from iamlab.world.world import World

ASSUME = "sts:AssumeRole"


class TrustDoor(TwoSides):
    """The statements that decide whether a principal can assume a role.

    A session with tags also needs ``sts:TagSession``, and one with a source identity
    ``sts:SetSourceIdentity``. Its controls are those of ``TwoSides``.
    """

    title, target = "The trust door", "role"
    question = "Can it assume the role?"

    def _decide(self, edits: Edits, keys: Keys) -> Decision:
        principal, _, arn = self._question
        world, (context, sent) = self._edited.at(edits), choices.by_hand(keys)
        session = world.sessions.get(getattr(principal, "access_key_id", ""))
        tags = session_tags(sent, (), session)
        identity = context.get("sts:SourceIdentity") or (session and session.source_identity)
        actions = session_actions(ASSUME, tags.needs_permission, str(identity or ""))
        context |= tags.context()
        return Decision.of_call(
            [world.can(principal, own, arn, context=context) for own in actions]
        )

    def _draw(self, edits: Edits, keys: Keys) -> str:
        return two_doors(self._decided(edits, keys))._repr_html_()


def trust_door(world: World, principal: Caller, role: Role | str, **more: Any) -> TrustDoor:
    """Show the statements that decide whether a principal can assume a role.

    Parameters
    ----------
    world
        The world with the role. It doesn't change.
    principal
        Who calls AssumeRole, as in ``World.can``; also a service.
    role
        The role, its ARN or its name.
    more
        ``predict_first``: whether the verdict is hidden until it is predicted.

    Raises
    ------
    NoSuchEntity
        The world has no such role.

    Examples
    --------
    >>> from iamlab.teach.acme import COLLECTOR, READER, observatory
    >>> door = trust_door(observatory(), COLLECTOR, READER)
    >>> str(door.decision.verdict)
    'implicit deny'
    >>> door.set("key sts:ExternalId", "acme-4711")
    >>> str(door.decision.verdict)
    'allowed'
    >>> door.set("trust of starsoft-reader/OurVendor", False)
    >>> str(door.decision.verdict)
    'implicit deny'
    """
    text = str(getattr(role, "arn", role))
    found = find_role(world, text) or world.role(text)
    return TrustDoor(world, principal, ASSUME, found.arn, **more)
