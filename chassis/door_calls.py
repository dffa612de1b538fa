"""One call at a door: who, what, when; then one transaction around the door's method, and its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from werkzeug.http import generate_etag
from werkzeug.wrappers import Request, Response

from chassis import clock, idempotency, incoming, logs, tracing
from chassis.doors import Answer, Door
from chassis.faults import is_away
from chassis.idempotency import IdempotencyKey, KeptAnswer
from chassis.problems import Problem, invalid, problem
from chassis.sealing import Sealer
from chassis.showing import shower
from chassis.tokens import TokenRefused

if TYPE_CHECKING:
    from chassis.app import App, Running
    from chassis.transactions import Transaction

JSON = "application/json"
CLAIMS = "chassis.claims"
"""Where in a request's environ the verified claims of its token are, for a raw door that asks for more."""

PUBLICLY_KEPT = "public, max-age=3600"
"""What anybody may read is the same for everybody, and an hour old at most."""

log = logs.get_logger()


@dataclass(frozen=True, kw_only=True)
class OpenDoor:
    """A door of a running app, and the instance its method is called on."""

    app: App
    running: Running
    door: Door
    instance: Any
    claims_of: Callable[[str], Any]

    def admit(self, request: Request) -> Any:
        """Who is at the door; 401 or 403 when it stays shut. Nothing of the body has been read yet."""
        incoming.refuse_too_large(request, self.door.limit)
        if self.door.public:
            return None
        try:
            actor = self._actor(request, _bearer(request))
        except (TokenRefused, LookupError, ValueError) as error:
            log.debug("bearer refused", reason=str(error))
            raise problem("not-authenticated", headers={"WWW-Authenticate": "Bearer"}) from error
        if self.door.action is not None:
            self._authorise(actor)
        return actor

    def call(self, request: Request, content: bytes | None, by: Any) -> Response | Problem:
        """Call the method; ``content`` is the body (None when a raw door reads it by itself)."""
        path_values = request.path_values  # type: ignore[attr-defined]
        arguments: dict[str, Any] = {**path_values, "at": self._at(request), "by": by}
        if self.door.address:
            arguments["address"] = incoming.address_of(request)
        document = None
        if content is None:
            arguments["request"] = request
        elif self.door.writes:
            document = incoming.parse(content, request.headers.get("Content-Type", ""))
            command = incoming.load(self.door.body, document)
            if self.door.body is not None:
                arguments["command"] = command
        if self.door.query is not None:
            arguments["query"] = incoming.load_query(self.door.query, request.args)
        elif not self.door.raw:
            incoming.load_query(None, request.args)
        outcome = self._called(request, document, arguments)
        if self.door.cached and isinstance(outcome, Response):
            return _if_changed(outcome, request, public=self.door.public)
        return outcome

    def _actor(self, request: Request, bearer: str) -> Any:
        if self.door.authenticate is not None:
            return self.door.authenticate(bearer)
        claims = self.claims_of(bearer)
        request.environ[CLAIMS] = claims
        return self.app.actor_of(claims)

    def _authorise(self, actor: Any) -> None:
        try:
            self.app.authorise(actor, self.door.action)
        except PermissionError as error:
            action = str(self.door.action)
            raise problem("not-allowed", f"No right to {action}.", members={"action": action}) from error

    def _at(self, request: Request) -> datetime:
        header = request.headers.get(clock.REPLAY_HEADER)
        if header is not None and not self.running.settings.replay:
            raise problem("replay-not-allowed")
        asked = self.running.settings.replay and self.door.writes and self.door.timed
        if header is None and not asked:
            return self.running.clock()
        try:
            return clock.moment(header or "")
        except ValueError as error:
            raise invalid((clock.REPLAY_HEADER, "Must be an ISO 8601 moment with a zone.")) from error

    def _called(self, request: Request, document: Any, arguments: dict[str, Any]) -> Response | Problem:
        if not self.door.transaction:
            return self._answer(self.door.function(self.instance, **arguments))
        database = self.running.database
        traceparent = tracing.of_request(request.environ)
        if self.door.raw:  # its body can be read once only: no second try
            with database.transaction(traceparent=traceparent) as tx:
                return self._answer(self.door.function(self.instance, tx.bound, **arguments))
        key = self._key(request, document, arguments["by"])
        try:
            return database.run(lambda tx: self._once(tx, arguments, key), traceparent=traceparent)
        except Exception as error:
            if key is None or is_away(error):
                raise
            first = database.run(key.first_answer)
            if first is None:
                raise
            return _response(first, {idempotency.REPLAYED: "true"})

    def _key(self, request: Request, document: Any, by: Any) -> IdempotencyKey | None:
        if not self.door.writes:
            return None
        key = idempotency.checked(request.headers.get(idempotency.HEADER), required=self.door.creates)
        if key is None:
            return None
        person = "public" if by is None else self.app.person_of(by)
        query = request.environ.get("QUERY_STRING", "")
        return IdempotencyKey(
            scope=f"{person} {self.door.method} {self.door.route}",
            key=key,
            request_hash=incoming.fingerprint(self.door.method, request.path, document, query),
            sealer=Sealer.of_settings(self.running.settings) if self.door.secret else None,
        )

    def _once(
        self, tx: Transaction, arguments: dict[str, Any], key: IdempotencyKey | None
    ) -> Response | Problem:
        result = self.door.function(self.instance, tx.bound, **arguments)
        if isinstance(result, Problem):
            if key is not None and key.first_answer(tx) is not None:
                raise result  # a repeat: undone
            return result
        answer = self._dumped(result)
        if key is not None:
            key.keep(tx, answer)
        return _response(answer)

    def _answer(self, result: Any) -> Response | Problem:
        return result if isinstance(result, Response | Problem) else _response(self._dumped(result))

    def _dumped(self, result: Any) -> KeptAnswer:
        given = result if isinstance(result, Answer) else Answer(body=result)
        if given.body is None:
            status = 204 if self.door.status == 200 else self.door.status
            return KeptAnswer(status=given.status or status, headers=dict(given.headers), body=b"")
        body = given.body if self.door.answer is None else shower(self.door.answer)(given.body)
        return KeptAnswer(
            status=given.status or self.door.status, headers=dict(given.headers), body=orjson.dumps(body)
        )


def _bearer(request: Request) -> str:
    scheme, _, bearer = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not bearer.strip():
        raise TokenRefused("no bearer")
    return str(bearer.strip())


def _if_changed(response: Response, request: Request, *, public: bool) -> Response:
    """The answer, or 304 when the reader has just this one; weak, since the front door compresses it."""
    response.headers["Cache-Control"] = PUBLICLY_KEPT if public else "private, no-cache"
    response.set_etag(generate_etag(response.get_data()), weak=True)
    return response.make_conditional(request)


def _response(answer: KeptAnswer, more: dict[str, str] | None = None) -> Response:
    headers = {"Cache-Control": "no-store", **answer.headers, **(more or {})}
    return Response(answer.body, answer.status, headers, content_type=JSON if answer.body else None)
