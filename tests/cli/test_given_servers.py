"""A broker that was given to us: what is said of one that is away, refuses us, or has no proper address."""

import socket
import threading
from contextlib import closing

import pytest

from cli.given_servers import GivenServerUnusable, look_at_broker
from cli.infrastructure.server import free_ports
from tests.infrastructure_fixtures import TESTER, Broker


def said_of(amqp_uri: str) -> str:
    with pytest.raises(GivenServerUnusable) as caught:
        look_at_broker(amqp_uri)
    return str(caught.value)


def test_an_address_where_nobody_listens_is_named_without_its_password() -> None:
    (nobody,) = free_ports(1)

    said = said_of(f"amqp://account:geheim@127.0.0.1:{nobody}/city")

    assert said.startswith(f"AMQP_URI: amqp://127.0.0.1:{nobody}/city 无应答 / does not answer: ")
    assert "geheim" not in said


def test_somebody_who_listens_but_is_no_broker_counts_as_no_answer() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        hanging_up = threading.Thread(target=lambda: other.accept()[0].close())
        hanging_up.start()

        said = said_of(f"amqp://a:b@127.0.0.1:{port}/city")

        hanging_up.join()
    assert f"127.0.0.1:{port}/city 无应答" in said


@pytest.mark.parametrize(
    "wrong",
    [
        "nonsense",
        "http://account:geheim@127.0.0.1/city",
        "amqp:///city",
        "amqp://account:ge/heim@127.0.0.1/city",
        "amqp://account:1/geheim@127.0.0.1/city",
        "amqp://account:1?geheim@127.0.0.1/city",
        "amqp://account:[geheim@127.0.0.1/city",
    ],
)
def test_what_is_no_address_is_refused_and_never_shown(wrong: str) -> None:
    said = said_of(wrong)

    assert "不是有效的地址" in said
    assert "is no address" in said
    assert "heim" not in said


@pytest.mark.infra
def test_a_broker_that_answers_is_taken_and_one_that_refuses_says_why(broker: Broker, amqp_uri: str) -> None:
    look_at_broker(amqp_uri)

    wrong_password = said_of(broker.uri("test", TESTER, "geheim"))
    no_vhost = said_of(broker.uri("no-such-vhost"))

    assert f"127.0.0.1:{broker.server.port}/test 拒绝连接 / refuses the connection: " in wrong_password
    assert "geheim" not in wrong_password
    assert "no-such-vhost 拒绝连接" in no_vhost
    assert broker.password not in no_vhost
