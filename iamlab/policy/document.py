"""The public ``Policy``: a document, and the methods of the tools that work on it.

Each method loads its tool when it is called. The tools import ``policy/record.py``, so none of them
needs this file.

Notes
-----
AWS page: "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.display import Shown
from iamlab.policy.reading import PRINCIPAL_TYPES, Reader
from iamlab.policy.record import PolicyRecord, edited, written
from iamlab.policy.statement import Condition, Effect, Principals, Statement, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.policy.comparing import Difference
    from iamlab.policy.json_text import Source
    from iamlab.policy.lint.findings import Finding


__all__ = [
    "PRINCIPAL_TYPES",
    "Condition",
    "Effect",
    "Policy",
    "Principals",
    "Statement",
    "Version",
    "edited",
    "read_part",
    "written",
]


@with_old_names
class Policy(PolicyRecord, Shown):
    """A policy document.

    Parameters
    ----------
    statements
        Its statements, in order.
    version
        The version of the *language*. Without it, AWS assumes 2008-10-17, which has no variables.
    name
        The name under which it is attached; a bare document has none.
    text
        The JSON text.

    Examples
    --------
    >>> policy = Policy.parse({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    >>> policy.statements[0].action, policy.version
    (('s3:*',), '2008-10-17')
    """

    __slots__ = ()

    def validate(self, policy_type: str = "identity", service: str | None = None) -> None:
        """Check whether AWS would save this document as a policy of a type; raise if it wouldn't.

        Parameters
        ----------
        policy_type
            ``"identity"``, ``"resource"``, ``"trust"``, ``"boundary"``, ``"session"``, ``"scp"``,
            ``"rcp"`` or ``"endpoint"``.
        service
            For a resource policy: the service of the resource, such as ``"s3"``.

        Raises
        ------
        PolicyError
            AWS wouldn't. The error has all reasons, in AWS's words, first the one that AWS shows.

        Examples
        --------
        >>> from iamlab.errors import PolicyError
        >>> guard = Policy.deny("s3:Delete*")
        >>> guard.validate("scp")
        >>> try:
        ...     guard.validate("trust")
        ... except PolicyError as error:
        ...     print(error.refusals[0].code)
        MalformedPolicyDocument
        """
        from iamlab.policy.validate.validation import check

        check(self, policy_type, service)

    def lint(
        self, policy_type: str = "identity", service: str | None = None
    ) -> tuple[Finding, ...]:
        """Return findings as a reviewer would, with the codes of IAM Access Analyzer.

        The parameters are those of ``validate``. It never raises an error.

        Examples
        --------
        >>> document = {"Version": "2012-10-17", "Statement": [
        ...     {"Effect": "Allow", "Action": "s3:GetObjects", "Resource": "*"}]}
        >>> [finding] = Policy.parse(document).lint()
        >>> finding.code, finding.fixed().statements[0].action
        ('INVALID_ACTION', ('s3:GetObject',))
        """
        from iamlab.policy.lint import advise

        return advise(self, policy_type, service)

    def describe(self, policy_type: str = "") -> str:
        """Return the policy in plain English, statement by statement.

        Examples
        --------
        >>> print(Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*").describe())
        Lets the caller read objects in star-maps.
        """
        from iamlab.policy.describe import prose

        return prose(self, for_type=policy_type)

    @with_old_names
    def diff(self, after: Policy) -> Difference:
        """Return what a later policy allows more and less, and how its text differs.

        Examples
        --------
        >>> before = Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/press/*")
        >>> after = Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*")
        >>> print(before.diff(after))
        Gained: nothing. Lost: nothing. Changed: s3:GetObject.
        """
        from iamlab.policy.comparing import diff

        return diff(self, after)

    def minimize(self) -> Policy:
        """Return the same policy without values and statements that others cover.

        Examples
        --------
        >>> wordy = Policy.allow(["s3:GetObject", "s3:Get*"]) + Policy.allow("s3:GetObject")
        >>> wordy.minimize().to_dict()["Statement"]
        [{'Effect': 'Allow', 'Action': 's3:Get*', 'Resource': '*'}]
        """
        from iamlab.policy.minimizing import minimize

        return minimize(self)

    @classmethod
    def allow(
        cls,
        actions: str | Iterable[str],
        resources: str | Iterable[str] | None = "*",
        *,
        when: Mapping[str, object] | None = None,
        **elements: Any,
    ) -> Policy:
        """Write a policy with one Allow statement; add policies with ``+``.

        Parameters
        ----------
        resources
            ``None`` for no Resource element, as in a role trust policy.
        when
            Conditions: operators with keys and values, or only keys and values.
        elements
            ``principal``, ``sid`` and ``name``.

        Examples
        --------
        >>> readers = Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*")
        >>> guard = Policy.deny("s3:*", when={"Bool": {"aws:SecureTransport": "false"}})
        >>> [statement.effect for statement in (readers + guard).statements]
        ['Allow', 'Deny']
        """
        from iamlab.policy.building import document_of

        name = elements.pop("name", "")
        return cls.parse(document_of("Allow", actions, resources, when=when, **elements), name=name)

    @classmethod
    def deny(
        cls,
        actions: str | Iterable[str],
        resources: str | Iterable[str] | None = "*",
        *,
        when: Mapping[str, object] | None = None,
        **elements: Any,
    ) -> Policy:
        """Write a policy with one Deny statement; the parameters are those of `allow`.

        Examples
        --------
        >>> guard = Policy.deny("s3:Delete*", "arn:aws:s3:::star-maps/*", sid="KeepMaps")
        >>> guard.to_dict()["Statement"][0]["Sid"]
        'KeepMaps'
        """
        from iamlab.policy.building import document_of

        name = elements.pop("name", "")
        return cls.parse(document_of("Deny", actions, resources, when=when, **elements), name=name)

    def __add__(self, other: Policy) -> Policy:
        """Return a policy with the statements of both."""
        from iamlab.policy.building import add

        return add(self, other)


def read_part(value: Any, source: Source, path: str, *, name: str = "") -> Policy | None:
    """Read a policy inside another document; its problems are added to the source.

    Parameters
    ----------
    value, source
        The results of ``read_json``.
    path
        The JSON path of the policy: ``"$.layers.identity[0]"``.
    """
    before = len(source.problems)
    policy = Reader(source, path).policy(value)
    if policy is None or len(source.problems) > before:
        return None
    numbers_as_text = json.JSONDecoder(parse_int=str, parse_float=str)
    _, end = numbers_as_text.raw_decode(source.text, source.places[path])
    return Policy(*policy, name=name, text=source.text[source.places[path] : end])
