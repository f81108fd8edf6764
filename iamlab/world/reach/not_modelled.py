"""What of the table of ways is not looked for, each with the reason.

Notes
-----
AWS pages: those of the services that are named.
"""

from __future__ import annotations

NOT_MODELLED: dict[int, str] = {
    51: (
        "CodeStar projects: AWS closed the service on 31 July 2024, and its actions are gone from "
        "the Service Authorization Reference."
    ),
}
"""Number of a way -> why nobody is said to have it."""

NOT_MODELLED_PARTS: dict[int, tuple[tuple[str, str], ...]] = {
    34: (
        (
            "delegated administrators of IAM Identity Center",
            "the model has none: only principals of the management account manage it.",
        ),
        (
            "sso:CreatePermissionSet",
            (
                "a set that does not exist yet has no role to become. Whoever may assign himself "
                "an existing set, or widen it, has the edge."
            ),
        ),
    ),
    39: (
        (
            "launch templates",
            (
                "which permissions Auto Scaling asks of its caller for one depends on what stands "
                "in the template."
            ),
        ),
    ),
    60: (
        (
            "cognito-identity:SetIdentityPoolRoles",
            (
                "such a role trusts the identity provider cognito-identity.amazonaws.com under "
                "conditions on an identity pool, and pools are not in the world."
            ),
        ),
    ),
    61: (
        (
            "code signing",
            "the world knows of no code signing configuration of a function.",
        ),
    ),
    64: (
        (
            "stack policies",
            "they name resources within a stack, and stacks are not in the world.",
        ),
    ),
}
"""Number of a way -> parts of it that are not looked for, each with the reason."""
