"""What happened in a world: who did what, and how it ended, in the fields of CloudTrail.

``event.py`` has the fields. ``recording.py`` makes events of calls, with the help of tables: who
called (``identity.py``), from where (``origin.py``), under which name (``names.py``), with which
error (``errors.py``), and which values may be told (``values.py``). ``log.py`` is the list of them
all; ``search.py`` finds some, ``files.py`` writes them as CloudTrail delivers them.
"""
