"""The private PostgreSQL and RabbitMQ that all other tests stand on."""

import pika
import psycopg2
import pytest

pytestmark = pytest.mark.infra


def test_a_fresh_database_is_empty_and_keeps_what_is_committed(database):
    with psycopg2.connect(database) as connection:
        connection.cursor().execute("create table problems (id int); insert into problems values (1)")

    with psycopg2.connect(database) as connection:
        cursor = connection.cursor()
        cursor.execute("select count(*) from problems")
        assert cursor.fetchone() == (1,)


def test_two_databases_know_nothing_of_each_other(database):
    with psycopg2.connect(database) as connection:
        cursor = connection.cursor()
        cursor.execute("select count(*) from pg_tables where tablename = 'problems'")
        assert cursor.fetchone() == (0,)


def test_a_fresh_vhost_takes_messages_and_shows_them(vhost, broker):
    connection = pika.BlockingConnection(pika.URLParameters(vhost))
    channel = connection.channel()
    channel.queue_declare("q", durable=True, arguments={"x-queue-type": "quorum"})
    channel.confirm_delivery()
    channel.basic_publish("", "q", b"hello", mandatory=True)
    connection.close()

    broker.wait_for_count(vhost, "q", 1)
    assert [message["payload"] for message in broker.messages(vhost, "q")] == ["hello"]
    assert broker.count(vhost, "q") == 1


def test_cut_connections_are_noticed_by_their_clients(vhost, broker):
    connection = pika.BlockingConnection(pika.URLParameters(vhost))

    # The management door learns of a connection a moment after it was opened.
    while broker.close_connections(vhost) == 0:
        connection.process_data_events(0)

    with pytest.raises(pika.exceptions.AMQPConnectionError):
        connection.process_data_events(15)
