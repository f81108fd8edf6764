"""What a call of the data plane needs: pairs of action and resource, and condition keys.

Notes
-----
AWS pages: "Required permissions for Amazon S3 API operations"; "Actions, resources, and condition
keys" of each service; "Using IAM policy conditions for fine-grained access control" of DynamoDB;
"Decrypt" of the AWS KMS API Reference.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from iamlab.authorization.resource import find_resource
from iamlab.clients.wire_values import HttpError
from iamlab.policy import catalog
from iamlab.policy.arn import Arn, is_arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.clients.services import ServiceRequest
    from iamlab.engine.request import ContextValue
    from iamlab.model.resources import Resource
    from iamlab.operations.services.apis import Api

_TABLES: dict[str, Any] = tables(__file__, "data_plane.toml")
APIS: dict[str, Api] = {
    service: getattr(import_module(f"iamlab.operations.services.{module}"), name)
    for service, (module, name) in _TABLES["apis"].items()
}
"""The services whose data plane moto executes, and how each names its resources."""

_EQUALS = re.compile(r"(#?\w+)\s*=\s*(:\w+)")


class Needs:
    """What a call needs permission for.

    Parameters
    ----------
    partition_key
        Returns the name of a table's partition key.
    """

    def __init__(self, request: ServiceRequest, partition_key: Callable[[Resource], str]) -> None:
        self.request, self.partition_key = request, partition_key
        self.world, self.parameters = request.world, request.parameters
        self.service, self.operation = request.service.prefix, request.operation
        self.api = APIS[self.service]

    def resource(self, arn: str) -> Resource | None:
        """Return the resource of the world that an ARN names, or whose part it names."""
        return find_resource(self.world, Arn.parse(arn), arn) if is_arn(arn) else None

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Return the pairs of action and resource, the most important first."""
        action = _TABLES["actions"].get(self.service, {}).get(self.operation, self.operation)
        own = getattr(self, f"_pairs_of_{self.service}", None)
        pairs = own(action) if own else [(action, self._arn(self.parameters))]
        yield from ((f"{self.service}:{name}", arn) for name, arn in pairs)

    def _arn(self, parameters: Mapping[str, Any]) -> str:
        """Return the ARN of the resource that parameters name; ``"*"`` if they name none."""
        if not any(name in parameters for name in self.api.named_by):
            return "*"
        account = self.world.accounts.get(self.request.who.account_id)
        account = account or next(iter(self.world.accounts.values()))  # an anonymous caller
        return self.api.arn_of(account, {**parameters, "Region": self.request.region})

    def _pairs_of_s3(self, action: str) -> Iterator[tuple[str, str]]:
        bucket, key = self.parameters.get("Bucket", ""), self.parameters.get("Key")
        if not bucket:
            yield action, "*"
            return
        versioned = action.replace("Object", "ObjectVersion")
        if "VersionId" in self.parameters and catalog.action(f"s3:{versioned}"):
            action = versioned
        yield action, object_arn(bucket, key)
        source, _, query = self.parameters.get("CopySource", "").partition("?")
        if source:
            where, _, name = unquote(source).lstrip("/").partition("/")
            read = "GetObjectVersion" if "versionId=" in query else "GetObject"
            yield read, object_arn(where, name)
        if "Tagging" in self.parameters and self.operation != "PutObjectTagging":
            yield "PutObjectTagging", object_arn(bucket, key)
        if self.operation == "GetObjectAttributes":
            yield "GetObject", object_arn(bucket, key)

    def _pairs_of_dynamodb(self, action: str) -> Iterator[tuple[str, str]]:
        if "RequestItems" in self.parameters:
            yield from ((action, self._table(name)) for name in self.parameters["RequestItems"])
        elif "TransactItems" in self.parameters:
            for item in self.parameters["TransactItems"]:
                for kind, each in item.items():
                    name = f"{kind}Item" if kind != "ConditionCheck" else "ConditionCheckItem"
                    yield name, self._table(each.get("TableName", ""))
        else:
            table, index = self._arn(self.parameters), self.parameters.get("IndexName")
            yield action, f"{table}/index/{index}" if index else table

    def _table(self, name: str) -> str:
        return self._arn({"TableName": name})

    def _pairs_of_kms(self, action: str) -> Iterator[tuple[str, str]]:
        if "KeyId" in self.parameters:
            yield action, self._arn(self.parameters)
        elif "CiphertextBlob" in self.parameters:
            source = self.parameters.get("SourceKeyId") or self._key_in_ciphertext()
            name = "ReEncryptFrom" if self.operation == "ReEncrypt" else action
            yield name, self._arn({"KeyId": source})
            if self.operation == "ReEncrypt":
                yield action, self._arn({"KeyId": self.parameters["DestinationKeyId"]})
        else:
            yield action, "*"

    def _key_in_ciphertext(self) -> str:
        """Return the key of a ciphertext, as moto writes it at its beginning.

        Raises
        ------
        HttpError
            It isn't a ciphertext of a key of this world.
        """
        start = self.parameters["CiphertextBlob"][:36].decode("ascii", "replace")
        for account in self.world.accounts.values():
            for arn in account.resources:
                if arn.endswith(f":key/{start}"):
                    return arn
        raise HttpError("InvalidCiphertextException", "")

    def _pairs_of_sns(self, action: str) -> Iterator[tuple[str, str]]:
        subscription = self.parameters.get("SubscriptionArn")
        topic = self.parameters.get("TopicArn") or self.parameters.get("TargetArn")
        topic = topic or (subscription and subscription.rpartition(":")[0])
        yield action, topic or "*"

    def context(self) -> dict[str, ContextValue]:
        """Return the condition keys with the values of parameters."""
        found: dict[str, ContextValue] = {
            key: str(self.parameters[name])
            for name, key in _TABLES["keys"].get(self.service, {}).items()
            if name in self.parameters
        }
        if self.service == "s3":
            found |= dict(self._keys_of_s3())
        elif self.service == "kms":
            found |= dict(self._keys_of_kms())
        elif self.service == "dynamodb" and (leading := self._leading_keys()):
            found["dynamodb:LeadingKeys"] = leading
        return found

    def _keys_of_s3(self) -> Iterator[tuple[str, ContextValue]]:
        signature = self.request.signature
        if signature is not None and signature.expires is not None:
            age = self.request.now - signature.date
            yield "s3:authType", "REST-QUERY-STRING"
            yield "s3:signatureAge", str(int(age.total_seconds() * 1000))
        hashed = self.request.http.headers.get("x-amz-content-sha256")
        if hashed:
            yield "s3:x-amz-content-sha256", hashed
        tags = self.parameters.get("Tagging")
        if isinstance(tags, str):
            pairs = parse_qsl(tags, keep_blank_values=True)
        else:
            pairs = [(tag["Key"], tag["Value"]) for tag in (tags or {}).get("TagSet", ())]
        for name, value in pairs:
            yield f"s3:RequestObjectTag/{name}", value
        if pairs:
            yield "s3:RequestObjectTagKeys", [name for name, _ in pairs]

    def _keys_of_kms(self) -> Iterator[tuple[str, ContextValue]]:
        named = self.parameters.get("KeyId", "")
        if "alias/" in named:
            yield "kms:RequestAlias", named[named.index("alias/") :]
        sent = self.parameters.get("EncryptionContext") or {}
        for name, value in sent.items():
            yield f"kms:EncryptionContext:{name}", value
        if sent:
            yield "kms:EncryptionContextKeys", list(sent)
        if self.operation in ("Decrypt", "Encrypt", "ReEncrypt"):
            chosen = self.parameters.get("EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
            yield "kms:EncryptionAlgorithm", chosen

    def _leading_keys(self) -> list[str]:
        """Return the values of the partition key that a call names."""
        table = next((self.resource(arn) for _, arn in self.pairs()), None)
        if table is None:
            return []
        name = self.partition_key(table)
        found = [item[name] for item in _items(self.parameters) if name in item]
        names = self.parameters.get("ExpressionAttributeNames") or {}
        values = self.parameters.get("ExpressionAttributeValues") or {}
        for left, right in _EQUALS.findall(self.parameters.get("KeyConditionExpression", "")):
            if names.get(left, left) == name and right in values:
                found.append(values[right])
        old = self.parameters.get("KeyConditions") or {}
        found += old.get(name, {}).get("AttributeValueList", [])
        texts = [str(next(iter(value.values()))) for value in found]
        return texts or [""] * (self.operation == "Query")  # a condition must not find nothing


def _items(value: Any) -> Iterator[dict[str, Any]]:
    """Return the items that parameters name, whole or by their keys."""
    if isinstance(value, list):
        for each in value:
            yield from _items(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name in ("Key", "Item"):
                yield each
            elif name == "Keys":
                yield from each
            elif isinstance(each, dict | list):
                yield from _items(each)


def object_arn(bucket: str, key: str | None) -> str:
    """Return the ARN of a bucket or an object; a bucket can be named by an access point's ARN."""
    if is_arn(bucket):
        return bucket if key is None else f"{bucket}/object/{key}"
    return f"arn:aws:s3:::{bucket}" if key is None else f"arn:aws:s3:::{bucket}/{key}"
