"""The organization tree: what hangs where, and what each level says of a request."""

import pytest

from iamlab import RequestError, World
from iamlab.model.organization.policies import RCP, SCP
from iamlab.teach.scenarios import ARCHIVE, ORG, observatory
from iamlab.view.figures.account.organization_tree import organization_tree
from tests.effort import slow
from tests.policy.documents import allow, deny, document
from tests.view.looking import faults
from tests.view.scenes import company, decisions

PLACE = f"{ARCHIVE}/1764/m31.fits"
SAYS = ("✓ allows", "✕ denies", "○ no Allow here")


def organization_of(world):
    """The only organization of a world."""
    (found,) = world.organizations.values()
    return found


def row_of(figure, name):
    """Return the row of a target."""
    (found,) = [row for row in figure.rows if row["name"] == name or row["id"] == name]
    return found


def words(figure):
    """Return all words of the picture, as they were before they were shortened."""
    return [label.whole for label in figure.sheet.record.labels]


@pytest.mark.parametrize("seed", range(3))
def test_every_target_has_a_row_with_its_policies(seed):
    """Root, OUs and accounts, with the names of their policies."""
    organization = organization_of(company(60, seed))
    figure = organization_tree(organization)

    assert next(row["id"] for row in figure.rows) == organization.root.id
    assert {row["id"] for row in figure.rows} == {target.id for target in organization.targets}
    for target in organization.targets:
        row = row_of(figure, target.id)
        for column, policy_type in (
            ("service_control_policies", SCP),
            ("resource_control_policies", RCP),
        ):
            hanging = [organization.policies[key] for key in target.attached]
            names = [policy.name for policy in hanging if policy.type == policy_type]
            assert row[column] == ", ".join(names)
            assert all(name in figure.as_text() for name in names)


@slow
@pytest.mark.parametrize("size", [20, 60])
@pytest.mark.parametrize("seed", range(3))
def test_each_level_says_what_the_engine_heard_there(size, seed):
    """SCPs above the caller's account, RCPs above the resource's account."""
    world = company(size, seed)
    organization = organization_of(world)
    for decision in decisions(world, seed, 6):
        figure = organization_tree(organization, decision)
        request = decision.request
        for layer, account_id in (
            ("scp", request.caller.account),
            ("rcp", request.resource_account),
        ):
            heard = decision.layer_matches[layer].levels
            shown = {row["id"]: row[f"{layer}_says"] for row in figure.rows if row[f"{layer}_says"]}
            if not heard:
                assert all(text.startswith("–") for text in shown.values())
                continue
            path = organization.way_to(account_id)
            assert list(shown) == [target.id for target in path]
            for target, level in zip(path, heard, strict=True):
                applying = [match for match in level if match.applies]
                denies = [match for match in applying if match.effect == "Deny"]
                word = SAYS[1] if denies else SAYS[0] if applying else SAYS[2]
                assert shown[target.id].startswith(word)
                assert all(
                    match.statement.label in shown[target.id] for match in denies or applying
                )
        assert decision.verdict.symbol in figure.as_text()
        assert faults(figure) == []


def test_the_deny_is_named_at_its_level():
    """In the picture, in the alternative text and in the list."""
    world = observatory()
    decision = world.can(world.role("archivist"), "s3:DeleteObject", PLACE)
    figure = organization_tree(organization_of(world), decision)

    assert row_of(figure, "OU Archive")["scp_says"] == (
        "✕ denies: KeepTheArchive of keep-the-archive"
    )
    assert "✕ denies: KeepTheArchive" in "".join(words(figure))
    assert "SCPs at OU Archive deny: KeepTheArchive" in figure.alt
    assert figure.alt.endswith("Verdict: explicit deny.")
    assert {box.text for box in figure.sheet.record.boxes if box.bold} == {
        *(f"root {organization_of(world).root.id}", "OU Science", "OU Archive", "acme-data"),
    }


def test_a_level_without_an_allow_stops_a_request():
    """Nothing denies, and the request is still blocked."""
    world = observatory()
    organization = organization_of(world)
    only = organization.create_policy("only-ec2", document(allow("ec2:*")))
    unit = next(
        unit for unit in organization.organizational_units.values() if unit.name == "Archive"
    )
    only.attach(unit)
    organization.policies["p-FullAWSAccess"].detach(unit)

    decision = world.can(world.role("archivist"), "s3:GetObject", PLACE)
    figure = organization_tree(organization, decision)

    assert row_of(figure, "OU Archive")["scp_says"] == "○ no Allow here"
    assert "SCPs at OU Archive have no Allow" in figure.alt
    assert "○ no Allow here" in words(figure)


def test_caller_and_resource_have_their_own_ways():
    """The auditor of one account reads the archive of another."""
    world = observatory()
    decision = world.can(world.role("auditor"), "s3:GetObject", PLACE)
    figure = organization_tree(organization_of(world), decision)

    main, data = row_of(figure, "acme-main"), row_of(figure, "acme-data")
    assert (main["callers_account"], main["resources_account"]) == (True, False)
    assert (data["callers_account"], data["resources_account"]) == (False, True)
    assert main["scp_says"]
    assert not main["rcp_says"]
    assert data["rcp_says"]
    assert not data["scp_says"]
    assert "SCPs allow it at 3 levels; RCPs allow it at 4 levels" in figure.alt


