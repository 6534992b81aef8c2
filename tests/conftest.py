"""What every test may ask for: rewriting golden files, and how hard Hypothesis looks."""

import os

import pytest
from hypothesis import HealthCheck, settings

# `ci` draws the same examples each time, so that a red run is a change of the code and not of the dice.
settings.register_profile(
    "ci",
    derandomize=True,
    max_examples=50,
    stateful_step_count=20,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("dev", max_examples=100, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="rewrite the golden files with what the code gives now"
    )


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """True where golden files are to be rewritten instead of compared."""
    return bool(request.config.getoption("--update"))
