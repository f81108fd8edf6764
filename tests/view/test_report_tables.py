"""Report tables judge as audits do: each state a symbol, a word and a colour."""

from datetime import timedelta

import pytest

from iamlab import World
from iamlab.analysis.audit.controls import Thresholds
from iamlab.analysis.credential_report import CredentialReport
from iamlab.errors import RequestError
from iamlab.view.style import Look
from iamlab.view.tabular.reports import COLUMNS, Topic, exam_table, report_table
from tests.operations.iam import key_material

PASSWORD = "Correct-Horse-1"


@pytest.fixture
def main():
    """Alice, with a password and a key."""
    account = World(seed=7).create_account("main", account_id="111111111111")
    alice = account.create_user("alice")
    alice.create_login_profile(PASSWORD)
    alice.create_access_key()
    return account


def row(account, user="alice", **options):
    """Return a user's row by column."""
    table = report_table(account.credential_report(), **options)
    [found] = [row for row in table.rows if row[0] == user]
    return dict(zip(COLUMNS, found, strict=True))


def said(look):
    """Return a look as a reader sees it."""
    assert isinstance(look, Look)
    return f"{look.symbol} {look.word}"


def wait(account, days):
    """Let days go by."""
    account.world.clock.advance(days=days)


def test_each_credential_is_judged(main):
    """New and old, used and unused, active and inactive, present and absent."""
    wait(main, 10)
    young = row(main)
    wait(main, 90)
    old = row(main)

    assert said(young["password"]) == "✓ never used"
    assert said(young["MFA"]) == "✕ off"
    assert said(young["access key 1"]) == "✓ 10 days old, never used"
    assert said(young["access key 2"]) == said(young["certificates"]) == "– none"
    assert said(old["password"]) == "✕ never used"
    assert said(old["access key 1"]) == "✕ 100 days old, never used"
    assert young["created"] == main.users["alice"].create_date


@pytest.mark.parametrize("days", [0, 45, 46, 90, 91, 92])
@pytest.mark.parametrize("used", [None, 40])
def test_a_cell_objects_when_the_audit_does(main, days, used):
    """A key: too old, or unused for too long. A password: unused. MFA: missing."""
    if used is not None and used <= days:
        wait(main, used)
        key = main.users["alice"].access_keys[0]
        key.used(main.world, "s3", "us-east-1")
    wait(main, days - (used if used is not None and used <= days else 0))
    audit, cells = main.audit(), row(main)
    unused = [finding.what for finding in audit.of("unused-credentials")]
    is_old = bool(audit.of("access-key-rotation"))

    assert (cells["access key 1"].symbol == "✕") is (
        is_old or any("access key" in what for what in unused)
    )
    assert (cells["password"].symbol == "✕") is any("password" in what for what in unused)
    assert (cells["MFA"].symbol == "✕") is bool(audit.of("console-mfa"))


def test_the_root_user_is_judged_by_other_rules(main):
    """It should have no keys, and a password that is never used."""
    main.root.create_login_profile(PASSWORD)
    wait(main, 200)
    without = row(main, "<root_account>")
    main.root.create_access_key()
    main.root.create_virtual_mfa_device("root-phone").enable()
    wait(main, 1)
    with_key = row(main, "<root_account>")

    assert said(without["password"]) == "✓ never used"
    assert said(without["MFA"]) == "✕ off"
    assert said(with_key["access key 1"]) == "✕ a root user's key"
    assert said(with_key["MFA"]) == "✓ on"


def test_an_expired_password_says_since_when(main):
    """The account's password policy has the limit."""
    main.update_password_policy(minimum_password_length=8, max_password_age=30)
    wait(main, 30)

    assert said(row(main)["password"]) == "✕ expired 2026-12-25"


def test_inactive_keys_and_certificates_are_neither_good_nor_bad(main):
    """Nobody can use them."""
    alice = main.users["alice"]
    alice.access_keys[0].update("Inactive")
    certificate = alice.upload_signing_certificate(key_material.CERTIFICATE)
    assert said(row(main)["certificates"]) == "✓ 1 active"
    alice.update_signing_certificate(certificate.certificate_id, "Inactive")
    wait(main, 300)

    assert said(row(main)["access key 1"]) == "– inactive"
    assert said(row(main)["certificates"]) == "– inactive"


