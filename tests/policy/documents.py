"""Policy documents and statements, written in one line each."""

from typing import Any

Doc = dict[str, Any]


def document(*statements: Doc) -> Doc:
    """Write a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> Doc:
    """Write a statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> Doc:
    """Write a statement that denies."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trust(who: Doc) -> Doc:
    """Write a trust policy."""
    return document({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"})
