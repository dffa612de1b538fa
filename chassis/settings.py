"""What a process is told by its environment; whatever is missing is named when it starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROLES: dict[str, tuple[str, ...]] = {
    "doors": ("DATABASE_URL", "HTTP_PORT", "METRICS_PORT", "KEYS_DIR"),
    "facts": ("DATABASE_URL", "AMQP_URI", "METRICS_PORT"),
    "relay": ("DATABASE_URL", "AMQP_URI", "METRICS_PORT"),
    "work": ("DATABASE_URL", "METRICS_PORT"),
    "migrate": ("DATABASE_URL",),
}
"""What each role cannot do without."""


class SettingMissing(RuntimeError):
    """The environment lacks something, or says something that cannot be meant."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The environment of one process, read once."""

    role: str
    database_url: str
    amqp_uri: str = ""
    http_port: int = 0
    metrics_port: int = 0
    bind: str = "127.0.0.1"
    keys_dir: Path = Path()
    replay: bool = False
    log_level: str = "INFO"
    max_workers: int = 20
    environment: Mapping[str, str] = field(default_factory=dict)
    """Everything else, for what a service itself wants to know (its folder of attachments and the like)."""

    def need(self, name: str) -> str:
        """A setting of the service's own; raise :class:`SettingMissing` when it is not there."""
        return _present(self.environment, [name])[name]


def read(role: str, environment: Mapping[str, str]) -> Settings:
    """Read the settings of a role; raise :class:`SettingMissing` naming everything that is wrong."""
    given = _present(environment, ROLES[role])
    return Settings(
        role=role,
        database_url=given["DATABASE_URL"],
        amqp_uri=environment.get("AMQP_URI", ""),
        http_port=_number(environment, "HTTP_PORT", 0),
        metrics_port=_number(environment, "METRICS_PORT", 0),
        bind=environment.get("BIND") or "127.0.0.1",
        keys_dir=Path(environment.get("KEYS_DIR", "")),
        replay=environment.get("REPLAY", "") == "1",
        log_level=(environment.get("LOG_LEVEL") or "INFO").upper(),
        max_workers=_number(environment, "MAX_WORKERS", 20),
        environment=dict(environment),
    )


def _present(environment: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    missing = [name for name in names if not environment.get(name)]
    if missing:
        raise SettingMissing(
            f"缺少环境变量 {'、'.join(missing)} / missing from the environment: {', '.join(missing)}"
        )
    return {name: environment[name] for name in names}


def _number(environment: Mapping[str, str], name: str, otherwise: int) -> int:
    text = environment.get(name, "")
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SettingMissing(f"环境变量 {name} 应为数字 / {name} must be a number: {text!r}")
    return int(text)