def test_the_caption_counts_what_is_to_do(main):
    """All crosses of the table."""
    table = report_table(main.credential_report())
    crosses = [cell for line in table.rows for cell in line if getattr(cell, "symbol", "") == "✕"]

    assert len(crosses) == 1
    assert table.caption == "Credential report, judged on 2026-11-25: 1 item to do"


def test_a_report_from_a_file_is_judged_from_a_time_that_is_given(main):
    """Without a time, ages are left out, and unknown values aren't findings."""
    wait(main, 120)
    text = main.credential_report().csv
    parsed = CredentialReport.parse(text)
    unknown = dict(zip(COLUMNS, report_table(parsed).rows[1], strict=True))
    known = report_table(parsed, now=main.world.clock.now).rows[1]

    assert said(unknown["access key 1"]) == "✓ never used"
    assert report_table(parsed).caption == "Credential report: 1 item to do"
    assert known == report_table(main.credential_report()).rows[1]


def test_other_thresholds_can_be_given(main):
    """A company with stricter limits."""
    wait(main, 31)
    strict = Thresholds(key_age_days=30)

    assert row(main)["access key 1"].symbol == "✓"
    assert row(main, thresholds=strict)["access key 1"].symbol == "✕"


def test_a_status_and_an_audit_are_tables_too(main):
    """With done and open items, findings and passed checks."""
    status = report_table(main.security_status())
    audit = report_table(main.audit())

    assert {said(line[0]) for line in status.rows} == {"✓ done", "✕ to do"}
    assert len(status.rows) == 5
    assert sum(said(line[0]) == "✕ found" for line in audit.rows) == len(main.audit().findings)


@pytest.mark.parametrize("what", [None, "report", 3, World(seed=1)])
def test_only_reports_are_report_tables(what):
    """The error names the types of reports."""
    with pytest.raises(RequestError, match="a credential report"):
        report_table(what)


# -- exams ----------------------------------------------------------------------------------------


def test_an_exams_report_says_what_to_repeat_and_why():
    """Topic, score, result, the wrong belief, exercises."""
    table = exam_table(
        [
            Topic("boundaries", 1, 4, "boundaries grant", ("11.2", "11.3")),
            Topic("sessions", 4, 4),
            Topic("tags", 0, 0),
        ]
    )

    assert table.caption == "Exam: 5 of 8 right, 1 topic to repeat"
    assert [said(line[3]) for line in table.rows] == ["✕ to repeat", "✓ passed", "– not asked"]
    assert table.rows[0][4:] == ("boundaries grant", "11.2, 11.3")
    assert table.rows[1][4:] == (None, None)
    assert table.to_frame()["right"].tolist() == [1, 4, 0]


def test_the_pass_mark_decides():
    """With a mark of a half, half of the answers are enough."""
    assert said(exam_table([Topic("tags", 1, 2)], pass_mark=0.5).rows[0][3]) == "✓ passed"
    assert said(exam_table([Topic("tags", 1, 2)]).rows[0][3]) == "✕ to repeat"


def test_names_of_topics_are_text_in_html():
    """Nothing is interpreted."""
    html = exam_table([Topic("<script>alert(1)</script>", 0, 1, "<b>")])._repr_html_()

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("topics", [[("tags", 1, 2)], [Topic("tags", 3, 2)], [None], None, 7])
def test_results_must_have_the_right_type(topics):
    """A topic, the number of right answers, and of all answers."""
    with pytest.raises(RequestError, match=r"Topic|two numbers"):
        exam_table(topics)


def test_time_before_the_credentials_makes_nothing_negative(main):
    """With a time before the report's, ages are zero days."""
    before = main.world.clock.now - timedelta(days=30)

    assert "0 days old" in row(main, now=before)["access key 1"].word
