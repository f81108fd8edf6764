"""Operations that iamlab doesn't have: it authorizes them, and moto executes some.

moto executes what has to do with objects, messages, items, secrets and ciphertexts. It has no part
in the decision, and gets each resource of the world when a call first needs it. Of other
operations, ``Describe`` and ``List`` find nothing, and the rest isn't executed, which their error
says.

Notes
-----
AWS pages: "GetObject" and "HeadObject" of the Amazon S3 API Reference, for missing objects;
"DeleteObjects" there; "Invoke" of the AWS Lambda API Reference; Service Authorization Reference,
for the resources of each action.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from iamlab.analysis.trails.actions import actions_of_call
from iamlab.authorization.authorize import authorize
from iamlab.clients.data_plane_needs import APIS, Needs, object_arn
from iamlab.clients.wire import api
from iamlab.clients.wire_values import HttpError
from iamlab.errors import AccessDenied, AwsError
from iamlab.errors.services import DisabledException, KMSInvalidStateException, NoSuchBucket
from iamlab.model.clock_and_ids import START
from iamlab.operations.unmodelled_actions import use
from iamlab.policy import catalog
from iamlab.policy.arn import is_arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.authorization.principal import PrincipalContext
    from iamlab.clients.moto_backends import Moto
    from iamlab.clients.services import ServiceRequest
    from iamlab.clients.wire import Response
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account

_TABLES: dict[str, Any] = tables(__file__)
_NAME = re.compile(r"\$\{(\w+)\}")

EXECUTED = tuple(APIS)
"""The services whose data plane moto executes."""


class DataPlaneCall:
    """A call of one of these services."""

    def __init__(self, request: ServiceRequest, moto: Moto) -> None:
        self.request, self.moto = request, moto
        self.world, self.parameters = request.world, request.parameters
        self.service, self.operation = request.service.prefix, request.operation
        self.needs = Needs(request, moto.partition_key)
        self.api = self.needs.api
        self.is_shared = self.operation in _TABLES["shared"].get(self.service, ())

    # -- operations that iamlab doesn't have ------------------------------------------------------

    def answered(self) -> Response:
        """Authorize the call and let moto execute it.

        Raises
        ------
        AwsError
            The caller has no permission, or there is no such resource.
        HttpError
            Neither iamlab nor moto has the operation.
        """
        needs = list(self.needs.pairs())
        if not needs:
            raise HttpError("ValidationException", "The request names no table.")
        if not all(catalog.action(action) for action, _ in needs):
            raise self.request.lacking("No action in policies has its name.")
        context = self.needs.context()
        if self.operation == "DeleteObjects":
            return self._delete_objects(context)
        self._authorize(needs, context)
        for _, arn in needs:
            self._prepare(arn)
        if self.operation == "Invoke":
            return self._invoked()
        is_left = self.operation in _TABLES["not_executed"].get(self.service, ())
        is_left = is_left or self.service == "lambda"
        response = None if is_left else self._execute([arn for _, arn in needs])
        if response is None:
            raise self.request.lacking("It decided only: the caller has the permission.")
        if response[0] == 404 and self.operation in ("GetObject", "HeadObject"):
            self._check_can_list(context)
        return response

    # -- permission -------------------------------------------------------------------------------

    def _authorize(self, needs: list[tuple[str, str]], context: dict[str, ContextValue]) -> None:
        """Decide each pair; the event is that of the first, or of the denied one.

        Raises
        ------
        AwsError
            A permission is missing: the service's own error, with the decision.
        """
        for arn in {arn for _, arn in needs}:
            self._check_bucket(arn)
        decisions = [
            authorize(self.world, self.request.caller, action, arn, context=context)
            for action, arn in needs
        ]
        denied = next((number for number, each in enumerate(decisions) if not each), 0)
        try:
            use(self.world, self.request.caller, *needs[denied], context, {})
        except AccessDenied as error:
            raise self.api.refuse(error.decision or decisions[denied], error.message) from None
        self.request.decisions += decisions

    def _check_bucket(self, arn: str) -> None:
        """Check that a bucket exists, which anybody can find out."""
        if self.service == "s3" and arn != "*":
            bucket, expected = self.needs.resource(arn), self.parameters.get("ExpectedBucketOwner")
            if bucket is None:
                raise NoSuchBucket("The specified bucket does not exist")
            if expected not in (None, bucket.account.account_id):
                raise HttpError("AccessDenied", "Access Denied", 403)

    def _check_can_list(self, context: dict[str, ContextValue]) -> None:
        """Hide that an object is missing from a caller who can't list the bucket.

        Raises
        ------
        AccessDenied
            The caller has no permission to list the bucket.
        """
        bucket = object_arn(self.parameters["Bucket"], None)
        decision = authorize(
            self.world, self.request.caller, "s3:ListBucket", bucket, context=context
        )
        if not decision:
            raise AccessDenied(decision, decision.message)

    # -- execution --------------------------------------------------------------------------------

    def _prepare(self, arn: str) -> None:
        """Let moto have a resource of the world."""
        known = self.needs.resource(arn)
        if known is not None:
            self.moto.touch(known, self.request.region)
        elif arn != "*" and self.service != "s3":
            raise self.api.absent(arn)
        state = getattr(known, "key_state", "Enabled")
        if state == "Disabled":
            raise DisabledException(f"{arn} is disabled.")
        if state != "Enabled" and self.operation != "GetPublicKey":
            raise KMSInvalidStateException(f"{arn} is pending deletion.")

    def _execute(self, arns: list[str]) -> Response | None:
        """Let moto answer the request, in the account that owns the resource."""
        found = (self.needs.resource(arn) for arn in arns)
        owner = next(
            (each.account.account_id for each in found if each), self.request.who.account_id
        )
        http, where = self.request.http, (owner, self.request.region)
        if self.parameters.get("WaitTimeSeconds"):  # nobody else could call while it waits
            body = json.dumps({**json.loads(http.body), "WaitTimeSeconds": 0}).encode()
            http = replace(http, body=body)
        return self.moto.execute(http, self.service, *where, self._queues(arns))

    def _queues(self, arns: list[str]) -> tuple[str, ...] | None:
        """Return the queues that a message to a topic reaches: their policies let SNS send."""
        topic = self.needs.resource(arns[0])
        if topic is None or not self.operation.startswith("Publish"):
            return None
        found = []
        for arn in self.moto.queues_of(topic):
            queue = self.needs.resource(arn)
            question = self.world, "sns.amazonaws.com", "sqs:SendMessage", arn
            if queue is not None and authorize(*question, source_arn=topic.arn):
                self.moto.touch(queue, queue.region)
                found.append(arn)
        return tuple(found)

    def _invoked(self) -> Response:
        """Answer a function's call with the event that it got: nothing here runs code."""
        status = {"Event": 202, "DryRun": 204}.get(self.parameters.get("InvocationType", ""), 200)
        payload = (self.request.http.body or b"null") if status == 200 else b""
        answer = {"StatusCode": status, "Payload": payload}
        return api("lambda").answer("Invoke", answer)

    def _delete_objects(self, context: dict[str, ContextValue]) -> Response:
        """Delete the objects that the caller can delete; the others are in the answer's errors."""
        bucket, wanted = self.parameters["Bucket"], self.parameters["Delete"]
        self._check_bucket(object_arn(bucket, None))
        deleted, errors = [], []
        for each in wanted.get("Objects", ()):
            self.parameters.update({"Key": each["Key"]})
            action = "s3:DeleteObjectVersion" if each.get("VersionId") else "s3:DeleteObject"
            try:
                self._authorize([(action, object_arn(bucket, each["Key"]))], context)
            except AwsError as error:
                self.request.decisions += [d] if (d := getattr(error, "decision", None)) else []
                errors.append({**each, "Code": error.code, "Message": error.message})
                continue
            if (known := self.needs.resource(object_arn(bucket, None))) is not None:
                self.moto.delete_object(known, each["Key"], each.get("VersionId"))
            deleted.append(each)
        answer = {"Errors": errors} | ({} if wanted.get("Quiet") else {"Deleted": deleted})
        return api("s3").answer("DeleteObjects", answer)

    # -- operations that both have ----------------------------------------------------------------

    def check_before(self, account: Account) -> None:
        """Check what only moto knows, and what else an upload needs.

        Raises
        ------
        AwsError
            The caller can't tag the object.
        HttpError
            A bucket isn't empty, so it can't be deleted.
        """
        if self.service != "s3":
            return
        if "ExpectedBucketOwner" in self.parameters:
            self._check_bucket(object_arn(self.parameters["Bucket"], None))
        if self.operation == "DeleteBucket":
            bucket = account.resources.get(object_arn(self.parameters["Bucket"], None))
            if bucket is not None and self.moto.has_objects(bucket):
                self._authorize(list(self.needs.pairs()), {})
                shown = "The bucket you tried to delete is not empty"
                raise HttpError("BucketNotEmpty", shown, 409)
        elif self.operation == "PutObject":
            context, standing = self.needs.context(), self.world.standing
            self.world.standing = replace(standing, context={**context, **standing.context})
            if more := list(self.needs.pairs())[1:]:
                self._authorize(more, context)

    def completed(self, result: dict[str, Any]) -> Response:
        """Return iamlab's answer, with what moto adds to it."""
        interface = api(self.request.service.model)
        if self.operation == "ListBuckets":
            events = (each for each in self.world.events if each.event_name == "CreateBucket")
            made = {arn: event.event_time for event in events for arn in event.resources}
            account_id = self.request.who.account_id
            result["Owner"] = {"ID": self.world.accounts[account_id].canonical_user_id}
            for bucket in result["Buckets"]:
                bucket["CreationDate"] = made.get(bucket["BucketArn"], START)
        is_completed = self.operation in _TABLES["completed"].get(self.service, ())
        response = self._shared(result) if self.is_shared or is_completed else None
        if response is not None and self.operation == "PutObject":
            return response
        if response is not None and is_completed and response[0] < 400:
            result = _merged(interface.read(self.operation, response), result)
        return interface.answer(self.operation, result)

    def _shared(self, result: dict[str, Any]) -> Response | None:
        """Let moto do the same call."""
        is_new = self.operation.startswith("Create")
        arns = [arn for _, arn in self.needs.pairs()]
        for known in () if is_new else map(self.needs.resource, arns):
            if known is not None:
                self.moto.touch(known, self.request.region)
        response = self._execute(arns)
        if is_new and "ARN" in result:
            self.moto.rename_secret(result)
        return response


