"""Objects, messages, items, secrets and ciphertexts: iamlab authorizes, and moto executes.

An operation needs permission for its action on the resources that it names. moto has no part in
the decision. It gets each resource of the world when a call first needs it.

Notes
-----
AWS pages: "GetObject" and "HeadObject" of the Amazon S3 API Reference, for missing objects;
"DeleteObjects" there; "Invoke" of the AWS Lambda API Reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.authorize import authorize
from iamlab.authorization.resource import find_resource
from iamlab.clients.data_plane_needs import APIS, Needs, object_arn
from iamlab.clients.wire import api
from iamlab.clients.wire_values import HttpError
from iamlab.errors import AccessDenied, AwsError
from iamlab.errors.services import NoSuchBucket
from iamlab.operations.unmodelled_actions import use
from iamlab.policy import catalog
from iamlab.policy.arn import Arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller, PrincipalContext
    from iamlab.clients.exchange import Exchange
    from iamlab.clients.signature import Signature
    from iamlab.clients.wire import Response
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.resources import Resource

_TABLES: dict[str, Any] = tables(__file__)
EXECUTED = tuple(APIS)
"""The services whose data plane moto executes."""


class DataPlaneCall:
    """A call of one of these services."""

    def __init__(self, exchange: Exchange, caller: Caller, who: PrincipalContext) -> None:
        self.exchange, self.caller, self.who = exchange, caller, who
        self.world, self.parameters = exchange.world, exchange.parameters
        self.service, self.operation = exchange.service.prefix, exchange.operation
        self.needs = Needs(exchange, who)
        self.api = self.needs.api
        self.moto = exchange.gateway.moto
        self.is_shared = self.operation in _TABLES["shared"].get(self.service, ())

    # -- operations that iamlab doesn't have ------------------------------------------------------

    def answered(self, signature: Signature | None) -> Response:
        """Authorize the call and let moto execute it.

        Raises
        ------
        AwsError
            The caller has no permission, or there is no such resource.
        HttpError
            Neither iamlab nor moto has the operation.
        """
        needs = list(self.needs.pairs())
        if not all(catalog.action(action) for action, _ in needs):
            raise self.exchange.lacking("No action in policies has its name.")
        context = self.needs.context(signature)
        if self.operation == "DeleteObjects":
            return self._delete_objects(context)
        self._authorize(needs, context)
        for _, arn in needs:
            self._prepare(arn)
        if self.service == "lambda":
            return self._invoked()
        response = self._execute([arn for _, arn in needs])
        if response is None:
            raise self.exchange.lacking("It decided only: the caller has the permission.")
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
            authorize(self.world, self.caller, action, arn, context=context)
            for action, arn in needs
        ]
        denied = next((number for number, each in enumerate(decisions) if not each), 0)
        try:
            decided = use(self.world, self.caller, *needs[denied], context, {})
        except AccessDenied as error:
            raise self._refusal(error) from None
        self.exchange.decisions += [decided, *decisions[1:]]

    def _refusal(self, error: AccessDenied) -> AwsError:
        """Return a denial as the service's own error."""
        if error.decision is None:
            return error
        refuse = getattr(self.api, "refuse", AccessDenied)
        return refuse(error.decision, error.message)

    def _check_bucket(self, arn: str) -> None:
        """Check that a bucket exists, which anybody can find out."""
        if self.service == "s3" and arn != "*" and not Arn.parse(arn).account:
            bucket = arn.rpartition(":::")[2].partition("/")[0]
            if find_resource(self.world, Arn.parse(f"arn:aws:s3:::{bucket}"), arn) is None:
                raise NoSuchBucket("The specified bucket does not exist")

    def _check_can_list(self, context: dict[str, ContextValue]) -> None:
        """Hide that an object is missing from a caller who can't list the bucket.

        Raises
        ------
        AccessDenied
            The caller has no permission to list the bucket.
        """
        bucket = object_arn(self.parameters["Bucket"], None)
        decision = authorize(self.world, self.caller, "s3:ListBucket", bucket, context=context)
        if not decision:
            self.exchange.decisions = [decision]
            raise AccessDenied(decision, decision.message)

    # -- execution --------------------------------------------------------------------------------

    def _prepare(self, arn: str) -> Resource | None:
        """Let moto have a resource of the world."""
        known = self.needs.resource(arn)
        if known is not None:
            self.moto.touch(known, self.exchange.region)
        elif arn != "*" and self.service != "s3":
            raise self.api.absent(arn)
        return known

    def _execute(self, arns: list[str]) -> Response | None:
        """Let moto answer the request, in the account that owns the resource."""
        found = (self.needs.resource(arn) for arn in arns)
        owner = next((each.account.account_id for each in found if each), self.who.account_id)
        return self.moto.execute(self.exchange.request, self.service, owner, self.exchange.region)

    def _invoked(self) -> Response:
        """Answer a function's call with the event that it got: nothing here runs code."""
        sent = self.exchange.request.body or b"null"
        if self.operation != "Invoke":
            raise self.exchange.lacking("It decided only: the caller has the permission.")
        kind = self.parameters.get("InvocationType", "RequestResponse")
        status = {"Event": 202, "DryRun": 204}.get(kind, 200)
        answer = {"StatusCode": status, "ExecutedVersion": "$LATEST"}
        answer |= {"Payload": sent} if status == 200 else {}
        return api("lambda").answer("Invoke", answer, "")

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
                self.exchange.decisions += [d] if (d := getattr(error, "decision", None)) else []
                errors.append({**each, "Code": error.code, "Message": error.message})
                continue
            known = self._prepare(object_arn(bucket, None))
            version = f"?versionId={each['VersionId']}" if each.get("VersionId") else ""
            if known is not None:
                self.moto.delete_object(known, each["Key"] + version, self.exchange.region)
            deleted.append(each)
        answer = {"Errors": errors} | ({} if wanted.get("Quiet") else {"Deleted": deleted})
        return api("s3").answer("DeleteObjects", answer, "")

    # -- operations that both have ----------------------------------------------------------------

    def check_before(self, account: Account) -> None:
        """Check what only moto knows: a bucket with objects can't be deleted.

        Raises
        ------
        HttpError
            The bucket isn't empty.
        """
        if self.service == "s3" and self.operation == "DeleteBucket":
            bucket = account.resources.get(object_arn(self.parameters["Bucket"], None))
            if bucket is not None and self.moto.has_objects(bucket, self.exchange.region):
                shown = "The bucket you tried to delete is not empty"
                raise HttpError("BucketNotEmpty", shown, 409)

    def completed(self, result: dict[str, Any], request_id: str) -> Response:
        """Return iamlab's answer, with what moto adds to it."""
        interface = api(self.exchange.service.model)
        is_completed = self.operation in _TABLES["completed"].get(self.service, ())
        response = None
        if self.is_shared or is_completed:
            response = self._shared(result, is_new=self.operation.startswith("Create"))
        if response is not None and self.operation == "PutObject":
            return response
        if response is not None and is_completed and response[0] < 400:
            result = _merged(interface.read(self.operation, response), result)
        return interface.answer(self.operation, result, request_id)

    def _shared(self, result: dict[str, Any], *, is_new: bool) -> Response | None:
        """Let moto do the same call."""
        arns = [arn for _, arn in self.needs.pairs()]
        if not is_new:
            for arn in arns:
                known = self.needs.resource(arn)
                if known is not None:
                    self.moto.touch(known, self.exchange.region)
        response = self._execute(arns)
        if is_new and "ARN" in result:
            self.moto.rename_secret(result)
        return response


def _merged(base: Any, over: Any) -> Any:
    """Put an answer over another one."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{name: _merged(base.get(name), value) for name, value in over.items()}}