@pytest.mark.parametrize(
    ("caller", "action", "resource", "sentence"),
    [
        (f"arn:aws:iam::{ORG}:root", "s3:ListAllMyBuckets", "*", "no SCP limits the management"),
        ("alice", "ec2:RunInstances", "*", "RCPs don't apply to ec2"),
        ("anonymous", "s3:GetObject", PLACE, "no principal of an account"),
        ("collector", "s3:GetObject", PLACE, "which isn't in this organization"),
    ],
)
def test_the_reason_of_an_exemption_is_shown(caller, action, resource, sentence):
    """The management account, a service that RCPs don't apply to, and callers from outside."""
    world = observatory()
    found = {"alice": world.user("alice"), "collector": world.role("collector")}
    decision = world.can(found.get(caller, caller), action, resource)

    figure = organization_tree(organization_of(world), decision)

    if caller == "anonymous":  # no account of this organization calls: nothing can be said there
        assert not any(row["scp_says"] for row in figure.rows)
    else:
        assert sentence in figure.as_text()
    assert faults(figure) == []


def test_a_service_linked_role_is_exempt():
    """SCPs and RCPs don't apply to it; its account says so."""
    world = observatory()
    main = world.account("acme-main")
    role = main.create_service_linked_role(aws_service_name="autoscaling.amazonaws.com")

    figure = organization_tree(organization_of(world), world.can(role, "ec2:RunInstances", "*"))

    assert "It doesn't apply to service-linked roles" in row_of(figure, "acme-main")["scp_says"]
    assert faults(figure) == []


def test_the_management_account_is_marked_in_words():
    """In the picture and in the list."""
    figure = organization_tree(organization_of(observatory()))

    assert "management account" in words(figure)
    assert row_of(figure, "acme-org")["management_account"] is True
    assert "acme-org (999999999999), management account" in figure.as_text()


def test_the_alternative_text_names_policies_and_places():
    """It names the policies and their targets."""
    assert organization_tree(organization_of(observatory())).alt == (
        "acme-org manages 3 accounts in 2 OUs: tls-only on root r-xrr8; region-guard on OU "
        "Science; keep-the-archive on OU Archive."
    )


def large(accounts, units=12):
    """An organization of many accounts, some of them in OUs of OUs."""
    world = World(seed=1)
    organization = world.create_organization(world.create_account("acme-main"))
    organization.raise_quota("Accounts", 500)
    made = []
    for number in range(units):
        parent = made[number % 3] if number > 5 else None
        made.append(organization.create_organizational_unit(f"Unit {number}", parent=parent))
    for number in range(accounts):
        organization.create_account(f"acme-{number}", parent=made[number % units])
    return world, organization


@pytest.mark.parametrize(("accounts", "units"), [(46, 12), (110, 12), (120, 90)])
def test_large_organizations_are_folded_and_nobody_is_lost(accounts, units):
    """At most sixty boxes, also those of the request; the list and the table have all."""
    world, organization = large(accounts, units)
    somebody = organization.accounts[20]
    role = somebody.roles["OrganizationAccountAccessRole"]
    decision = world.can(role, "s3:GetObject", PLACE)

    figure = organization_tree(organization, decision)

    assert len(figure.sheet.record.boxes) <= 60 + 1
    assert len(figure.rows) == len(organization.targets)
    assert {box.text for box in figure.sheet.record.boxes} >= {somebody.name, "acme-main"}
    for account in organization.accounts:
        assert account.name in figure.as_text()
    if accounts > 60:
        assert "more OUs and accounts are only in the list" in figure.caption
    assert faults(figure) == []


def test_an_organization_without_policies_says_so():
    """Consolidated billing only: no policies are attached."""
    world = World(seed=1)
    made = world.create_organization(
        world.create_account("acme-main"), feature_set="CONSOLIDATED_BILLING"
    )

    figure = organization_tree(made)

    assert "no SCPs and no RCPs are enabled" in figure.as_text()
    assert len(figure.sheet.record.boxes) == 2
    assert faults(figure) == []


def test_a_decision_of_another_day_is_refused():
    """Its levels aren't the present ones."""
    world = observatory()
    organization = organization_of(world)
    decision = world.can(world.role("archivist"), "s3:GetObject", PLACE)
    organization.move_account("222222222222", organization.root)

    with pytest.raises(RequestError, match="this one has changed"):
        organization_tree(organization, decision)


def test_only_an_organization_is_drawn():
    """The error says what is needed."""
    with pytest.raises(RequestError, match="organizations"):
        organization_tree(observatory())
    with pytest.raises(RequestError, match=r"world\.can"):
        organization_tree(organization_of(observatory()), "allowed")


def test_a_deny_above_leaves_the_way_below_pale():
    """The line below the OU that denies is dashed; the line above it is bold."""
    world = observatory()
    fence = organization_of(world).create_policy("fence", document(deny("s3:*", Sid="Fence")))
    fence.attach(organization_of(world).root)
    decision = world.can(world.role("archivist"), "s3:GetObject", PLACE)

    figure = organization_tree(organization_of(world), decision)

    assert "SCPs at root r-xrr8 deny: Fence of fence" in figure.alt
    patches = figure.drawing.axes[0].patches
    bold = [patch for patch in patches if patch.get_linewidth() == 2.6]
    assert bold == []  # it goes no further than the root


def test_the_same_data_gives_the_same_bytes():
    """The order of a set makes no difference."""
    first, second = (organization_of(observatory()) for _ in range(2))

    assert organization_tree(first).svg() == organization_tree(second).svg()
