"""The OpenAPI document: whatever is sent according to it, or nearly, the server itself does not fail."""

import json
import shutil

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis.checks import not_a_server_error
from support.running_server import client, running
from support.soak import examples

from wellread.settings import Settings


@pytest.fixture(scope="module")
def address(mentor_home, tmp_path_factory):
    home = shutil.copytree(mentor_home, tmp_path_factory.mktemp("openapi") / "home")
    with running(Settings(home=home, embedder="none", model="extractive")) as served:
        yield served


@pytest.fixture(scope="module")
def document(address):
    with client(address) as http:
        return http.get("/api/v1/openapi.json").json()


@settings(
    examples(50, 4),  # of each operation
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=strategies.data())
def check(operation, data):
    case = data.draw(operation.as_strategy())
    case.call_and_validate(checks=[not_a_server_error], timeout=20)


@pytest.mark.soak
@pytest.mark.filterwarnings(
    "ignore::hypothesis.errors.HypothesisDeprecationWarning"
)  # of Schemathesis' strategies
def test_no_request_makes_the_server_fail(address):
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 30
    for operation in operations:
        check(operation)


def test_every_operation_is_described(document):
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) > 30
    for path, method, operation in operations:
        assert operation.get("description") or operation.get("summary"), (path, method)
    ids = [operation["operationId"] for _, _, operation in operations]
    assert len(ids) == len(set(ids))


def test_every_error_is_described_as_a_problem(document):
    for path, methods in document["paths"].items():
        if path.startswith("/api/"):
            for method, operation in methods.items():
                described = operation["responses"].get("default", {})
                assert "application/problem+json" in json.dumps(described), (path, method)


def test_bodies_have_examples(document):
    for name, described in document["components"]["schemas"].items():
        if name in {"Question", "RunView", "Problem"}:
            assert "example" in described or "examples" in described, name
