"""Shared helps of the handbook's tests."""

import time
from collections.abc import Callable

import pytest


@pytest.fixture
def benchmark_seconds() -> Callable[[Callable[[], object]], float]:
    """The best of three runs: the machine may be busy with something else."""

    def measure(work: Callable[[], object]) -> float:
        spent = []
        for _ in range(3):
            before = time.process_time()
            work()
            spent.append(time.process_time() - before)
        return min(spent)

    return measure
