"""A unit's client and what it speaks with, on the real broker."""

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from tests.unit_sdk.sdk_kit import Centre, PhotoDoor, unit_url
from unit_sdk import UnitClient


@pytest.fixture
def centre(city_vhost: str) -> Centre:
    centre = Centre(city_vhost)
    centre.empty()
    return centre


@pytest.fixture
def client(city_vhost: str) -> Iterator[UnitClient]:
    client = UnitClient(unit_url(city_vhost), "u01", confirm_within=30)
    yield client
    client.stop()


@pytest.fixture
def photo_door() -> Iterator[tuple[str, type[PhotoDoor]]]:
    door = type("OnePhotoDoor", (PhotoDoor,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", door
    server.shutdown()
    server.server_close()
