"""Who may become whom, by trust and permission."""
