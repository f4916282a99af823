"""Every metric of one process: its name, what it says, and where the number is.

Nothing is kept here. Counting happens where things happen (`chat.counters`), and is read when somebody asks. No label
names a person or a room: their number has no bound, and who talks where is nobody's business.
"""

from collections.abc import Callable, Iterable

from prometheus_client.core import Metric
from prometheus_client.process_collector import ProcessCollector

from chat import protocol
from chat.counters import counts
from chat.delivery.service import Delivery
from chat.delivery.state import serving
from chat.metrics.kinds import Counter, Distribution, Gauge
from chat.protocol import Close, Code


def families() -> Iterable[Metric]:
    """All there is to tell of this process now. Safe from any thread, and asks nothing of database or loop."""
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
    Gauge("chat_connections", "Sockets in a room now.", _of_deliveries(lambda it: it.rooms.size)),
    Gauge(
        "chat_people",
        "People with a socket to this worker now; who has sockets to two workers counts at both.",
        _of_deliveries(lambda it: it.roster.size),
    ),
    Gauge("chat_rooms_open", "Rooms this worker follows.", _of_deliveries(lambda it: len(it.rooms.feeds))),
    Gauge("chat_ring_bytes", "Recent changes held in memory.", _of_deliveries(lambda it: it.rooms.ring_bytes)),
    Counter("chat_connections_opened", "Sockets that were let into a room.", lambda: counts.connections),
    Counter("chat_closes", "Sockets that this side closed, by close code; 4408 are evictions.", _closes, "code"),
    Counter("chat_resets", "Connections told to load a room anew.", lambda: counts.resets),
    Counter("chat_frames_received", "Frames that came in.", lambda: counts.frames_in),
    Counter("chat_received_bytes", "Bytes of the frames that came in.", lambda: counts.bytes_in),
    Counter("chat_frames_sent", "Frames that went out.", lambda: counts.frames_out),
    Counter("chat_sent_bytes", "Bytes of the frames that went out.", lambda: counts.bytes_out),
    Counter(
        "chat_refusals",
        "Commands and handshakes of sockets that were refused, by error code.",
        lambda: {code.value: counts.refusals[code] for code in Code},
        "code",
    ),
    # Writing
    Counter("chat_messages", "Messages posted, each once however often it was sent.", lambda: counts.messages),
    Counter("chat_commands", "Commands carried out, repeated ones too, by kind.", _commands, "command"),
    Gauge(
        "chat_writer_queue",
        "Commands for which no transaction has begun.",
        _of_deliveries(lambda it: it.writer.waiting),
    ),
    Distribution("chat_batch_size", "Commands in one transaction.", lambda: counts.batch_size),
    Distribution(
        "chat_commit_seconds", "From the begin of a transaction to its commit.", lambda: counts.commit_seconds
    ),
    Distribution(
        "chat_answer_seconds", "From a socket's command to its answer being said.", lambda: counts.answer_seconds
    ),
    Counter("chat_commit_errors", "Transactions that the database refused or lost.", lambda: counts.failed_commits),
    Gauge(
        "chat_reads_running",
        "Reads asked of the database and not done.",
        _of_deliveries(lambda it: it.database.reading),
    ),
    # The channel layer
    Gauge(
        "chat_layer_up",
        "1 when this worker's beats come back through the channel layer, 0 when not.",
        lambda: float(all(it.hub.is_up for it in Delivery.running())),
    ),
    Counter("chat_layer_outages", "How often the channel layer went away.", lambda: counts.layer_outages),
    Distribution("chat_layer_seconds", "From sending a beat to hearing it again.", lambda: counts.layer_seconds),
    Gauge(
        "chat_publish_queue",
        "Broadcasts the channel layer has not been given yet.",
        _of_deliveries(lambda it: it.hub.waiting),
    ),
    Distribution("chat_publish_seconds", "The channel layer taking one broadcast.", lambda: counts.publish_seconds),
    Counter("chat_publish_errors", "Broadcasts the channel layer did not take.", lambda: counts.publish_errors),
    Counter(
        "chat_broadcasts_dropped", "Broadcasts given up behind one that failed.", lambda: counts.broadcasts_dropped
    ),
    Counter("chat_broadcasts_received", "Broadcasts that came in.", lambda: counts.broadcasts_received),
    Counter(
        "chat_broadcasts_applied", "Broadcasts that moved a room on, without a read.", lambda: counts.broadcasts_applied
    ),
    # Healing
    Counter("chat_holes_healed", "Reads that brought what no broadcast had.", lambda: counts.holes_healed),
    Distribution("chat_head_check_seconds", "One head check of all open rooms.", lambda: counts.head_check_seconds),
    Gauge(
        "chat_head_check_lag_seconds",
        "Since the last head check that succeeded.",
        lambda: max((it.head_check_lag_seconds for it in Delivery.running()), default=0.0),
    ),
    # HTTP and the process
    Counter("chat_http_requests", "HTTP requests, by status.", lambda: dict(counts.requests), "status"),
    Distribution("chat_http_request_seconds", "HTTP requests, to the last byte.", lambda: counts.request_seconds),
    Counter(
        "chat_policy_violations",
        "Reports of browsers that a page broke its policy, by directive.",
        lambda: dict(counts.policy_violations),
        "directive",
    ),
    Gauge("chat_draining", "1 while this worker is sending everybody away.", lambda: float(serving.draining)),
]
