"""What happened in a world, in the fields of CloudTrail.

``recording.py`` makes events of calls, ``event_fields.py`` says what an event holds: who called,
from where, and which values. ``log_files.py`` writes events as CloudTrail delivers them.
"""
