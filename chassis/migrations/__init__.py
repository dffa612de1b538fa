"""The chassis' own tables, and the environment in which Alembic runs them and each service's."""
