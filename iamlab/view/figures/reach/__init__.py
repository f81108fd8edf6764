"""Who can assume which role, and who can become which principal, before and after a cut."""
