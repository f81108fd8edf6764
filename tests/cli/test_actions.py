"""``iamlab actions`` lists what a pattern matches, or what words find."""

import pytest

from iamlab.policy import catalog
from tests.cli.helpers import Shell, details_of, one_line


def names(out: str) -> list[str]:
    """Take the names out of a listing."""
    return [line.split()[0] for line in details_of(out).splitlines()]


@pytest.mark.parametrize("pattern", ["s3:Get*Tag*", "S3:get*tag*", "s3:GetObject", "*:Assume*"])
def test_a_pattern_lists_what_it_matches(shell: Shell, pattern: str) -> None:
    """Just what the catalogue says, with the date of the catalogue apart."""
    result = shell("actions", pattern)

    assert result.status == 0
    assert names(result.out) == list(catalog.expand(pattern))
    assert str(catalog.data_date()) in result.err


def test_each_action_shows_its_level_and_the_arn_that_it_wants(shell: Shell) -> None:
    """In one line."""
    line = shell("actions", "kms:Decrypt").out

    assert line.split() == [
        "kms:Decrypt",
        "Write",
        "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}",
    ]


def test_words_are_looked_for_in_names_and_descriptions(shell: Shell) -> None:
    """All of them must be there."""
    found = names(shell("actions", "bucket", "policy").out)

    assert found[0] in ("s3:GetBucketPolicy", "s3:PutBucketPolicy")
    assert all(
        word in f"{known.full_name} {known.description}".lower()
        for known in filter(None, map(catalog.action, found))
        for word in ("bucket", "policy")
    )


def test_a_level_leaves_the_others_out(shell: Shell) -> None:
    """Only those that change permissions, say."""
    found = shell("actions", "iam:*", "--level", "Permissions management", "--json").values

    assert {item["level"] for item in found["actions"]} == {"Permissions management"}
    assert "iam:AttachUserPolicy" in [item["name"] for item in found["actions"]]
    assert all(item["resources"] and item["description"] for item in found["actions"])


def test_nothing_found_ends_with_1_and_a_suggestion(shell: Shell) -> None:
    """As grep does."""
    result = shell("actions", "s3:GetObjects")

    assert (result.status, result.out) == (1, "")
    assert result.err.startswith("0 actions")
    assert result.err.endswith("Did you mean s3:GetObject?\n")
    assert shell("actions", "s3:GetObjectAcl").err.startswith("1 action; ")


def test_the_level_is_one_of_aws(shell: Shell) -> None:
    """In one line."""
    assert "Tagging" in one_line(shell("actions", "s3:*", "--level", "Delete"))
