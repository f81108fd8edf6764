"""Edits made in a world, with its own operations, and the proof that nothing used is lost.

Notes
-----
AWS pages: "API CreatePolicyVersion"; "API DetachUserPolicy"; "API PutUserPolicy".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.least_privilege.policy_holders import held_by
from iamlab.display import steps
from iamlab.errors import IamLabError, NoSuchEntity, RequestError
from iamlab.model.quotas import quota
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.analysis.least_privilege.policy_edits import Edit
    from iamlab.analysis.least_privilege.used_permissions import Pair
    from iamlab.model.identities import Identity
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.world import World
    from iamlab.policy.document import Policy

    Known = Mapping[str, Mapping[Pair, Mapping[str, str]]]


def apply_edits(world: World, edits: Iterable[Edit]) -> None:
    """Make edits in a world.

    Raises
    ------
    AwsError
        AWS refuses one of them, or the policy is not there any more.
    """
    for edit in edits:
        _APPLY[edit.kind](find(world, edit.holder), edit)


def check_unchanged(before: World, now: World, edits: Iterable[Edit]) -> None:
    """Insist that each policy stands and reaches as it did when it was looked at.

    Raises
    ------
    RequestError
        One was changed or taken away since, or reaches others: the edit might give rights back.
    """
    for edit in edits:
        if _standing(before, edit) != _standing(now, edit):
            raise RequestError(
                f"{edit.text} That is refused: it is not as it was, since the world has changed in "
                "between."
            )


def _standing(world: World, edit: Edit) -> object:
    """Say what stands where an edit is to be made, and whom it reaches; ``None`` if nothing."""
    try:
        holder = find(world, edit.holder)
    except NoSuchEntity:
        return None
    key = (edit.holder, edit.policy_arn or edit.policy)
    holding = next((one for one in held_by(holder) if one.key == key), None)
    if holding is None:
        return None
    reached = holding.shared if edit.kind == "edit" else holding.reaches
    return holding.policy, {one.unique_id or one.arn for one in reached}


def find(world: World, arn: str) -> Identity:
    """Find a user, group or role by its ARN."""
    parsed = Arn.parse(arn)
    account = world.account(parsed.account)
    look_up = {"user": account.get_user, "group": account.get_group, "role": account.get_role}
    return look_up[parsed.kind](parsed.name)


def _detach(holder: Identity, edit: Edit) -> None:
    holder.detach_policy(_arn(edit))


def _delete(holder: Identity, edit: Edit) -> None:
    holder.delete_policy(edit.policy)


def _change(holder: Identity, edit: Edit) -> None:
    if edit.policy_arn is None:
        holder.put_policy(edit.policy, _document(edit))
        return
    policy = holder.account.get_policy(edit.policy_arn)
    _make_room(policy, quota(holder.account, "VersionsPerPolicy"))
    policy.create_version(_document(edit), set_as_default=True)


def _make_room(policy: ManagedPolicy, most: int) -> None:
    """Delete the oldest version that does not apply, if there is no room for one more."""
    if len(policy.versions) >= most:
        spare = [one for one in policy.versions if one != policy.default_version_id]
        policy.delete_version(min(spare, key=lambda one: int(one[1:])))


def _replace(holder: Identity, edit: Edit) -> None:
    policy = holder.account.create_policy(edit.new_name, _document(edit))
    holder.detach_policy(_arn(edit))  # first: there may be no room for one more
    holder.attach_policy(policy)


def _move(holder: Identity, edit: Edit) -> None:
    users = [find(holder.account.world, arn) for arn in edit.users]
    if edit.policy_arn is not None:
        for user in users:
            if edit.policy_arn not in user.attached:
                user.attach_policy(edit.policy_arn)
        holder.detach_policy(edit.policy_arn)
        return
    for user in users:
        if edit.policy in user.inline:
            text = f"{user.arn} has an inline policy {edit.policy} already."
            raise RequestError(text)
        user.put_policy(edit.policy, holder.inline[edit.policy])
    holder.delete_policy(edit.policy)


_APPLY = {
    "detach": _detach,
    "delete": _delete,
    "edit": _change,
    "replace": _replace,
    "move": _move,
}


def _arn(edit: Edit) -> str:
    assert edit.policy_arn is not None  # noqa: S101 - these kinds are of managed policies
    return edit.policy_arn


def _document(edit: Edit) -> Policy:
    assert edit.document is not None  # noqa: S101 - these kinds have one
    return edit.document


def proved(
    world: World, edits: Iterable[Edit], used: Known
) -> tuple[tuple[Edit, ...], tuple[tuple[Edit, str], ...]]:
    """Make edits in a copy, and insist that whatever was used and is allowed now stays allowed.

    Parameters
    ----------
    used
        Pairs of action and resource by the ARN of who used them, each with its condition keys.

    Returns
    -------
    tuple
        The edits that can be made, and those that AWS would refuse, with the reason.
    """
    can, cannot = _possible(world, tuple(edits))
    changed = world.copy()
    apply_edits(changed, can)
    for arn, pairs in steps(used.items(), "proving"):
        lost = [
            (action, resource)
            for (action, resource), context in pairs.items()
            if not _may(changed, arn, action, resource, context)
            and _may(world, arn, action, resource, context)
        ]
        if lost:
            action, resource = lost[0]
            raise IamLabError(f"The edits would take {action} on {resource!r} from {arn}.")
    return can, cannot


def _possible(
    world: World, edits: tuple[Edit, ...]
) -> tuple[tuple[Edit, ...], tuple[tuple[Edit, str], ...]]:
    """Part the edits that can be made, one after the other, from those that AWS would refuse."""
    trial = world.copy()
    made: list[Edit] = []
    refused: list[tuple[Edit, str]] = []
    for edit in edits:
        try:
            apply_edits(trial, [edit])
        except IamLabError as error:
            refused.append((edit, str(error).partition("\n")[0]))
            trial = world.copy()  # it may be half done
            apply_edits(trial, made)
        else:
            made.append(edit)
    return tuple(made), tuple(refused)


def _may(world: World, arn: str, action: str, resource: str, context: Mapping[str, str]) -> bool:
    try:
        return bool(world.can(arn, action, resource, context=context))
    except IamLabError:  # a record may name what cannot be asked
        return False
