"""Every difference between moto and iamlab has a cause with a name, and is moto's fault."""

import pytest

from tests.peers.compare_with_moto import (
    QUESTIONS,
    SEED,
    by_iamlab,
    by_moto,
    differences,
    main,
    random_cases,
)
from tests.peers.faults import FAULTS, causes, says
from tests.peers.telling_cases import TELLING

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cases():
    """The random part of what ``make peers`` asks."""
    return random_cases(QUESTIONS // 2, SEED)


@pytest.mark.parametrize(("case", "fault"), TELLING)
def test_a_telling_case_shows_its_fault(case, fault):
    """One fault each, by name; where none is named both agree."""
    moto, iamlab = by_moto(case), by_iamlab(case)

    assert (moto == iamlab) is not bool(fault)
    assert fault == (() if moto == iamlab else causes(case, iamlab))


def test_every_fault_is_shown_by_a_case():
    """No fault is only asserted."""
    assert {name for _, fault in TELLING for name in fault} == set(FAULTS)


def test_every_difference_has_a_named_cause(cases):
    """And the oracle, which shares no code with either, sides with iamlab in all of them."""
    found = differences(cases)

    assert len(found) > 500
    assert [item for item in found if not item.causes] == []
    assert [item for item in found if item.oracle != item.iamlab] == []


def test_the_causes_are_all_that_separates_the_two(cases):
    """With no fault fixed the model is moto itself; with all of them fixed it is iamlab."""
    for case in cases:
        assert says(case) == by_moto(case), case
        assert says(case, frozenset(FAULTS)) == by_iamlab(case), case


def test_the_report_names_verdicts_reasons_and_pages(capsys):
    """For each fault: its name, who is right and why, an example with all verdicts."""
    assert main() == 0

    text = capsys.readouterr().out
    for fault in FAULTS.values():
        assert f". {fault.name} (" in text
        assert f"{fault.why} [{fault.page}]" in text
    assert text.count("moto says ") == text.count("   right: iamlab.") >= len(FAULTS)
