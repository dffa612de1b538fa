"""The process table hands on what the operator of `qianliyan run` may decide, and nothing else."""

from cli.process_table import load

PLACES = {"database_server": "postgresql://x:y@h:1", "amqp_uri": "amqp://h:2/city", "state": "/s"}
DECIDED = {"AUTOMATIC_FILING": "1", "AUTOMATIC_DISPATCH": "1", "LOG_LEVEL": "DEBUG"}


def environments(wished):
    """What each process of config.yml is given."""
    return [running.environment for running in load().placed(18000, PLACES, {}, wished)]


def test_what_the_operator_may_decide_reaches_every_process():
    for environment in environments(DECIDED):
        assert environment.items() >= DECIDED.items()


def test_undecided_nothing_is_automatic():
    quiet = {"AUTOMATIC_FILING": "0", "AUTOMATIC_DISPATCH": "0", "LOG_LEVEL": "INFO"}

    for wished in ({}, {"AUTOMATIC_FILING": ""}):
        assert all(environment.items() >= quiet.items() for environment in environments(wished))


def test_what_the_table_decides_is_not_the_operators():
    wished = {"DATABASE_URL": "postgresql://elsewhere", "REPLAY": "1", "BIND": "0.0.0.0", "PYTHONPATH": "/x"}

    for mine, plain in zip(environments(wished), environments({}), strict=True):
        assert mine == plain
