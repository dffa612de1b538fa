"""The example clients against the whole system: each handles a case, and the case is closed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import handbook
from case_contracts.codes import Source
from examples.city.desks import Desks
from examples.city.log import Log, Story
from examples.city.photos import Camera, photo
from examples.city.plans import Plan, Planner
from examples.city.reporters import People, Reporters
from examples.city.steps import Pace
from tests.clients.client_kit import LANGUAGES, Client, eventually
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

LANGUAGE_OF = dict(zip(("u04", "u07"), LANGUAGES, strict=True))
"""Each language is another unit's."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("clients") / "state") as running:
        yield running


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    """A problem of each unit, seen by the video seat: it needs no confirmation."""
    planner = Planner(handbook.load(), seed=12319)
    return {
        code: planner.plan(index, source=Source.VIDEO, unit=code) for index, code in enumerate(LANGUAGE_OF)
    }


@pytest.fixture(params=LANGUAGE_OF)
def client(request: pytest.FixtureRequest, stack: Stack, tmp_path: Path) -> Iterator[Client]:
    code = request.param
    client = Client(
        LANGUAGES[LANGUAGE_OF[code]](), tmp_path / "books", stack.unit_amqp_url(code), code, stack.address
    )
    client.start()
    yield client
    client.kill()
    print(client.words)


def test_a_case_is_dispatched_to_a_unit_whose_client_handles_it_and_it_is_closed(
    stack: Stack, client: Client, plans: dict[str, Plan]
) -> None:
    log = Log([plans[client.unit]])
    people, pace = People(stack.house(), stack.accounts()), Pace(log)
    desks, reporters = Desks(people, log, pace, Camera()), Reporters(people, log, pace, Camera())
    (story,) = log.stories.values()

    reporters.report()
    eventually(lambda: (desks.receive(), desks.file(), desks.dispatch()) and story.done["dispatch"])
    eventually(lambda: f"已接收 sign {story.case_number}" in client.words)
    client.finish(f"{story.case_number}-1-1", photo(f"after {client.unit}")[0])
    eventually(lambda: f"已接收 feedback {story.case_number}" in client.words)

    assignment = people.dispatchers.next().get(f"/api/dispatch/assignments/{story.case_number}")
    assert (assignment["state"], assignment["responsible_unit"]) == ("fed_back", client.unit)
    assert assignment["signed_at"]
    assert assignment["feedback_text"] == "已按要求处置完毕"
    assert assignment["feedback_photos"] == [photo(f"after {client.unit}")[1]]
    eventually(lambda: (desks.send_to_verify(), desks.walk(), desks.close()) and closed(story))
    assert stack.queues()["parking"] == 0


def closed(story: Story) -> bool:
    """结案."""
    return story.outcome == "closed"
