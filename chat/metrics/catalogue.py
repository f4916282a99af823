"""The list of a process's metrics: name, help text, and the source of the value.

The values are counted in `chat.telemetry.counters` and read at each scrape. No label names a person or a room, because
their number has no bound and the data is private.
"""

from collections.abc import Callable, Iterable

from prometheus_client.core import Metric
from prometheus_client.process_collector import ProcessCollector

from chat import protocol
from chat.delivery.process.readiness import process_state
from chat.delivery.service import Delivery
from chat.metrics.kinds import Counter, Distribution, Gauge
from chat.protocol import Close, Code
from chat.telemetry.counters import counts


def families() -> Iterable[Metric]:
    """Yield all metrics of this process. Safe in any thread, and uses neither the database nor the event loop."""
    for metric in METRICS:
        yield metric.family()
    yield from _process.collect()


def _of_deliveries(read: Callable[[Delivery], float]) -> Callable[[], float]:
    return lambda: sum(map(read, Delivery.running()))


def _closes() -> dict[str, float]:
    codes = sorted(value for name, value in vars(Close).items() if name.isupper())
    return {str(code): counts.closes[code] for code in codes}


def _commands() -> dict[str, float]:
    return {str(kind.__struct_config__.tag): counts.commands[kind] for kind in protocol.STORED_COMMANDS}


_process = ProcessCollector(registry=None)

METRICS: list[Gauge | Counter | Distribution] = [
    # People and sockets
    Gauge("chat_connections", "Open sockets in rooms.", _of_deliveries(lambda it: it.rooms.size)),
    Gauge(
        "chat_people",
        "People with an open socket to this worker. A person connected to two workers counts at both.",
        _of_deliveries(lambda it: it.roster.size),
    ),
    Gauge("chat_rooms_open", "Rooms that this worker follows.", _of_deliveries(lambda it: len(it.rooms.feeds))),
    Gauge("chat_ring_bytes", "Bytes of recent changes held in memory.", _of_deliveries(lambda it: it.rooms.ring_bytes)),
    Counter("chat_connections_opened", "Sockets admitted to a room.", lambda: counts.connections),
    Counter(
        "chat_closes",
        "Sockets closed by the server, by close code. 4408 means that the client was too slow.",
        _closes,
        "code",
    ),
    Counter("chat_resets", "Connections told to reload a room.", lambda: counts.resets),
    Counter("chat_frames_received", "Frames received.", lambda: counts.frames_in),
    Counter("chat_received_bytes", "Bytes of frames received.", lambda: counts.bytes_in),
    Counter("chat_frames_sent", "Frames sent.", lambda: counts.frames_out),
    Counter("chat_sent_bytes", "Bytes of frames sent.", lambda: counts.bytes_out),
    Counter(
        "chat_refusals",
        "Refused commands and handshakes of sockets, by error code.",
        lambda: {code.value: counts.refusals[code] for code in Code},
        "code",
    ),
    # Writing
    Counter(
        "chat_messages", "Messages posted. A message that is sent again is not counted again.", lambda: counts.messages
    ),
    Counter("chat_commands", "Commands executed, by type, including repeated ones.", _commands, "command"),
    Gauge(
        "chat_writer_queue",
        "Commands waiting for a transaction.",
        _of_deliveries(lambda it: it.writer.waiting),
    ),
    Distribution("chat_batch_size", "Commands per transaction.", lambda: counts.batch_size),
    Distribution(
        "chat_commit_seconds", "Time from the start of a transaction to its commit.", lambda: counts.commit_seconds
    ),
    Distribution(
        "chat_answer_seconds", "Time from a command of a socket to its answer.", lambda: counts.answer_seconds
    ),
    Counter("chat_commit_errors", "Transactions that failed.", lambda: counts.failed_commits),
    Gauge(
        "chat_reads_running",
        "Database reads that are waiting or running.",
        _of_deliveries(lambda it: it.database.reading),
    ),
    # The channel layer
    Gauge(
        "chat_layer_up",
        "1 if the heartbeats of this worker arrive through the channel layer, else 0.",
        lambda: float(all(it.hub.is_up for it in Delivery.running())),
    ),
    Counter("chat_layer_outages", "Outages of the channel layer.", lambda: counts.layer_outages),
    Distribution(
        "chat_layer_seconds", "Round-trip time of a heartbeat through the channel layer.", lambda: counts.layer_seconds
    ),
    Gauge(
        "chat_publish_queue",
        "Broadcasts waiting to be published.",
        _of_deliveries(lambda it: it.hub.waiting),
    ),
    Distribution("chat_publish_seconds", "Time to publish one broadcast.", lambda: counts.publish_seconds),
    Counter("chat_publish_errors", "Broadcasts that could not be published.", lambda: counts.publish_errors),
    Counter(
        "chat_broadcasts_dropped",
        "Broadcasts dropped because one before them failed or the queue was full.",
        lambda: counts.broadcasts_dropped,
    ),
    Counter("chat_broadcasts_received", "Broadcasts received.", lambda: counts.broadcasts_received),
    Counter(
        "chat_broadcasts_applied",
        "Broadcasts that were applied without a database read.",
        lambda: counts.broadcasts_applied,
    ),
    # Catching up
    Counter(
        "chat_holes_healed", "Database reads that found changes missed by broadcasts.", lambda: counts.holes_healed
    ),
    Counter(
        "chat_unread_corrected",
        "Unread counts of connected people that differed from the database.",
        lambda: counts.unread_corrected,
    ),
    Distribution(
        "chat_head_check_seconds", "Duration of a head check of all open rooms.", lambda: counts.head_check_seconds
    ),
    Gauge(
        "chat_head_check_lag_seconds",
        "Time since the last successful head check.",
        lambda: max((it.head_check.lag_seconds for it in Delivery.running()), default=0.0),
    ),
    # Background work
    Gauge("chat_jobs_waiting", "Tasks that are due and wait, in the whole queue.", lambda: counts.jobs_waiting, "task"),
    Gauge("chat_jobs_failed", "Failed tasks that staff have not dealt with.", lambda: counts.jobs_failed),
    Distribution("chat_job_seconds", "Duration of an attempt at a task.", lambda: counts.job_seconds),
    Gauge(
        "chat_follower_behind",
        "Changes in rooms that the follower of notices had not read at its last check. 0 in all but one worker.",
        _of_deliveries(lambda it: it.notices.behind),
    ),
    # HTTP and the process
    Counter("chat_http_requests", "HTTP requests, by status.", lambda: dict(counts.requests), "status"),
    Distribution(
        "chat_http_request_seconds", "Duration of HTTP requests, up to the last byte.", lambda: counts.request_seconds
    ),
    Counter(
        "chat_policy_violations",
        "Content Security Policy violations reported by browsers, by directive.",
        lambda: dict(counts.policy_violations),
        "directive",
    ),
    Gauge("chat_draining", "1 while this worker is draining its connections.", lambda: float(process_state.draining)),
]
