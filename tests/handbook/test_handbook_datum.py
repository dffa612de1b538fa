"""Datums: what phones and map services say becomes WGS-84."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handbook.datum import (
    Datum,
    bd09_to_gcj02,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    to_wgs84,
    wgs84_to_gcj02,
)
from handbook.measure import Plane

ONE_CENTIMETRE = 0.01


def metres_apart(one, other):
    x, y = Plane(*one).metres(*other)
    return (x * x + y * y) ** 0.5


# Published test points of the eviltransform library, longitude first.
@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_known_points_are_converted_to_the_centimetre(wgs84, gcj02):
    assert metres_apart(wgs84_to_gcj02(*wgs84), gcj02) < ONE_CENTIMETRE
    assert metres_apart(to_wgs84(*gcj02, Datum.GCJ02), wgs84) < ONE_CENTIMETRE


def test_a_position_of_the_chinese_maps_is_hundreds_of_metres_off_in_tangyin():
    assert 300 < metres_apart((114.36, 35.92), wgs84_to_gcj02(114.36, 35.92)) < 700


in_china = st.tuples(st.floats(75, 134), st.floats(18, 53))


@given(in_china)
def test_there_and_back_is_within_a_centimetre(place):
    gcj02 = wgs84_to_gcj02(*place)
    bd09 = gcj02_to_bd09(*gcj02)

    assert metres_apart(gcj02_to_wgs84(*gcj02), place) < ONE_CENTIMETRE
    assert metres_apart(bd09_to_gcj02(*bd09), gcj02) < ONE_CENTIMETRE
    assert metres_apart(to_wgs84(*bd09, Datum.BD09), place) < ONE_CENTIMETRE


@pytest.mark.parametrize("datum", [Datum.WGS84, Datum.CGCS2000])
def test_a_satellite_position_is_kept_as_it_is(datum):
    assert to_wgs84(114.36, 35.92, datum) == (114.36, 35.92)


def test_outside_china_there_is_no_offset():
    assert to_wgs84(2.35, 48.85, Datum.GCJ02) == (2.35, 48.85)
