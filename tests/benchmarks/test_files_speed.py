"""Files and the catalogue of managed policies are read in a small multiple of their JSON."""

import json
import subprocess
import sys

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from iamlab import Policy, World
from iamlab.errors import NoSuchEntity
from iamlab.policy.validate.validation import refusals
from iamlab.storage.saved_world import load_world, save_world
from iamlab.world.identities import User
from tests.benchmarks.clock import seconds
from tests.policy.documents import allow, document
from tests.storage.account_exports import MAPS, as_cli, big

USERS = 5_000
STOPWATCH = """
import json
from time import perf_counter
from iamlab.model import managed_policies as managed

def seconds(work):
    start = perf_counter()
    work()
    return perf_counter() - start

def everything():
    import lzma
    lines = lzma.decompress(managed.FILE.read_bytes()).decode().split("\\n")
    return [json.loads(line.split("\\t")[-1]) for line in lines]

assert managed._file.cache_info().currsize == 0  # an import opens no file
first = seconds(lambda: managed.find("AdministratorAccess"))
next_one = seconds(lambda: managed.find("AmazonS3FullAccess"))
again = seconds(lambda: managed.find("AmazonS3FullAccess"))
print(first, next_one, again, seconds(everything))
"""


def test_asking_for_one_managed_policy_costs_less_than_reading_all():
    """The first costs the opening of the file; each further one its own line; known ones nothing.

    Each time is the best of three new processes; the peer reads the JSON of the whole file.
    """
    runs = [
        subprocess.run(
            [sys.executable, "-c", STOPWATCH], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(3)
    ]
    first, next_one, again, everything = (
        min(map(float, times)) for times in zip(*runs, strict=True)
    )

    assert first < everything
    assert next_one < everything / 50
    assert again < everything / 500


def test_a_note_about_a_name_costs_less_than_reading_all():
    """However long the name is, and however many of AWS's names are a little like it."""
    main = World(seed=7).create_account("main")
    peer = seconds(lambda: json.loads(aws_managed_policies_data))

    def ask(wanted):
        with pytest.raises(NoSuchEntity):
            main.policies[wanted]

    for wanted in ("AWSServiceRoleForAmazonPolicyAccessFull", "Amazon" * 100_000, "é" * 1_000_000):
        assert seconds(lambda wanted=wanted: ask(wanted), tries=1) < 20 * peer


def test_the_managed_policies_are_checked_soon():
    """All 1,500 of them, beside reading their JSON."""
    managed = json.loads(aws_managed_policies_data)
    policies = [Policy.parse(item["Document"]) for item in managed.values()]
    peer = seconds(lambda: json.loads(aws_managed_policies_data))

    assert seconds(lambda: [refusals(policy, "identity") for policy in policies]) < 50 * peer


def test_a_thousand_users_load_in_a_small_multiple_of_reading_the_json():
    """Loading takes at most 40 times as long as ``json.loads`` of the same text."""
    text = as_cli(big())

    reading = seconds(lambda: json.loads(text))
    loading = seconds(lambda: World.from_account_details(json.loads(text)))

    assert loading < 40 * reading


def test_many_principals_are_saved_and_loaded_in_seconds(tmp_path):
    """5,000 users, each with a document of its own: far less than a second for a thousand."""
    world = World(seed=1)
    account = world.create_account("main")
    for number in range(USERS):
        policy = Policy.parse(document(allow("s3:*", f"{MAPS}/{number}")), name="own")
        name = f"user{number}"
        account.users[name] = User(account, name, inline={"own": policy}, tags={"a": name})
    path = tmp_path / "world.json"

    def save_and_load():
        save_world(world, path)
        load_world(path)

    assert seconds(save_and_load, tries=1) < 20


def test_what_an_administrator_can_on_fifty_resources_is_answered_soon():
    """30,000 lines, the catalogue included."""
    world = World(7)
    main, other = world.create_account("main"), world.create_account("data")
    for number in range(50):
        (main if number % 2 else other).create_bucket(f"bucket-{number}")
    ana = main.create_user("ana")
    ana.attach_policy("AdministratorAccess")

    assert seconds(lambda: world.what_can(ana), tries=1) < 4
