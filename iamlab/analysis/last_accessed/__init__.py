"""Last accessed information: which of the services that policies allow were used, when, by whom.

``granted.py`` says what policies allow, ``seen.py`` what events show, ``tracking.py`` what is kept
of that and since when; ``asking.py`` puts them together. Organizations have a report of their own.
"""
