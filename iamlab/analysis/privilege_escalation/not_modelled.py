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
    15: (
        (
            "the Region of the endpoint, where the caller's own policies or SCPs ask for one",
            (
                "they mostly mean other calls than this. A Region that the role's trust policy or "
                "an RCP asks for is tried."
            ),
        ),
    ),
    23: (
        (
            "a wider boundary for another user",
            "its boundary is taken away; that another one is set is looked for with roles.",
        ),
    ),
    30: (
        (
            "tags of others that open other calls than AssumeRole and CreateAccessKey",
            "there would be a way for each call that somebody is given.",
        ),
    ),
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
    40: (
        (
            "a role that is changed or made, and then passed",
            (
                "whoever may write a role its policies or its trust policy mostly may assume it "
                "then, which is a way. Where sts:AssumeRole is denied, to pass it is another one: "
                "that is not looked for, here and in the other rows with iam:PassRole."
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
        (
            "the role of the function given a policy first",
            "likewise: as with roles that are passed.",
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