def _merged(base: Any, over: Any) -> Any:
    """Put an answer over another one."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{name: _merged(base.get(name), value) for name, value in over.items()}}


# -- operations that nobody executes ---------------------------------------------------------------


def decided(request: ServiceRequest) -> Response:
    """Decide about a call; answer that nothing was found.

    Raises
    ------
    AwsError
        The caller has no permission.
    HttpError
        Permission or not, iamlab doesn't execute the operation.
    """
    needed = actions_of_call(f"{request.service.prefix}.amazonaws.com", request.operation)
    if not any(is_known for _, is_known in needed):
        raise request.lacking("No action in policies has its name.")
    action = needed[0].name
    if action.partition(":")[2].isupper():  # a method of HTTP, for API Gateway
        action = f"apigateway:{request.http.method}"
        path = urlsplit(request.http.url).path.removeprefix("/v2")
        resource = f"arn:aws:apigateway:{request.region}::{path}"
    else:
        resource = resource_of(action, request.parameters, request.who, request.region)
    request.decisions.append(use(request.world, request.caller, action, resource, None, {}))
    if not request.operation.startswith(("Describe", "List")):
        raise request.lacking("It decided only: the caller has the permission.")
    interface = api(request.service.model)
    shape = interface.model.operation_model(request.operation).output_shape
    members = {} if shape is None else shape.members
    none: dict[str, Any] = {name: [] for name, of in members.items() if of.type_name == "list"}
    return interface.answer(request.operation, none)


def resource_of(
    action: str, parameters: Mapping[str, Any], who: PrincipalContext, region: str
) -> str:
    """Return the resource of a call: an ARN that it names, or one that its names fit into.

    Returns
    -------
    str
        ``"*"`` if the action has no resource, or the call doesn't name it.
    """
    texts = {name: text for name, text in parameters.items() if isinstance(text, str)}
    known = {_plain(name): text for name, text in texts.items()}
    known |= {"partition": "aws", "region": region, "account": who.account_id}
    forms = (*_TABLES["forms"].get(action, ()), *catalog.arns_for(action))
    for form in forms:
        if named := next((text for text in texts.values() if _fits(text, form)), ""):
            return named
    for form in forms:
        if form != "*" and all(_plain(name) in known for name in _NAME.findall(form)):
            return _NAME.sub(lambda found: known[_plain(found[1])], form)
    return "*"


def _plain(name: str) -> str:
    """Return a name without its ending: a parameter and an ARN can differ in it.

    >>> _plain("WorkGroupName"), _plain("workGroup")
    ('workgroup', 'workgroup')
    """
    return re.sub("(name|id|arn)$", "", name.lower()) or name.lower()


def _fits(text: str, form: str) -> bool:
    """Return whether a text is an ARN of a form."""
    parts = (re.escape(part) for part in catalog.PLACEHOLDER.split(form))
    return form != "*" and is_arn(text) and re.fullmatch(".+".join(parts), text) is not None
