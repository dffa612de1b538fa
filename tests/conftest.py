"""Every test may ask for the private PostgreSQL and RabbitMQ, and every skip must be one we know of."""

from hypothesis import settings

pytest_plugins = ["tests.infrastructure_fixtures", "tests.allowed_skips"]

# How long one example takes depends on what else the machine does, and says nothing about the city.
settings.register_profile("qianliyan", deadline=None)
settings.load_profile("qianliyan")
