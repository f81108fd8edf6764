"""Cards of what surrounds identities: organizations, resources, sessions, answers about all."""

from html import escape

import pytest

from iamlab import World
from tests.policy.documents import allow, document

EVIL = '<img src=x onerror="alert(1)">'


@pytest.fixture
def world() -> World:
    """An organization in which every free text is an attack."""
    world = World(seed=3)
    main = world.create_account(EVIL, account_id="111111111111")
    organization = world.create_organization(main)
    organization.create_organizational_unit(EVIL)
    main.create_user("ana").attach_policy("AdministratorAccess")
    queue = main.create_queue("jobs", tags={"note": EVIL})
    queue.put_policy(
        document({**allow("sqs:*", queue.arn), "Sid": "S", "Principal": {"AWS": main.root_arn}})
    )
    return world


def test_what_strangers_wrote_stays_text(world: World) -> None:
    """Names of accounts and OUs, tags, policies."""
    main = world.account(EVIL)
    queue = next(iter(main.resources.values()))
    for value in (world, main.organization, queue, world.who_can("sqs:SendMessage", queue.arn)):
        html = value._repr_html_()
        assert "<img" not in html
    assert escape(EVIL) in world._repr_html_()
    assert escape(EVIL) in queue._repr_html_()


def test_a_world_shows_the_tree_of_its_organization(world: World) -> None:
    """With what is attached to each of its parts."""
    organization = world.account(EVIL).organization

    assert organization is not None
    assert organization.id in world._repr_html_()
    assert "FullAWSAccess" in organization._repr_html_()


def test_who_can_has_numbers_and_names(world: World) -> None:
    """The number of principals that can, the number of all, and names."""
    html = world.who_can("sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:jobs")._repr_html_()

    assert "2 of 2" in html
    assert "user/ana" in html


def test_effective_policies_are_a_card_with_their_levels(world: World) -> None:
    """A member's, level by level; the management account's, with the reason why none apply."""
    organization = world.account(EVIL).organization
    assert organization is not None
    dev = organization.create_account("dev", parent=EVIL)

    html = organization.effective_policies(dev, "SERVICE_CONTROL_POLICY")._repr_html_()
    assert f"OU {escape(EVIL)}" in html
    assert "<img" not in html
    own = organization.effective_policies(EVIL, "SERVICE_CONTROL_POLICY")._repr_html_()
    assert "it is the management account" in own


def test_a_session_and_a_timeline_show_themselves_without_a_secret(world: World) -> None:
    """The identity, the duration and the context; below each credential its sessions."""
    ana = world.account(EVIL).users["ana"]
    key = ana.create_access_key()
    policy = document(allow("s3:*"))
    session = world.sts.get_federation_token(key, name="guest", policy=policy, tags={"team": "sky"})
    html = session._repr_html_()
    assert "valid" in html
    assert "federated-user/guest" in html
    assert "team=sky" in html

    world.clock.advance(days=1)

    assert "expired" in session._repr_html_()
    table = world.timeline()._repr_html_()
    assert table.index("user/ana") < table.index("federated-user/guest")
    assert "expired" in table
    for shown in (html, table, repr(world.timeline()), str(world.timeline())):
        assert session.secret_access_key not in shown
        assert session.session_token not in shown
    assert World(seed=1).timeline()._repr_html_().endswith("No credentials.</div>")
