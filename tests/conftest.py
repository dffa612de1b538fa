"""Every test may ask for the private PostgreSQL and RabbitMQ, and every skip must be one we know of."""

pytest_plugins = ["tests.infrastructure_fixtures", "tests.allowed_skips"]
