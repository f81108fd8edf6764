"""Access Analyzer's custom policy checks, each decided with a request that proves it."""

from iamlab.analysis.policy_checks.checks import (
    CheckResult,
    check_access_not_granted,
    check_no_new_access,
    check_no_public_access,
)

__all__ = [
    "CheckResult",
    "check_access_not_granted",
    "check_no_new_access",
    "check_no_public_access",
]
