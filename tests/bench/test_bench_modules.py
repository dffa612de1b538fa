"""The benchmarks follow the code that they measure, though nobody runs them every day."""

import importlib
from pathlib import Path

import pytest

import bench


@pytest.mark.parametrize("name", sorted(path.stem for path in Path(bench.__path__[0]).glob("[a-z]*.py")))
def test_each_benchmark_finds_what_it_measures(name: str) -> None:
    assert importlib.import_module(f"bench.{name}")


def test_a_city_writes_rows_as_the_console_keeps_them() -> None:
    import handbook
    from bench.case_texts import City

    rows = list(City(handbook.load(), 1).rows(20, 5))

    assert [row["community"] for row in rows] == [row["cell"][:12] for row in rows]
    assert all(row["grams"] for row in rows)
