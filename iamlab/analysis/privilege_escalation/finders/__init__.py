"""The functions that find edges: what a principal gains by each method of escalation.

A finder takes an :class:`AttackerView` and yields gains. ``FINDERS`` lists the functions that find
each method. Read ``own_calls.py`` first (the principal's own policies, and calls on itself), then
``own_policies.py``. ``granting.py`` gives policies to others; ``users.py``, ``sessions.py`` and
``new_principals.py`` become another principal. ``limits.py`` removes boundaries and Denies.
``tags.py`` is about conditions on the caller. ``identity_providers.py`` and ``services.py`` are
independent of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
from iamlab.analysis.privilege_escalation.escalation_methods import METHODS
from iamlab.analysis.privilege_escalation.finders import (
    granting,
    helpers,
    identity_providers,
    limits,
    new_principals,
    own_policies,
    services,
    sessions,
    tags,
    users,
)
from iamlab.analysis.privilege_escalation.principal_states import Edge, Gain

Finder = Callable[[AttackerView], Iterator[Gain]]


def _by_plans(find: Callable[..., Iterator[Gain]], *numbers: int) -> dict[int, tuple[Finder, ...]]:
    return {number: (partial(find, plans=METHODS[number].plans),) for number in numbers}


_KINDS = ("user", "group", "role")

FINDERS: dict[int, tuple[Finder, ...]] = {
    # One's own permissions.
    **{
        number: (partial(own_policies.attach, kind=kind), partial(own_policies.swap, kind=kind))
        for number, kind in enumerate(_KINDS, 3)
    },
    **{number: (partial(own_policies.put, kind=kind),) for number, kind in enumerate(_KINDS, 6)},
    9: (own_policies.join_group, granting.fill_and_join),
    1: (own_policies.rewrite,),
    2: (own_policies.set_back,),
    23: (partial(limits.remove_own_boundary, kind="user"), limits.remove_boundary_of_user),
    24: (partial(limits.remove_own_boundary, kind="role"), limits.remove_boundary_of_role),
    25: (limits.set_wider_boundary,),
    26: (limits.rewrite_boundary,),
    27: (limits.remove_own_denies, limits.remove_denies_of_others),
    29: (sessions.use_session, sessions.use_mfa),
    30: (tags.tag_own, tags.tag_others),
    # Users, roles, and new ones.
    **{
        number: (partial(users.enter_each, find=find, number=number),)
        for find, numbers in ((users.by_key, (10, 11)), (users.by_password, (12, 13, 28)))
        for number in numbers
    },
    20: (users.widen_and_enter,),
    31: (users.create_key_of_service,),
    74: (sessions.enter_with_mfa,),
    14: (partial(sessions.act_as_each, once_trusted=True),),
    15: (sessions.act_as_each,),
    16: (partial(sessions.act_as_each, gives=[granting.attached]),),
    17: (partial(sessions.act_as_each, gives=[granting.written]),),
    18: (partial(sessions.act_as_each, gives=[granting.rewritten]),),
    19: (partial(sessions.act_as_each, gives=granting.GIVES, once_trusted=True),),
    33: (sessions.assume_root,),
    21: (new_principals.create_role,),
    22: (new_principals.create_user,),
    32: (identity_providers.write_provider,),
    # Services.
    **_by_plans(services.by_plans, 35, 36, *range(39, 44), *range(45, 51), *range(52, 61)),
    **_by_plans(services.pass_to_stack_set, 44),
    **_by_plans(services.by_plans, 63, 64, 65, *range(69, 73)),
    **_by_plans(services.change_function, 61, 62),
    **_by_plans(services.give_profile, 37),
    **_by_plans(services.give_new_profile, 38),
    **_by_plans(services.use_instance, 66, 67),
    **_by_plans(services.swap_role, 73),
    75: (partial(helpers.through_stack, stack=METHODS[43].plans, function=METHODS[40].plans),),
    **_by_plans(services.write_start_script, 68),
    34: (sessions.by_identity_center,),
    76: (),  # helpers.py needs both principals: path_search.py asks it
}
"""Number of a method -> what finds its edges; in the order in which they are looked for."""


def edges_from(view: AttackerView, numbers: Iterable[int] | None = None) -> Iterator[Edge]:
    """Return all edges that begin at a principal; or only those by some methods."""
    for number in FINDERS if numbers is None else numbers:
        for find in FINDERS[number]:
            for gain in find(view):
                yield Edge(METHODS[number], view.state, *gain)
