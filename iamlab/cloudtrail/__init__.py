"""What happened in a world, in the fields of CloudTrail.

``recording.py`` makes events of calls, ``event_fields.py`` has the fields of an event: who called,
from where, and which values. ``log_files.py`` writes events as CloudTrail delivers them.
"""
