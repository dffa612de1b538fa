"""The process table (进程表) of config.yml, typed and checked."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli.callers import Callers, callers

ROOT = Path(__file__).parents[1]
ROLES = ("doors", "facts", "work", "relay")
PORT_VARIABLES = ("HTTP_PORT", "METRICS_PORT")
FIRST_EPHEMERAL_PORT = 32768


class TableBroken(ValueError):
    """config.yml says something that cannot be meant."""


@dataclass(frozen=True)
class Process:
    """One line of the table; ports are offsets from the front door's."""

    name: str
    service: str
    role: str
    command: tuple[str, ...]
    offsets: Mapping[str, int]
    environment: Mapping[str, str]

    @property
    def migration(self) -> tuple[str, ...]:
        """The command that brings this service's database up to date."""
        return tuple("migrate" if word == self.role else word for word in self.command)


@dataclass(frozen=True)
class RunningProcess:
    """A process with its place: what the supervisor starts and asks for its health."""

    name: str
    role: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    health_url: str


@dataclass(frozen=True)
class ProcessTable:
    """All of config.yml."""

    port: int
    servers: Mapping[str, int]
    databases: tuple[str, ...]
    first_start: Mapping[str, tuple[str, ...]]
    variables: Mapping[str, str]
    front_door: Mapping[str, str]
    processes: tuple[Process, ...]

    def server_ports(self, port: int) -> dict[str, int]:
        """Where the private servers listen when the front door is at this port."""
        return {name: port + offset for name, offset in self.servers.items()}

    def all_ports(self, port: int) -> dict[str, int]:
        """Every port in use, by its owner, when the front door is at this port."""
        own = {"front door": port, **self.server_ports(port)}
        for process in self.processes:
            own |= {f"{process.name} {name}": port + offset for name, offset in process.offsets.items()}
        return own

    def doors(self, place: Callable[[Process], str]) -> dict[str, list[str]]:
        """Where each service's doors are, as host:port: one place for each process that serves them."""
        found: dict[str, list[str]] = {}
        for process in self.processes:
            if process.role == "doors":
                found.setdefault(process.service, []).append(place(process))
        return found

    def local_doors(self, port: int) -> dict[str, list[str]]:
        """The same on this machine, when the front door is at this port."""
        return self.doors(lambda process: f"127.0.0.1:{port + process.offsets['HTTP_PORT']}")

    def callers(self, wished: Mapping[str, str]) -> Callers:
        """Who stands before the front door, as the operator's own environment wishes."""
        try:
            return callers({name: chosen(text, wished) for name, text in self.front_door.items()})
        except ValueError as error:
            raise TableBroken(f"config.yml, front_door: {error}") from error

    def metrics(self, port: int) -> dict[str, str]:
        """Each process's metrics door as host:port."""
        return {
            process.name: f"127.0.0.1:{port + process.offsets['METRICS_PORT']}" for process in self.processes
        }

    def placed(
        self, port: int, places: Mapping[str, str], extra: Mapping[str, str], wished: Mapping[str, str]
    ) -> list[RunningProcess]:
        """The processes with their ports and environments; `extra` goes to every one of them.

        `wished` is the operator's own environment, from which `${NAME:-otherwise}` is taken.
        """
        addresses = {f"{service}-doors": address for service, (address, *_) in self.local_doors(port).items()}
        return [
            self._placed(process, port, {**places, **addresses}, extra, wished) for process in self.processes
        ]

    def _placed(
        self,
        process: Process,
        port: int,
        places: Mapping[str, str],
        extra: Mapping[str, str],
        wished: Mapping[str, str],
    ) -> RunningProcess:
        ports = {name: str(port + offset) for name, offset in process.offsets.items()}
        told = {
            name: filled(chosen(text, wished), {**places, "service": process.service})
            for name, text in process.environment.items()
        }
        self.check_variables({*told, *extra}, process.name)
        return RunningProcess(
            name=process.name,
            role=process.role,
            command=with_this_python(process.command),
            environment={**told, **ports, **extra},
            health_url=f"http://127.0.0.1:{ports['METRICS_PORT']}/health/ready",
        )

    def check_variables(self, names: set[str], process: str) -> None:
        """Refuse an environment variable that the table does not explain."""
        if unknown := names - set(self.variables):
            raise TableBroken(f"config.yml: {process}: unknown variables {', '.join(sorted(unknown))}")


def chosen(text: str, wished: Mapping[str, str]) -> str:
    """Put in what the operator wishes for `${NAME:-otherwise}`, as Compose would."""
    return re.sub(r"\$\{([A-Z_]+):-([^}]*)\}", lambda match: wished.get(match[1]) or match[2], text)


def filled(text: str, places: Mapping[str, str]) -> str:
    """Put the places into `{name}`; an unknown name is a mistake in config.yml."""

    def place(match: re.Match[str]) -> str:
        if match[1] not in places:
            raise TableBroken(f"config.yml: nothing is known as {match[0]}")
        return places[match[1]]

    return re.sub(r"\{([a-z_-]+)\}", place, text)


def with_this_python(command: tuple[str, ...]) -> tuple[str, ...]:
    """`python` is the interpreter that runs us, hence the project's virtual environment."""
    return (sys.executable, *command[1:]) if command[0] == "python" else command


def load(path: Path = ROOT / "config.yml") -> ProcessTable:
    """Read and check the table."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    common = {name: str(text) for name, text in (document.get("environment") or {}).items()}
    table = ProcessTable(
        port=document["port"],
        servers=document["servers"],
        databases=tuple(document["databases"]),
        first_start={name: tuple(shlex.split(text)) for name, text in document["first_start"].items()},
        variables=document["variables"],
        front_door={name: str(text) for name, text in document["front_door"].items()},
        processes=tuple(_process(name, line, common) for name, line in document["processes"].items()),
    )
    _check(table)
    return table


def _process(name: str, line: Mapping[str, Any], common: Mapping[str, str]) -> Process:
    own = {variable: str(text) for variable, text in (line.get("environment") or {}).items()}
    return Process(
        name=name,
        service=line["service"],
        role=line["role"],
        command=tuple(shlex.split(line["command"])),
        offsets={variable: line[variable] for variable in PORT_VARIABLES if variable in line},
        environment={**common, **own},
    )


def _check(table: ProcessTable) -> None:
    ports = list(table.all_ports(table.port).values())
    if len(set(ports)) != len(ports):
        raise TableBroken("config.yml: one port is given twice")
    if max(ports) >= FIRST_EPHEMERAL_PORT:
        raise TableBroken(f"config.yml: keep every port below {FIRST_EPHEMERAL_PORT}")
    table.callers({})
    for process in table.processes:
        if process.role not in ROLES:
            raise TableBroken(f"config.yml: {process.name}: {process.role} is no role")
        if "METRICS_PORT" not in process.offsets:
            raise TableBroken(f"config.yml: {process.name} has no METRICS_PORT")
        table.check_variables({*process.environment, *process.offsets}, process.name)
