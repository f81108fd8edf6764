"""The folders of the package, in order: a file imports only its own and those before it."""

FLOORS = (
    *(
        "deprecated",
        "errors",
        "extras",
        "display",
        "mermaid",
        "tables",
        "unsure",
        "policy",
        "engine",
        "model",
    ),
    *("authorization", "cloudtrail", "operations", "analysis", "storage", "clients", "world"),
    *("incident", "view", "widgets", "teach", "exam", "distribution", "cli", "classroom"),
)


def floor_of(part: str) -> int | None:
    """Return the number of a room, by the name of its folder or file."""
    name = part.removesuffix(".py")
    return FLOORS.index(name) if name in FLOORS else None
