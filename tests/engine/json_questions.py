"""Put a question, as the oracle takes it, to the engine."""

from iamlab import ANONYMOUS, Layers, Policy, Request, evaluate
from iamlab.engine.grants import Grant
from iamlab.engine.layers import AttachedPolicy
from iamlab.engine.public_access import PublicAccessBlock


def _policies(documents, name):
    return [Policy.parse(document, name=f"{name}{i}") for i, document in enumerate(documents)]


def _levels(levels, name):
    return [_policies(level, f"{name}{number}.") for number, level in enumerate(levels)]


def _policy(document, name):
    return document and Policy.parse(document, name=name)


def _endpoint(question):
    policy = _policy(question.get("endpoint"), "endpoint")
    kind = question.get("endpoint_type", "Gateway")
    return policy and AttachedPolicy(policy, vpc_endpoint_type=kind)


def ask_engine(question):
    """Let the engine decide a question that is plain JSON."""
    block = question.get("public_access_block")
    request = Request(
        ANONYMOUS if question["principal"] == "anonymous" else question["principal"],
        question["action"],
        question["resource"],
        resource_account=question["resource_account"],
        context=question["context"],
        issuer=question["issuer"],
        access_point=question.get("access_point", ""),
    )
    layers = Layers(
        identity=_policies(question["identity"], "identity"),
        resource=_policy(question["resource_policy"], "resource"),
        boundary=_policy(question["boundary"], "boundary"),
        session=_policies(question["session"], "session"),
        scp=_levels(question.get("scps", []), "scp"),
        rcp=_levels(question.get("rcps", []), "rcp"),
        endpoint=_endpoint(question),
        scoped=_policies(question.get("scoped", []), "scoped"),
        grant=[
            Grant(
                grantee_principal=grant["grantee_principal"],
                operations=tuple(grant["operations"]),
                constraints=grant["constraints"],
            )
            for grant in question.get("grants", [])
        ],
        public_access_block=block and PublicAccessBlock(**block),
    )
    return evaluate(request, layers)
