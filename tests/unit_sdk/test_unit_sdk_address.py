"""The address that `qianliyan-unit` connects to is the one that it was given, with the password in it."""

import argparse

import pytest

from unit_sdk.command import PASSWORD, _access


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("amqp://u07@centre.example/city", "amqp://u07:s%2Fcret@centre.example/city"),
        (
            "amqps://u07@[2001:db8::7]:5671/city?heartbeat=30",
            "amqps://u07:s%2Fcret@[2001:db8::7]:5671/city?heartbeat=30",
        ),
        ("amqp://u07:own@centre.example:5672/city", "amqp://u07:own@centre.example:5672/city"),
    ],
)
def test_an_address_keeps_its_host_and_options(
    given: str, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "s/cret")

    assert _access(argparse.Namespace(url=given, password_file=None)) == (used, "u07")
