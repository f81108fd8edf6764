"""Who can become whom: the ways, and the graph that they make.

The idea: what somebody can make of himself is not in his policies of today, but in the calls that
these allow. So the graph's points are principals with changes, its edges are calls, and the engine
decides each edge as AWS would decide the calls. What an edge claims, a replay proves.

Read it in this order, each with an example:

``powers.py``: a *power* is a principal with *changes*, "user dana with any permission". A change is
    a function of what the world has gathered of the principal; no world is copied.
``calls.py``, ``deciding.py``: a *call* and what it needs; the engine's answers, for many at once.
``standpoint.py``: a *standpoint* is one power's view. ``one.may(call)``; ``one.assumable``: the
    roles that it may assume (``assuming.py``; the calls for them in ``role_calls.py``, what
    policies want to hear of them in ``asked.py``); ``one.allowed("CreateAccessKey", users)``.
``table.py``, ``table_services.py``: a *way* is a row of the table, "10: make an access key for a
    user", with permissions, gain and guards.
``ways/``: what finds it is a function ``@finds(10)`` that is given a standpoint and yields edges.
    ``own_*``, ``boundaries``: oneself; ``roles``, ``users``, ``creating``, ``providers``: others;
    ``compute``, ``existing``, ``functions``, ``instances``: through services, by ``plans.py``.
``edges.py``: an *edge* leads from one power to another: "user/dana -> role/stars: sts:AssumeRole".
``exploring.py``: which edges begin at a power, kept; ``admin.py``: who is an administrator, and
    ``administrators.py``: what they share. ``searching.py`` goes from point to point.
``paths.py``, ``replaying.py``: a *path* is edges one after the other (``writing_out.py`` leaves out
    what it does not need); its *replay* makes the calls in a copy of the world, and ``later.py``
    fills in the secrets.
``reach.py``: the questions: ``world.reach().path(dana, to="admin")``; ``cutting.py`` closes ways.

A new way is a row in the table, a function in ``ways/``, and its module's name in ``ways.MODULES``.

Notes
-----
AWS pages: "Policy evaluation logic"; "Methods to assume a role"; "Grant a user permissions to pass
a role to an AWS service".
"""
