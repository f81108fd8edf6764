"""The functions that find edges: what a principal gains by each method of escalation.

A finder is given an :class:`AttackerView` and a method, and yields edges. ``FINDERS`` says which
functions find which method. Read ``own_calls.py`` first (one's own policies, and calls on oneself),
then ``own_policies.py``; ``granting.py`` says what can be given to others, ``users.py``,
``roles.py`` and ``new_principals.py`` how one takes their place. ``limits.py`` removes boundaries
and Denies. ``own_sessions.py`` and ``tags.py`` are about conditions on who calls.
``identity_providers.py`` and ``services.py`` stand alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
from iamlab.analysis.privilege_escalation.escalation_methods import METHODS, EscalationMethod
from iamlab.analysis.privilege_escalation.finders import (
    granting,
    identity_providers,
    limits,
    new_principals,
    own_policies,
    own_sessions,
    roles,
    services,
    tags,
    users,
)
from iamlab.analysis.privilege_escalation.principal_states import Edge

Finder = Callable[[AttackerView, EscalationMethod], Iterator[Edge]]

_PLANNED = (services.pass_or_change,)

FINDERS: dict[int, tuple[Finder, ...]] = {
    # One's own permissions.
    **dict.fromkeys((3, 4, 5), (own_policies.attach, own_policies.swap)),
    **dict.fromkeys((6, 7, 8), (own_policies.put,)),
    9: (own_policies.join_group, granting.fill_and_join),
    1: (own_policies.rewrite,),
    2: (own_policies.set_back,),
    23: (limits.remove_own_boundary, limits.remove_boundary_of_user),
    24: (limits.remove_own_boundary, limits.remove_boundary_of_role),
    25: (limits.set_wider_boundary,),
    26: (limits.rewrite_boundary,),
    27: (limits.remove_own_denies, limits.remove_denies_of_others),
    29: (own_sessions.use_session, own_sessions.use_mfa),
    30: (tags.tag_own, tags.tag_others),
    # Users, roles, and new ones.
    **dict.fromkeys((10, 11), (users.make_key,)),
    **dict.fromkeys((12, 13, 28), (users.set_password,)),
    20: (users.widen_and_enter,),
    31: (users.create_key_of_service,),
    14: (roles.write_trust,),
    15: (roles.assume,),
    **dict.fromkeys((16, 17, 18), (roles.widen_and_assume,)),
    19: (roles.widen_and_write_trust,),
    33: (roles.assume_root,),
    21: (new_principals.create_role,),
    22: (new_principals.create_user,),
    32: (identity_providers.write_provider,),
    # Services.
    **dict.fromkeys((35, 36, *range(39, 44), *range(45, 51), *range(52, 61)), _PLANNED),
    44: (services.pass_to_stack_set,),
    **dict.fromkeys((63, 64, 65, *range(69, 73)), _PLANNED),
    **dict.fromkeys((61, 62), (services.change_function,)),
    37: (services.give_profile,),
    38: (services.give_new_profile,),
    **dict.fromkeys((66, 67), (services.use_instance,)),
    68: (services.write_start_script,),
    34: (roles.by_identity_center,),
}
"""Number of a method -> what finds its edges; in the order in which they are looked for."""


def edges_from(view: AttackerView, numbers: Iterable[int] | None = None) -> Iterator[Edge]:
    """Give all edges that begin at a principal; or only those by some methods."""
    for number in FINDERS if numbers is None else numbers:
        for finder in FINDERS[number]:
            yield from finder(view, METHODS[number])
