"""Controls that concern an account's identities and that this world cannot answer, with the reason.

Notes
-----
AWS page: "Security Hub controls for AWS Identity and Access Management".
"""

from __future__ import annotations

from iamlab.analysis.audit.audit import Unanswered
from iamlab.analysis.audit.controls import HIGH, LOW, MEDIUM, Control

_CONTACTS = "The account's contacts are not part of this world."
_ANALYZERS = "IAM Access Analyzer has no analyzers in this world."

NOT_ASKED = (
    Unanswered(
        Control("contact-details", "Contact details are current", MEDIUM, "1.1", "1.1"), _CONTACTS
    ),
    Unanswered(
        Control(
            "security-contact",
            "A security contact is registered",
            MEDIUM,
            "1.2",
            "1.2",
            ("Account.1",),
            "security-account-information-provided",
        ),
        _CONTACTS,
    ),
    Unanswered(
        Control("security-questions", "Security questions are registered", MEDIUM, "1.3"),
        "AWS no longer has them, and CIS 5.0 no longer asks.",
    ),
    Unanswered(
        Control(
            "root-not-used", "The root user is not used every day", LOW, "1.7", "1.6", ("IAM.20",)
        ),
        "The methods of this world act as root user; Security Hub has retired its control.",
    ),
    Unanswered(
        Control(
            "instance-roles",
            "Instances have roles",
            MEDIUM,
            "1.18",
            "1.17",
            (),
            "ec2-instance-profile-attached",
        ),
        "What runs on instances is not part of this world; CIS asks a person to look.",
    ),
    Unanswered(
        Control("central-users", "Users are managed in one place", MEDIUM, "1.21", "1.20"),
        "Only a person knows where an organization keeps its people.",
    ),
    Unanswered(
        Control("analyzer-tags", "Analyzers are tagged", LOW, security_hub=("IAM.23",)), _ANALYZERS
    ),
    Unanswered(
        Control(
            "external-access-analyzer",
            "An analyzer looks for access from outside",
            HIGH,
            "1.20",
            "1.19",
            ("IAM.28",),
            "iam-external-access-analyzer-enabled",
        ),
        _ANALYZERS,
    ),
    Unanswered(
        Control(
            "role-managed-policies",
            "Roles have the policies of a list",
            MEDIUM,
            config_rule="iam-role-managed-policy-check",
        ),
        "The rule compares with a list that only its owner has.",
    ),
)
"""What nobody asks here."""
