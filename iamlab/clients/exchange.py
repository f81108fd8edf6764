"""An exchange: what becomes of a client's request, step by step.

The service follows from the signature, the operation from the service's model, the caller from the
access key. Then there are three ways: iamlab has the operation; or it decides, and moto executes
it; or it only decides.

Notes
-----
AWS pages: "IAM API Reference", "AWS STS API Reference", "AWS Organizations API Reference" and
"Amazon S3 API Reference", for common errors; "Error codes for the Amazon EC2 API"; "AWS STS Regions
and endpoints". Each family of services has its own codes for rejected signatures; those of JSON
services come from public sources.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.authorization.resource import find_resource
from iamlab.clients.data_plane import EXECUTED, DataPlaneCall, decided
from iamlab.clients.services import (
    GLOBAL,
    Service,
    ServiceRequest,
    is_of_aws,
    lacking,
    region_of_host,
    services_named,
    services_of,
)
from iamlab.clients.signature import read_signature
from iamlab.clients.wire import api, error_of, numbered
from iamlab.clients.wire_values import ActionError, HttpError
from iamlab.engine.decision import Decision
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AccessDenied, AwsError, RequestError
from iamlab.model.network_locations import Standing
from iamlab.operations.credential_lookup import owner_of
from iamlab.operations.dispatch import Call, run
from iamlab.operations.registry import NOT_MODELLED, find
from iamlab.operations.sts.calls import region_of
from iamlab.policy.arn import REGIONS, Arn, is_arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.authorization.principal import Caller
    from iamlab.clients.gateway import ClientCall, Gateway
    from iamlab.clients.signature import Signature
    from iamlab.clients.wire import HttpRequest, Response
    from iamlab.operations.iam.credentials import AccessKey
    from iamlab.operations.registry import Entry
    from iamlab.operations.sts.session import Session

_MISSING = "Request is missing Authentication Token"
_DRY_RUN = "Request would have succeeded, but DryRun flag is set."
_TABLES: dict[str, Any] = tables(__file__, "services.toml")
_ANYBODY = frozenset({"s3", "sns", "sqs"})
"""Services whose resource policies can allow requests without a signature."""


class Exchange:
    """A request and, step by step, what is known about it."""

    def __init__(self, gateway: Gateway, request: HttpRequest) -> None:
        self.gateway, self.world, self.http = gateway, gateway.world, request
        self.service = Service("", "")
        self.operation = request.operation
        self.arn = ""
        self.decisions: list[Decision] = []
        self.is_decided_only = False

    def answered(self) -> Response:
        """Do the call; keep it, and return the response."""
        before = len(self.world.events)
        try:
            response = self._do()
        except (AwsError, HttpError) as error:
            return self._refused(error, before)
        except RequestError as error:
            return self._refused(HttpError("NotImplemented", str(error), 501), before)
        status = response[0]
        failure = api(self.service.model).error_in(response) if status >= 400 else ("", "")
        return numbered(response, self._keep(before, (status, *failure)).request_id)

    def _do(self) -> Response:
        signature = read_signature(self.http)
        services = services_of(self.http, signature)
        if not services[0].model:
            raise lacking(self.operation, "It isn't of a service that iamlab knows.")
        http = self.http.path_style() if services[0].model == "s3" else self.http
        self.operation, parameters = self._read(http, services)
        entry = self._entry()
        caller = self._caller(signature, entry)
        who = principal_of(self.world, caller)
        self.arn = who.arn if signature is not None else ""
        region = signature.region if signature else region_of_host(self.http.host) or "us-east-1"
        request = ServiceRequest(
            *(self.world, http, self.service, self.operation, parameters, caller, who, region),
            *(signature, self.gateway.time_of_clients(), self.decisions),
        )
        with self._circumstances(region):
            if entry is not None:
                return self._call(request, entry)
            if self.service.model in EXECUTED:
                return DataPlaneCall(request, self.gateway.moto).answered()
            self.is_decided_only = True
            return decided(request)

    def _read(self, http: HttpRequest, services: list[Service]) -> tuple[str, dict[str, Any]]:
        """Read the operation and its parameters, by the first service that has the operation."""
        for self.service in services:
            with suppress(ActionError):
                return api(self.service.model).parse(http)
        self.service = services[0]
        return api(self.service.model).parse(http)  # an error

    def _entry(self) -> Entry | None:
        """Find iamlab's operation, if there is one.

        Raises
        ------
        HttpError
            The service is complete but for a few operations, and this is one of them.
        """
        prefix = self.service.prefix
        if self.service.model not in ("s3control", services_named(prefix)[0].model):
            return None
        try:
            return find(self.service.operation(self.operation))
        except RequestError:
            if prefix in ("iam", "organizations", "sts"):
                why = NOT_MODELLED.get(self.service.operation(self.operation), "")
                raise lacking(f"{prefix}:{self.operation}", why) from None
        return None

    def _call(self, request: ServiceRequest, entry: Entry) -> Response:
        """Call iamlab's operation; moto gets some of these calls, too."""
        shared = DataPlaneCall(request, self.gateway.moto) if entry.service in EXECUTED else None
        endpoint, account_id = request.region, request.who.account_id
        parameters = self._known(request, entry, is_shared=shared is not None and shared.is_shared)
        if entry.service == "sts":
            is_global = is_of_aws(self.http.host) and not region_of_host(self.http.host)
            endpoint, account_id = ("aws-global" if is_global else endpoint), ""
        else:
            account_id = self._owner(entry, account_id, parameters)
        kind: type[Call] = entry.call_type or Call
        call = kind.make(self.world, entry, request.caller, parameters, account_id, endpoint)
        call.decisions = self.decisions
        if request.parameters.get("DryRun"):
            call.authorize()
            raise HttpError("DryRunOperation", _DRY_RUN, 412)
        if shared is not None:
            shared.check_before(call.account)
        result = self._by_clock_of_clients(run(call)[1])
        if shared is not None:
            return shared.completed(result)
        return api(self.service.model).answer(self.operation, result)

    def _by_clock_of_clients(self, result: dict[str, Any]) -> dict[str, Any]:
        """Let credentials expire by the clients' clock, of which the world's can be ahead."""
        made, ahead = result.get("Credentials"), getattr(self.world.clock, "ahead", 0)
        if not made or not ahead:
            return result
        until = made["Expiration"] - timedelta(seconds=ahead)
        return {**result, "Credentials": {**made, "Expiration": until}}

    def _known(self, request: ServiceRequest, entry: Entry, *, is_shared: bool) -> dict[str, Any]:
        """Return the parameters that iamlab's operation has, with the Region of the client.

        One that it doesn't have is left out if it has no effect, or only on moto's data.
        """
        known = entry.signature.parameters
        without_effect = self.service.without_effect | {"DryRun"}
        found = {
            name: value
            for name, value in request.parameters.items()
            if name in known
            or not (name in without_effect or (is_shared and not name.startswith("Grant")))
        }
        if "Region" in known and entry.service not in ("sts", *GLOBAL):
            found["Region"] = request.region
        return found

    def _owner(self, entry: Entry, own: str, parameters: dict[str, Any]) -> str:
        """Return the account of the resource that a call names: the caller's, or another one.

        Raises
        ------
        HttpError
            The caller is anonymous, and no account has such a resource.
        """
        account = self.world.accounts.get(own) or next(iter(self.world.accounts.values()), None)
        arn = entry.about(account, parameters) if entry.about and account else ""
        known = find_resource(self.world, Arn.parse(arn), arn) if is_arn(arn) else None
        if not (known or own):
            raise HttpError("AccessDenied", "Access Denied", 403)
        return own if known is None else known.account.account_id

    @contextmanager
    def _circumstances(self, region: str) -> Iterator[None]:
        """Let policies and events see the client and the Region, for the duration of a call."""
        standing, headers = self.world.standing, self.http.headers
        sent = {"aws:UserAgent": headers.get("user-agent"), "aws:Referer": headers.get("referer")}
        known = {key: text for key, text in sent.items() if text}
        where = standing.circumstances.copy()
        if region in REGIONS and self.service.prefix not in ("sts", *GLOBAL):
            where["region"] = region
        self.world.standing = Standing({**known, **standing.context}, where)
        try:
            yield
        finally:
            self.world.standing = standing

    # -- the caller -------------------------------------------------------------------------------

    def _caller(self, signature: Signature | None, entry: Entry | None) -> Caller:
        """Find the caller, who has signed the request."""
        is_open = signature is None and self.service.prefix in _ANYBODY
        if is_open or (entry is not None and not entry.is_signed):
            return ANONYMOUS
        return self._signer(signature)

    def signed_by(self) -> AccessKey | Session:
        """Return who signed the request.

        Raises
        ------
        AwsError
            The credentials aren't accepted.
        HttpError
            The signature is missing, malformed or wrong.
        """
        signature = read_signature(self.http)
        self.service = services_of(self.http, signature)[0]
        return self._signer(signature)

    def _signer(self, signature: Signature | None) -> AccessKey | Session:
        """Return who signed the request, after all checks of the signature."""
        if signature is None:
            raise HttpError("MissingAuthenticationToken", _MISSING, 403)
        found = owner_of(self.world, signature.access_key_id, signature.token)
        presented = found.present(self.world)  # an error if it's inactive or has expired
        self._check_region(signature.region, presented.arn)
        signature.check_date(self.gateway.time_of_clients())
        signature.check_value(self.http, self.gateway.secret_of(signature.access_key_id))
        return found

    def _check_region(self, signed: str, caller: str) -> None:
        """Check that the signature is for the Region of the endpoint."""
        wanted = region_of_host(self.http.host)
        if self.service.prefix in GLOBAL:
            wanted = "us-east-1" if Arn.parse(caller).partition == "aws" else ""
        elif not wanted and self.service.prefix == "sts":
            wanted = region_of("aws-global")
        # Clients sign for their own Region if the endpoint isn't AWS's.
        if wanted and signed != wanted and is_of_aws(self.http.host):
            shown = f"Credential should be scoped to a valid region, not '{signed[:40]}'."
            raise HttpError("SignatureDoesNotMatch", shown, 403)

    # -- errors -----------------------------------------------------------------------------------

    def _refused(self, error: AwsError | HttpError, before: int) -> Response:
        """Keep the call, and return the response with its error."""
        code, message, status = error.code, error.message, error.http_status
        protocol = api(self.service.model).protocol if self.service.model else ""
        family = "s3" if self.service.prefix == "s3" else "json" if "json" in protocol else protocol
        if type(error) is AccessDenied and self.is_decided_only:
            code, status = _TABLES["denials"].get(family, (code, status))
        code, status, own = _TABLES["rejections"].get(family, {}).get(code, (code, status, ""))
        message = own or message
        made = self._keep(before, (status, code, message), error)
        values = code, message, status, made.request_id
        if not protocol:
            is_s3 = not self.service.prefix and "x-amz-target" not in self.http.headers
            kind = "query" if "Action" in self.http.form else "s3" if is_s3 else "json"
            return error_of(kind, *values)
        reason = getattr(error, "reason", "")
        return api(self.service.model).error(*values, {"Reason": reason} if reason else {})

    def _keep(
        self,
        before: int,
        outcome: tuple[int, str, str] = (200, "", ""),
        error: Exception | None = None,
    ) -> ClientCall:
        """Keep the call, with the id of its event's request."""
        events = self.world.events
        has_event = len(events) > before
        if has_event and outcome[1] and not events[-1].error_code:
            events[-1] = replace(events[-1], error_code=outcome[1], error_message=outcome[2])
        if has_event and self.is_decided_only:  # an action can have another name
            events[-1] = replace(events[-1], event_name=self.operation)
        number = f"call {next(self.gateway.numbers)}"  # of a request without an event
        request_id = events[-1].request_id if has_event else self.world.ids.event_id(number)
        decision = getattr(error, "decision", None)
        if decision is None and self.decisions:
            decision = Decision.of_call(self.decisions)
        what = self.service.prefix, self.operation, self.arn
        kinds = isinstance(error, AccessDenied), self.is_decided_only
        return self.gateway.keep(*what, *outcome, request_id, decision, *kinds)
