"""What happened in a world, in the fields of CloudTrail.

``recording.py`` makes events of calls. ``user_identity.py`` says who called, ``event_names.py``
what CloudTrail calls the call, ``event_fields.py`` from where it came and which values an event may
hold. ``log_files.py`` writes events as CloudTrail delivers them.
"""
