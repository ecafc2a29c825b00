"""What the model tests share: how long they look, and the process that the calls are forks of."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from zygote import Zygote


@pytest.fixture(scope="session")
def zygote():
    """The helper process that calls are forks of."""
    helper = Zygote()
    yield helper
    helper.close()


@pytest.fixture
def model_settings():
    """How many examples: the same in every run; with COLORLIB_MODEL_TIMES=30, thirty times as many new ones."""
    times = int(os.environ.get("COLORLIB_MODEL_TIMES", "0"))

    def chosen(examples: int, steps: int = 1) -> settings:
        return settings(
            max_examples=examples * max(1, times),
            stateful_step_count=steps,
            derandomize=not times,
            database=None,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate, *([Phase.shrink] if times else [])),
        )

    return chosen
