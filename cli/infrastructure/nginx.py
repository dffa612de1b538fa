"""The one front door: nginx hands every path to the service that owns it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from cli.callers import Callers
from cli.infrastructure.server import (
    ServerDidNotStart,
    alive,
    existing_user,
    find_program,
    hand_over,
    pid_in,
    port_is_open,
    room_for,
    start_detached,
    stop_process,
    tail,
    wait_until,
)

TEMPLATE = Path(__file__).parents[2] / "deploy" / "nginx.conf.template"
WEB = Path(__file__).parents[2] / "console" / "web" / "dist"
"""The browser application as `scripts/web` builds it."""


def render(
    doors: Mapping[str, Sequence[str]],
    callers: Callers,
    *,
    listen: str,
    folder: str,
    web: str,
    home: str = "console",
) -> str:
    """The configuration for these doors (service → host:port of each); what no service owns goes to `home`.

    `web` is the folder of the built browser application.
    """
    upstreams = "\n".join(
        f"    upstream {service} {{ {_servers(addresses)} keepalive 16; }}"
        for service, addresses in doors.items()
    )
    locations = "\n".join(
        f"        location /api/{service}/ {{ proxy_pass http://{service}; }}" for service in sorted(doors)
    )
    text = TEMPLATE.read_text(encoding="utf-8")
    values = {
        "listen": listen,
        "folder": folder,
        "web": web,
        "upstreams": upstreams,
        "locations": locations,
        "unlimited": _lines(8, (f"{network} 0;" for network in callers.unlimited)),
        "proxies": _lines(4, _believing(callers.proxies)),
        "home": home,
    }
    for name, value in values.items():
        # A place without a value takes its line with it.
        text = text.replace(f"@{name}@", value) if value else text.replace(f"@{name}@\n", "")
    return text


def _servers(addresses: Sequence[str]) -> str:
    return " ".join(f"server {address} max_fails=0;" for address in addresses)


def _believing(proxies: tuple[str, ...]) -> Iterable[str]:
    if proxies:
        yield from (f"set_real_ip_from {network};" for network in proxies)
        yield "real_ip_header X-Forwarded-For;"


def _lines(indent: int, lines: Iterable[str]) -> str:
    return "\n".join(" " * indent + line for line in lines)


@dataclass(frozen=True)
class Nginx:
    """One nginx in one folder on one loopback port."""

    folder: Path
    port: int
    doors: Mapping[str, Sequence[str]]
    callers: Callers
    web: Path = WEB

    def start(self) -> None:
        """Start, in place of any that an earlier run left behind."""
        self.stop()  # one that was left behind may know other doors
        user = existing_user("www-data", "nginx")
        room = room_for(self.folder, user)
        web = _copied(self.web, room / "web")
        listen = f"127.0.0.1:{self.port}"
        text = render(self.doors, self.callers, listen=listen, folder=str(room), web=str(web))
        settings = hand_over(room / "nginx.conf", text, user)
        (room / "nginx.pid").unlink(missing_ok=True)
        log = room / "error.log"
        command = [
            find_program("nginx"),
            "-p",
            str(room),
            "-e",
            str(log),
            "-c",
            str(settings),
            "-g",
            "daemon off;",
        ]
        process = start_detached(command, user=user, log=room / "boot.log", cwd=room)

        def ready() -> bool:
            if alive(process.pid, marked_by=str(room)) is None:
                raise ServerDidNotStart(f"nginx 没有启动 / did not start:\n{tail(log, 5)}")
            return self.is_running()

        wait_until(ready, within=20, what="nginx")

    def stop(self) -> None:
        """Finish the requests in flight, up to a few seconds, and leave."""
        if (process := self._process()) is not None:
            stop_process(process, first=signal.SIGQUIT, within=3)

    def is_running(self) -> bool:
        """Whether this nginx is alive and has its port (it writes its pid file only then)."""
        return self._process() is not None and port_is_open(self.port)

    def is_alive(self) -> bool:
        """Whether its process exists, without asking it."""
        return self._process() is not None

    def _process(self) -> psutil.Process | None:
        room = self.folder.resolve()
        return alive(pid_in(room / "nginx.pid"), marked_by=str(room))


def _copied(web: Path, to: Path) -> Path:
    """The application's files where nginx may read them, since the project's folder may be closed to it."""
    if not (web / "desk.html").exists():
        raise ServerDidNotStart("网页尚未构建，请先运行 scripts/web / the browser application is not built")
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(web, to)
    for path in (to, *to.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return to
