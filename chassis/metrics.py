"""The golden signals of every process: doors, messages, outbox, waiting facts and wake-ups."""

from prometheus_client import Counter, Gauge, Histogram

QUICK = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LONG = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)

DOOR_REQUESTS = Counter(
    "door_requests", "Requests answered, by route and status", ["service", "route", "method", "status"]
)
DOOR_SECONDS = Histogram(
    "door_seconds", "From the request's arrival to its answer", ["service", "route"], buckets=QUICK
)

MESSAGES_CONSUMED = Counter(
    "messages_consumed",
    "Messages taken from a queue, by what became of them (ok, duplicate, waiting, retry, parked, ignored)",
    ["service", "queue", "type", "outcome"],
)
MESSAGE_SECONDS = Histogram(
    "message_seconds", "From delivery to acknowledgement", ["service", "queue"], buckets=QUICK
)
MESSAGE_AGE_SECONDS = Histogram(
    "message_age_seconds",
    "From the moment a message tells of to its effect here",
    ["service", "queue"],
    buckets=LONG,
)

OUTBOX_UNPUBLISHED = Gauge("outbox_unpublished", "Rows the broker has not confirmed yet", ["service"])
OUTBOX_OLDEST_UNPUBLISHED_SECONDS = Gauge(
    "outbox_oldest_unpublished_seconds", "Age of the oldest unconfirmed row", ["service"]
)
OUTBOX_PUBLISHED = Counter(
    "outbox_published",
    "Rows handed to the broker, by outcome (ok, returned, nacked, timeout)",
    ["service", "outcome"],
)

WAITING_FACTS = Gauge("waiting_facts", "Facts that came early and wait for another", ["service"])
WAITING_OLDEST_SECONDS = Gauge("waiting_oldest_seconds", "Age of the oldest waiting fact", ["service"])

WAKE_UPS_FIRED = Counter("wake_ups_fired", "Wake-ups fired", ["service", "kind"])
WAKE_UPS_OVERDUE_SECONDS = Gauge(
    "wake_ups_overdue_seconds", "How late the oldest due wake-up is", ["service"]
)

DATABASE_REACHABLE = Gauge("database_reachable", "1 while the database answers", ["service"])
BROKER_CONNECTED = Gauge("broker_connected", "1 while the broker is connected", ["service"])
