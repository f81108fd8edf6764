"""Privilege escalation: which principals can become which others, and by which calls.

What a principal can make of itself is not in its policies of today, but in the calls that these
allow. So the points of the graph are principals with changes, its edges are calls, and the engine
decides each call as AWS would. A replay proves an edge.

The order in which to read:

``principal_states.py``: a *principal state* is a principal with *changes*, "user dana with any
    permission". A change is a function of what the world knows of the principal; no world is
    copied. An *edge* leads from one state to another: "user/dana -> role/stars: sts:AssumeRole".
``permission_checks.py``: a *call*, the permissions that it needs, and whether a state has them; for
    many states and resources at once.
``attacker_view.py``: what one state may do: ``view.may(call)``, ``view.allowed("CreateAccessKey",
    users)``, ``view.assumable``. ``assumable_roles.py`` finds the roles that it may assume, and
    ``role_calls.py`` the calls for them, by what policies require (``required_parameters.py``).
``escalation_methods.py``, ``escalation_methods.json``: the 76 known *methods*: permissions, gain,
    guards, and the plans of those that go through a service. ``docs/ways.md`` is written from it.
``finders/``: for each method, a function that is given a view and yields what can be gained; the
    table is in its ``__init__.py``. For services, ``plan_binding.py`` chooses roles to pass,
    Regions and names (``satisfying_values.py``).
``edge_finder.py``: the edges of a state, kept; what the administrators of an account share; and the
    search for paths.
``paths.py``: a *path* is edges one after the other; ``replay.py`` makes its calls in a copy of the
    world. Answers are made of paths.
``reach.py``: the questions of ``world.reach()``.
``cut.py``, ``cut_edits.py``: the smallest set of edits that closes all paths.

A new method is an entry in the data file, a function in ``finders/``, and a row in its table.

Notes
-----
AWS pages: "Policy evaluation logic"; "Methods to assume a role"; "Grant a user permissions to pass
a role to an AWS service".
"""
