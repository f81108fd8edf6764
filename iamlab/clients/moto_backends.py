"""moto's backends behind a world: they store objects, messages, items, secrets and key material.

moto has one state for the whole process. A world has its own, which is in moto only during a call;
so worlds, and a user's own moto, don't see each other's data.

Notes
-----
AWS pages: the API references of Amazon S3, Amazon SQS, Amazon SNS, Amazon DynamoDB, AWS Secrets
Manager and AWS KMS. moto: its documentation, "Multi-Account support".
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import finalize

from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.clients.wire import HttpRequest, Response
    from iamlab.model.resources import Resource

_NAMES = ("dynamodb", "kms", "s3", "secretsmanager", "sns", "sqs")
_NOT_NEEDED = (
    *("throughput", "global_indexes", "indexes", "streams", "sse_specification"),
    *("deletion_protection_enabled", "warm_throughput"),
)


def _dispose(accounts: dict[str, Any]) -> None:
    """Close the files in which moto has kept objects."""
    for backend in (account["aws"] for account in accounts.values()):
        for bucket in backend.buckets.values():
            versions = chain.from_iterable(map(bucket.keys.getlist, bucket.keys))
            for key in (*versions, *bucket.multiparts.values()):
                getattr(key, "dispose", bool)()  # a delete marker has no file


class Moto:
    """moto's state for one world.

    Parameters
    ----------
    session
        A session of botocore that ignores the computer's profiles, for moto.
    """

    def __init__(self, session: Any) -> None:
        from boto3 import Session
        from moto.backends import get_backend
        from moto.core import base_backend, utils

        # moto reads lists of Regions and services from these, whatever profile the computer has.
        vars(base_backend)["Session"] = partial(Session, botocore_session=session)
        vars(utils)["Session"] = lambda: session
        self._backends: dict[str, Any] = {name: get_backend(name) for name in _NAMES}  # type: ignore[call-overload]
        self._kept: dict[str, dict[str, Any]] = {name: {} for name in _NAMES}
        self._owners: dict[str, Any] = {}
        finalize(self, _dispose, self._kept["s3"])

    @contextmanager
    def _own(self) -> Iterator[None]:
        """Put this world's state into moto, and afterwards back what was there."""
        outside = {name: dict(held) for name, held in self._backends.items()}
        owners = self._backends["s3"].bucket_accounts
        self._load(self._kept)
        self._backends["s3"].bucket_accounts = self._owners
        try:
            yield
        finally:
            for name, held in self._backends.items():
                self._kept[name] |= held
            self._load(outside)
            self._backends["s3"].bucket_accounts = owners

    def _load(self, state: dict[str, dict[str, Any]]) -> None:
        for name, held in self._backends.items():
            held.clear()
            held.update(state[name])

    def _of(self, service: str, account_id: str, region: str) -> Any:
        return self._backends[service][account_id]["aws" if service == "s3" else region]

    # -- resources --------------------------------------------------------------------------------

    def touch(self, resource: Resource, region: str) -> None:
        """Make a resource in moto, if it isn't there yet."""
        if resource.service in _NAMES:
            with self._backend_of(resource, region):
                pass

    @contextmanager
    def _backend_of(self, resource: Resource, region: str = "") -> Iterator[Any]:
        """Load the backend that has a resource."""
        account, where = resource.account.account_id, resource.region or region
        with self._own():
            backend = self._of(resource.service, account, where)
            getattr(self, f"_make_{resource.service}")(backend, resource, where)
            yield backend

    def _make_s3(self, backend: Any, bucket: Any, region: str) -> None:
        if bucket.kind == "access point":
            owner = bucket.account.world.accounts[bucket.bucket_account_id]
            bucket = owner.buckets[bucket.bucket_name]
            backend = self._of("s3", bucket.account.account_id, region)
        if bucket.name not in backend.buckets:
            backend.create_bucket(bucket.name, region)

    def _make_sqs(self, backend: Any, queue: Any, _: str) -> None:
        if queue.name not in backend.queues:
            backend.create_queue(queue.name, FifoQueue=str(queue.name.endswith(".fifo")).lower())

    def _make_sns(self, backend: Any, topic: Any, _: str) -> None:
        if topic.arn not in backend.topics:
            backend.create_topic(topic.name)

    def _make_dynamodb(self, backend: Any, table: Any, _: str) -> None:
        """Make a table; one that wasn't made by a client has the partition key ``id``."""
        if table.kind == "table" and table.name not in backend.tables:
            schema = [{"AttributeName": "id", "KeyType": "HASH"}]
            attributes = [{"AttributeName": "id", "AttributeType": "S"}]
            others: dict[str, Any] = dict.fromkeys(_NOT_NEEDED)
            others |= {"attr": attributes, "billing_mode": "PAY_PER_REQUEST", "tags": []}
            backend.create_table(table.name, schema, **others)

    def _make_secretsmanager(self, backend: Any, secret: Any, _: str) -> None:
        if secret.arn not in backend.secrets:
            backend._add_secret(secret.name)  # noqa: SLF001
            backend.secrets[secret.name].arn = secret.arn

    def rename_secret(self, answer: dict[str, Any]) -> None:
        """Change a secret that moto made: it gets the ARN of iamlab's answer."""
        arn = Arn.parse(answer["ARN"])
        with self._own():
            secrets = self._of("secretsmanager", arn.account, arn.region).secrets
            if answer["Name"] in secrets:
                secrets[answer["Name"]].arn = answer["ARN"]

    def _make_kms(self, backend: Any, key: Any, _: str) -> None:
        """Make a key, with the id and the state that it has in the world."""
        known = backend.keys.get(key.key_id)
        if known is None:
            made = backend.create_key(None, key.key_usage, key.key_spec, "", [])
            del backend.keys[made.id]
            made.id, made.arn = key.key_id, key.arn
            backend.keys[key.key_id] = known = made
        known.key_state, known.enabled = key.key_state, key.key_state == "Enabled"
        for name in key.aliases:
            if name not in known.aliases:
                backend.create_alias(key.key_id, name)

    def partition_key(self, table: Resource) -> str:
        """Return the name of a table's partition key."""
        with self._backend_of(table) as backend:
            return str(backend.tables[Arn.parse(table.arn).name].hash_key_attr)

    def has_objects(self, bucket: Resource) -> bool:
        """Return whether a bucket has objects."""
        with self._backend_of(bucket) as backend:
            return bool(backend.buckets[Arn.parse(bucket.arn).name].keys)

    def delete_object(self, bucket: Resource, key: str, version: str | None) -> None:
        """Delete an object, or a version of it."""
        with self._backend_of(bucket) as backend:
            backend.delete_object(Arn.parse(bucket.arn).name, key, version)

    def queues_of(self, topic: Resource) -> list[str]:
        """Return the ARNs of the queues that subscribe to a topic."""
        with self._backend_of(topic) as backend:
            of_topic = (
                each for each in backend.subscriptions.values() if each.topic_arn == topic.arn
            )
            return [each.endpoint for each in of_topic if each.protocol == "sqs"]

    @contextmanager
    def _delivering(self, backend: Any, queues: tuple[str, ...]) -> Iterator[None]:
        """Deliver messages only to some queues, and to nothing outside of AWS."""
        known = dict(backend.subscriptions)
        for name, each in known.items():
            if each.protocol == "sqs" and each.endpoint in queues:
                each.account_id = Arn.parse(each.endpoint).account
            else:
                del backend.subscriptions[name]
        try:
            yield
        finally:
            backend.subscriptions.update(known)

    # -- calls ------------------------------------------------------------------------------------

    def execute(
        self,
        request: HttpRequest,
        service: str,
        account_id: str,
        region: str,
        queues: tuple[str, ...] | None = None,
    ) -> Response | None:
        """Let moto answer a request; ``None`` if it doesn't have the operation.

        Parameters
        ----------
        queues
            For a message to a topic: the queues that it reaches.
        """
        from botocore.awsrequest import AWSPreparedRequest, HeadersDict
        from moto.core.botocore_stubber import BotocoreStubber

        parts = urlsplit(request.url)
        query = "&".join(
            pair for pair in parts.query.split("&") if not pair.lower().startswith("x-amz-")
        )
        host = f"{service}.{region}.amazonaws.com"
        url = f"https://{host}{parts.path or '/'}" + (f"?{query}" if query else "")
        scope = f"AKIAEXAMPLE/20261125/{region}/{service}/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"
        own = {"host": host, "authorization": signed, "x-moto-account-id": account_id}
        headers = HeadersDict({**request.headers, **own})
        sent = request.method, url, headers, request.body
        prepared = AWSPreparedRequest(*sent, stream_output=False)
        found = None
        with self._own(), ExitStack() as stack:
            if queues is not None:
                stack.enter_context(self._delivering(self._of("sns", account_id, region), queues))
            with suppress(Exception):  # such as NotImplementedError, and mistakes of moto
                found = BotocoreStubber().process_request(prepared)
        if found is None:
            return None
        status, answered, body = found
        content = body.encode() if isinstance(body, str) else bytes(body or b"")
        return int(status), {str(name): str(value) for name, value in answered.items()}, content
