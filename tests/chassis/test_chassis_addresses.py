"""Who asks: only the last hop is believed, and one household's IPv6 network is one address."""

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from chassis.doors import DoorMisdeclared, door
from chassis.incoming import address_of


def asked(forwarded=None, remote="127.0.0.1"):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    environ = EnvironBuilder(headers=headers, environ_base={"REMOTE_ADDR": remote}).get_environ()
    return address_of(Request(environ))


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("1.2.3.4, 203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("nonsense", "127.0.0.1"),
        ("1.2.3.4,", "127.0.0.1"),
        ("", "127.0.0.1"),
        (None, "127.0.0.1"),
    ],
)
def test_an_address_is_what_the_front_door_saw(forwarded, address):
    assert asked(forwarded) == address


def test_without_any_address_everybody_is_one():
    assert asked(None, remote="") == "unknown"


def test_what_changes_something_cannot_be_kept_by_its_reader():
    with pytest.raises(DoorMisdeclared):

        @door("POST", "/x", public=True, cached=True)
        def change(self, tx, *, at, by): ...


def test_a_door_that_asks_for_the_address_takes_it():
    with pytest.raises(DoorMisdeclared):

        @door("GET", "/x", public=True, address=True)
        def read(self, tx, *, at, by): ...


def test_only_what_is_kept_for_repeats_is_kept_secret():
    with pytest.raises(DoorMisdeclared):

        @door("POST", "/x", public=True, secret=True, transaction=False)
        def tell(self, *, at, by): ...

    with pytest.raises(DoorMisdeclared):

        @door("GET", "/x", public=True, secret=True)
        def read(self, tx, *, at, by): ...
