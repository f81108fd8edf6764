"""The types of policies, as far as they change what a statement says."""

from __future__ import annotations

from iamlab.errors import RequestError, did_you_mean

WITHOUT_PRINCIPAL = {
    "identity": "an identity-based policy",
    "boundary": "a permissions boundary",
    "session": "a session policy",
    "scp": "a service control policy",
}
"""The types that may name no Principal, as they are called."""
MUST_NAME = {"resource": "a resource-based policy", "trust": "a trust policy"}
"""The types that must name one."""
ABOUT_EVERYBODY = ("rcp", "endpoint")
"""The types that are about everybody where they name none."""
CEILINGS = ("boundary", "session", "scp", "rcp", "endpoint")
"""The types that grant nothing: they leave room for what other policies grant."""
TYPES = (*WITHOUT_PRINCIPAL, *MUST_NAME, *ABOUT_EVERYBODY)


def known(for_type: str) -> str:
    """Check the name of a type; none at all is allowed.

    Examples
    --------
    >>> known("scp"), known("")
    ('scp', '')
    """
    if for_type and for_type not in TYPES:
        raise RequestError(
            f"There is no type of policy {for_type!r}. {did_you_mean(for_type, TYPES)}"
        )
    return for_type
