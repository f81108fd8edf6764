"""Policy documents: JSON text in, frozen values out, every problem at once.

``parse`` refuses only what is no policy at all. What IAM would not save but can be understood (an
action ``"s3"``, the same Sid twice, no Version) is let through, and simply never matches.

Notes
-----
AWS page: "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.display import Shown, few
from iamlab.errors import PolicyError
from iamlab.policy.json_text import read_json, take_json
from iamlab.policy.reading import PRINCIPAL_TYPES, Reader
from iamlab.policy.statement import (
    Condition,
    Effect,
    Principals,
    Statement,
    Version,
    statement_to_json,
)

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
    "read_part",
]


@with_old_names
@dataclass(frozen=True, slots=True, repr=False)
class Policy(Shown):
    """A policy document.

    Parameters
    ----------
    statements
        Its statements, in order.
    version
        The version of the *language*. Without one, AWS takes 2008-10-17: no variables.
    name
        What it is called where it hangs; a bare document has no name.
    text
        The JSON it was read from.

    Examples
    --------
    >>> policy = Policy.parse({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    >>> policy.statements[0].action, policy.version
    (('s3:*',), '2008-10-17')
    """

    statements: tuple[Statement, ...]
    version: Version = "2008-10-17"
    id: str | None = None
    name: str = field(default="", compare=False)
    text: str = field(default="", compare=False, repr=False)
    # What engine/compiled.py has made of it, once it was asked.
    compiled: dict[str, object] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def summary(self) -> str:
        """How many statements allow and deny, and of which services.

        Examples
        --------
        >>> Policy.allow(["s3:GetObject", "sqs:SendMessage"]).summary
        '1 Allow on s3, sqs'
        """
        effects = [one.effect for one in self.statements]
        counts = ", ".join(f"{effects.count(one)} {one}" for one in sorted(set(effects)))
        patterns = (p for one in self.statements for p in one.action or one.not_action or ())
        services = few(dict.fromkeys(pattern.partition(":")[0] for pattern in patterns))
        return f"{counts or 'no statements'}{' on ' if services else ''}{services}"

    def __repr__(self) -> str:
        return f"<Policy{' ' if self.name else ''}{few([self.name])}: {self.summary}>"

    def __reduce__(self) -> tuple[Any, ...]:  # what was made of it can be made again
        return Policy, (self.statements, self.version, self.id, self.name, self.text)

    @classmethod
    def parse(cls, document: str | Mapping[str, object] | Policy, *, name: str = "") -> Policy:
        """Read a policy document.

        Parameters
        ----------
        document
            JSON text, or the same as a ``dict``. A policy comes back as it is.
        name
            What it is to be called.

        Raises
        ------
        PolicyError
            It is no policy. The error lists every problem: JSON path, line, column, mend.
        """
        if isinstance(document, Policy):
            return document.with_name(name) if name else document
        if isinstance(document, str):
            text, (value, source) = document, read_json(document)
        else:
            value, source = take_json(document)
            text = "" if source.problems else json.dumps(document, indent=2)
        policy = Reader(source).policy(value) if not source.problems or value else None
        if source.problems or policy is None:
            in_order = sorted(source.problems, key=lambda one: (one.line or 0, one.column or 0))
            raise PolicyError(in_order, name)
        return cls(*policy, name=name, text=text)

    def with_name(self, name: str) -> Policy:
        """Return the same document under another name."""
        return Policy(self.statements, self.version, self.id, name, self.text)

    def to_dict(self) -> dict[str, Any]:
        """Give the document as JSON values, as it was written."""
        document: dict[str, Any] = json.loads(self.text, parse_int=_int, parse_float=_float)
        return document

    def validate(self, policy_type: str = "identity", service: str | None = None) -> None:
        """Check whether AWS would save this document as a policy of a type; raise if it wouldn't.

        Parameters
        ----------
        policy_type
            ``"identity"``, ``"resource"``, ``"trust"``, ``"boundary"``, ``"session"``, ``"scp"``,
            ``"rcp"`` or ``"endpoint"``.
        service
            Of a resource policy: the service whose resource it is attached to, such as ``"s3"``.

        Raises
        ------
        PolicyError
            AWS would not. All reasons, in AWS's words; the one that AWS shows comes first.
        """
        from iamlab.policy.validate.validation import check

        check(self, policy_type, service)

    def lint(
        self, policy_type: str = "identity", service: str | None = None
    ) -> tuple[Finding, ...]:
        """Return what a reviewer would say, in the codes of IAM Access Analyzer.

        The parameters are those of ``validate``; it never raises.

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
        """Return the policy in plain English, statement by statement."""
        from iamlab.policy.describe import prose

        return prose(self, for_type=policy_type)

    @with_old_names
    def diff(self, after: Policy) -> Difference:
        """Return what a later policy allows more and less, and how its text differs."""
        from iamlab.policy.comparing import diff

        return diff(self, after)

    def minimize(self) -> Policy:
        """Say the same with fewer words: nothing that another value or statement covers."""
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
        """Write a policy that allows; add policies with ``+``.

        Parameters
        ----------
        resources
            ``None`` leaves them out: a role trust policy has none.
        when
            Conditions: operators with keys and values, or just keys and values.
        elements
            ``principal``, ``sid`` and ``name``.

        Examples
        --------
        >>> readers = Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*")
        >>> guard = Policy.deny("s3:*", when={"Bool": {"aws:SecureTransport": "false"}})
        >>> [statement.effect for statement in (readers + guard).statements]
        ['Allow', 'Deny']
        """
        from iamlab.policy.building import allow

        return allow(actions, resources, when=when, **elements)

    @classmethod
    def deny(
        cls,
        actions: str | Iterable[str],
        resources: str | Iterable[str] | None = "*",
        *,
        when: Mapping[str, object] | None = None,
        **elements: Any,
    ) -> Policy:
        """Write a policy that denies; the parameters are those of `allow`."""
        from iamlab.policy.building import deny

        return deny(actions, resources, when=when, **elements)

    def __add__(self, other: Policy) -> Policy:
        """Give a policy with the statements of both."""
        from iamlab.policy.building import add

        return add(self, other)


def read_part(value: Any, source: Source, path: str, *, name: str = "") -> Policy | None:
    """Read a policy that stands inside another document; its problems go to the source.

    Parameters
    ----------
    value, source
        As ``read_json`` gives them.
    path
        Where the policy stands: ``"$.layers.identity[0]"``.
    """
    before = len(source.problems)
    policy = Reader(source, path).policy(value)
    if policy is None or len(source.problems) > before:
        return None
    numbers_as_text = json.JSONDecoder(parse_int=str, parse_float=str)
    _, end = numbers_as_text.raw_decode(source.text, source.places[path])
    return Policy(*policy, name=name, text=source.text[source.places[path] : end])


def _int(text: str) -> int | str:
    """Read a number, unless Python would write it in another way."""
    return int(text) if len(text) < 4300 and str(int(text)) == text else text


def _float(text: str) -> float | str:
    """The same for one with a point or an exponent."""
    return float(text) if repr(float(text)) == text else text


def edited(
    policy: Policy, changed: Mapping[int, Statement | None], added: Iterable[Statement] = ()
) -> Policy:
    """Give a document with some statements changed, by number, and some added.

    Parameters
    ----------
    changed
        What stands in the place of a statement; ``None`` takes it out.
    added
        Statements that come last.

    Returns
    -------
    Policy
        Its statements are numbered anew.
    """
    kept = [changed.get(one.number, one) for one in policy.statements]
    return written((*(one for one in kept if one is not None), *added), policy)


def written(statements: Iterable[Statement], like: Policy) -> Policy:
    """Make a document of statements, numbered anew, with version, id and name of another.

    Where that one says no version, this one says none either.
    """
    numbered = tuple(
        replace(one, number=number, variables=like.version == "2012-10-17")
        for number, one in enumerate(statements, 1)
    )
    document: dict[str, Any] = {"Version": like.version} if _has_version(like) else {}
    if like.id is not None:
        document["Id"] = like.id
    document["Statement"] = [statement_to_json(one) for one in numbered]
    return Policy(
        numbered,
        like.version,
        like.id,
        like.name,
        json.dumps(document, indent=2, ensure_ascii=False),
    )


def _has_version(policy: Policy) -> bool:
    """Say whether a document says its version; one that was never written shall."""
    newest = policy.version == "2012-10-17"
    return newest or not policy.text or "Version" in json.loads(policy.text)
