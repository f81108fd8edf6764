"""Put a question, as the oracle takes it, to the engine."""

from iamlab import ANONYMOUS, Layers, Policy, Request, evaluate


def ask_engine(question):
    """Let the engine decide a question that is plain JSON."""
    policy = question["resource_policy"]
    boundary = question["boundary"]
    request = Request(
        ANONYMOUS if question["principal"] == "anonymous" else question["principal"],
        question["action"],
        question["resource"],
        resource_account=question["resource_account"],
        context=question["context"],
        issuer=question["issuer"],
    )
    layers = Layers(
        identity=[Policy.parse(p, name=f"identity{i}") for i, p in enumerate(question["identity"])],
        resource=policy and Policy.parse(policy, name="resource"),
        boundary=boundary and Policy.parse(boundary, name="boundary"),
        session=[Policy.parse(p, name=f"session{i}") for i, p in enumerate(question["session"])],
    )
    return evaluate(request, layers)
