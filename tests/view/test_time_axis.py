"""The axis of time: round moments at true places, so few that their labels never touch."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.view.drawing.measure import SMALL, width_of
from iamlab.view.drawing.time_axis import TimeAxis, day, later, stamp, utc
from tests.effort import tries

NINE = datetime(2026, 11, 25, 9, tzinfo=UTC)


def axis(start, end, width=5.0):
    """Make an axis from 1 inch on."""
    return TimeAxis(start, end, 1.0, 1.0 + width)


@pytest.mark.parametrize(
    ("time", "labels"),
    [
        (timedelta(minutes=4), ["09:00", "09:01", "09:02", "09:03", "09:04"]),
        (timedelta(hours=6), ["09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"]),
        (timedelta(hours=18), ["09:00", "12:00", "15:00", "18:00", "21:00", "2026-11-26", "03:00"]),
        (timedelta(days=4), ["2026-11-26", "2026-11-27", "2026-11-28", "2026-11-29"]),
        (timedelta(days=30), ["2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21"]),
        (timedelta(days=150), ["2026-12", "2027-01", "2027-02", "2027-03", "2027-04"]),
        (timedelta(days=365 * 4), ["2027", "2028", "2029", "2030"]),
    ],
)
def test_ticks_are_round_times_that_fit_the_window(time, labels):
    """Minutes of an hour, hours of a day, days, Mondays, months, years."""
    assert [label for _, label in axis(NINE, NINE + time).ticks()] == labels


MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(MOMENTS, MOMENTS, st.floats(2, 8))
@settings(max_examples=tries(60))
def test_labels_of_ticks_never_touch(start, end, width):
    """In windows from a second to ten thousand years."""
    drawn = axis(min(start, end), max(start, end), width)
    ticks = drawn.ticks()

    assert all(drawn.left <= x <= drawn.right for x, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks) or drawn.seconds > 24 * 3600
    for (left, first), (right, second) in pairwise(ticks):
        assert right - left > (width_of(first, SMALL) + width_of(second, SMALL)) / 2 + 0.04


def test_moments_are_at_their_share_of_the_window():
    """One outside of the window is at its edge, and ``has`` tells it apart."""
    drawn = axis(NINE, NINE + timedelta(hours=10), 10.0)

    assert drawn.at(NINE + timedelta(hours=3)) == 4.0
    assert drawn.at(NINE - timedelta(days=1)) == 1.0
    assert drawn.at(NINE + timedelta(days=1)) == 11.0
    assert not drawn.has(NINE - timedelta(seconds=1))
    assert drawn.has(NINE)


def test_all_times_are_utc_whatever_clock_says_them():
    """A moment of another time zone is the same moment; one without any is taken as UTC."""
    there = NINE.astimezone(timezone(timedelta(hours=5)))

    assert stamp(there) == "2026-11-25 09:00:00"
    assert day(datetime(2026, 11, 25, 23, 30)) == "2026-11-25"  # noqa: DTZ001 - that is the case
    assert utc(datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))).year == 9999


def test_the_present_is_in_the_window_if_it_is_near():
    """If it is at most one length of the window later."""
    hours = [NINE, NINE + timedelta(hours=2)]
    near, far = NINE + timedelta(hours=3), NINE + timedelta(days=3)

    assert TimeAxis.around(hours, near, 0.0, 5.0).has(near)
    assert not TimeAxis.around(hours, far, 0.0, 5.0).has(far)
    assert TimeAxis.around([], far, 0.0, 5.0).has(far)


@pytest.mark.parametrize("days", [-(10**6) * 4, 10**6 * 4])
def test_time_never_runs_out_of_the_years_that_there_are(days):
    """Years 1 to 9999: a rotation in the year 10000 is due at the end."""
    assert later(NINE, timedelta(days=days)).year in (1, 9999)
