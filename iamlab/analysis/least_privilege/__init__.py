"""Least privilege, and what is unused: both from what happened.

``used_permissions.py`` reads the events once and keeps each pair of action and resource.
``least_privilege.py`` writes the tightest policy for them: grouped and generalised in steps that it
lists (``statements.py``), small enough for AWS's quotas and proved (``policy_sizes.py``), with what
it allows beyond that and what no event shows (``excess.py``). ``unused.py`` starts from the
policies of now and takes away what nobody used (``shrinking.py``, ``policy_edits.py``); its
findings are those of Access Analyzer.

Notes
-----
AWS pages: "Security best practices in IAM"; "Generate policies based on access activity"; "IAM
Access Analyzer unused access".
"""
