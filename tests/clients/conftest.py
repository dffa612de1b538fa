"""An example client of each language in turn, on the broker with a centre that only listens."""

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from tests.clients.client_kit import LANGUAGES, Client
from tests.unit_sdk.sdk_kit import Centre, PhotoDoor, unit_url


@pytest.fixture(scope="module")
def photo_door() -> Iterator[tuple[str, type[PhotoDoor]]]:
    """The address of an upload door, and how it feels."""
    door = type("OnePhotoDoor", (PhotoDoor,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", door
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module", params=LANGUAGES)
def living(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    city_vhost: str,
    photo_door: tuple[str, type[PhotoDoor]],
) -> Iterator[Client]:
    """One client for all tests of its language, since a start takes its time."""
    books = tmp_path_factory.mktemp(request.param) / "books"
    client = Client(LANGUAGES[request.param](), books, unit_url(city_vhost), "u01", photo_door[0])
    Centre(city_vhost).empty()
    client.start()
    yield client
    client.kill()


@pytest.fixture
def centre(city_vhost: str, living: Client) -> Centre:
    """The centre's side: it has heard the new client's resync, and nothing else is under way."""
    centre = Centre(city_vhost)
    if "resync" not in living.heard:
        assert centre.heard(1, within=120)[0][2].type == "resync"
        living.heard.append("resync")
    return centre


@pytest.fixture
def client(living: Client, centre: Centre) -> Iterator[Client]:
    """The client, connected; what it printed is shown with a test that fails."""
    if not living.runs:
        living.start()
    yield living
    print(living.words)
