"""How AWS refuses a document, in its own words, and how to fix each kind of defect.

``aws_messages.toml`` has a table for each type of policy and each service that saves policies: kind
of defect -> code, HTTP status and sentence. AWS does not document every sentence. Where it does
not, the sentence is empty rather than made up.

Notes
-----
AWS pages: "Troubleshoot IAM policies"; the API references of IAM, STS, Organizations, S3, SQS, SNS,
KMS, Lambda, Secrets Manager, Amazon ECR, DynamoDB, EventBridge, API Gateway, CloudWatch Logs,
AWS Backup and Amazon EC2.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY = ""
"""The kind under which a table says what is answered to every other defect."""

_IAM_PATHS = (
    "user/ federated-user/ role/ group/ instance-profile/ mfa/ server-certificate/ policy/ "
    "sms-mfa/ saml-provider/ oidc-provider/ report/ access-report/"
)
IAM_PATHS = tuple(_IAM_PATHS.split())
"""What the resource part of an IAM ARN may begin with, as IAM's own sentence lists it."""


@dataclass(frozen=True, slots=True)
class AwsText:
    """What AWS answers; ``{...}`` in the message stands for a part of the document."""

    code: str
    message: str = ""
    http_status: int = 400


_TABLES: dict[str, Any] = tomllib.loads(
    Path(__file__).parents[1].joinpath("aws_messages.toml").read_text("utf-8")
)
REMEDIES: Mapping[str, str] = _TABLES.pop("remedies")
"""Kind of defect -> how to fix it; ``{...}`` stands for a detail of the defect."""


def _texts(name: str) -> dict[str, AwsText]:
    """Read the table of a type or service: kind of defect -> what AWS answers."""
    table: dict[str, Any] = dict(_TABLES[name])
    found = _texts(table.pop("extends")) if "extends" in table else {}
    for answer, sentences in table.items():
        code, _, status = answer.partition(" ")
        for kinds, sentence in sentences.items():
            message = sentence.replace("{paths}", ", ".join(IAM_PATHS))
            text = AwsText(code, message, int(status or 400))
            found |= {ANY if kind == "any" else kind: text for kind in kinds.split()}
    return found


AWS_TEXTS: Mapping[str, Mapping[str, AwsText]] = {name: _texts(name) for name in _TABLES}
"""Type of policy or service -> kind of defect -> how AWS refuses it."""
