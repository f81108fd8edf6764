"""Least privilege, and what is unused: both from what happened.

``used.py`` reads the events once and keeps each pair of action and resource. From there two ways
go. ``least.py`` writes the tightest policy: grouped (``statements.py``), generalised in steps that
are told (``wildcards.py``), made to fit AWS's quotas (``fitting.py``), proved (``proof.py``), and
given with what it allows too much (``excess.py``) and what no event shows (``not_shown.py``).
``unused.py`` goes the other way: it begins with the policies of now (``holdings.py``), and takes
away (``shrinking.py``, ``edits.py``, ``applying.py``); ``findings.py`` says it in the words of IAM
Access Analyzer.

Notes
-----
AWS pages: "Security best practices in IAM"; "Generate policies based on access activity"; "IAM
Access Analyzer unused access".
"""
