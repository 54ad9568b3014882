"""The queue: ids of deliveries go through Redis to workers. What it loses, the clock's sweep brings back."""

from __future__ import annotations

from collections.abc import Sequence

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import UnixSignalDeathPenalty

from app.kernel import bell

QUEUE = "deliveries"
TIMEOUT_SECONDS = 60
"""A delivery that runs longer is stopped; its transaction rolls back and it is tried again."""
DELIVER = "app.kernel.bus.deliver"

log = structlog.get_logger()


class _Doorbell:
    """This process's queue, once connected; None means that work waits for the sweep or a drain."""

    queue: Queue | None = None


def connect(redis_url: str | None) -> None:
    """Choose the queue of this process. Does not touch the network yet."""
    _Doorbell.queue = (
        Queue(QUEUE, connection=bell.connect(redis_url), serializer=JSONSerializer, default_timeout=TIMEOUT_SECONDS)
        if redis_url
        else None
    )


def enqueue(delivery_ids: Sequence[int]) -> None:
    """Ring for these deliveries. An unreachable Redis is only logged: the rows are stored and will be swept."""
    queue = _Doorbell.queue
    if queue is None or not delivery_ids:
        return
    try:
        queue.enqueue_many(
            [
                Queue.prepare_data(
                    DELIVER, args=(delivery_id,), result_ttl=0, failure_ttl=3600, timeout=TIMEOUT_SECONDS
                )
                for delivery_id in delivery_ids
            ]
        )
    except redis.RedisError as error:
        log.warning("queue unreachable, the sweep will ring again", deliveries=len(delivery_ids), error=str(error))


class Worker(SimpleWorker):
    """Runs deliveries in its own process: no forked child can outlive it and speak a second time."""

    death_penalty_class = UnixSignalDeathPenalty

    def handle_exception(self, job: Job, *exc_info: object) -> None:
        """The bus has already recorded the failure on the delivery's row; the queue keeps no second record."""
        log.error("delivery failed outside of its own record", job=job.id, error=str(exc_info[1]))


def work() -> None:
    """Run deliveries until told to stop (SIGTERM or SIGINT lets the one at hand finish)."""
    queue = _Doorbell.queue
    if queue is None:
        raise RuntimeError("a worker needs REDIS_URL")
    worker = Worker([queue], connection=queue.connection, serializer=JSONSerializer, maintenance_interval=60)
    worker.work(logging_level="WARNING", with_scheduler=False)
