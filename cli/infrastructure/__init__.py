"""Private PostgreSQL, RabbitMQ, nginx and Prometheus under one folder, on loopback only."""

from cli.infrastructure.nginx import Nginx
from cli.infrastructure.postgres import Postgres, create_databases
from cli.infrastructure.prometheus import Prometheus
from cli.infrastructure.rabbitmq import RabbitMQ
from cli.infrastructure.server import ServerDidNotStart, free_ports, wait_until

__all__ = [
    "Nginx",
    "Postgres",
    "Prometheus",
    "RabbitMQ",
    "ServerDidNotStart",
    "create_databases",
    "free_ports",
    "wait_until",
]
