"""The measurements, each bounded in time."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.support import faults
from tests.support.apps import APP, App
from tests.support.kube import wait_until

CONNECTIONS = 50
WRK_SECONDS = 15
QUEUED_VOTES = 400_000
REDIS_REQUESTS = 50_000
PIPELINE = 16
PGBENCH_SECONDS = 8
# The worker's own defaults: WORKER_CONCURRENCY and WORKER_BATCH_SIZE.
WORKER_CLIENTS = 5
WORKER_BATCH = 500
VOTES_A_COMMAND = 1000

BATCH_OF_ROWS = """SELECT * FROM unnest(
    ARRAY(SELECT 'voter-' || random()::text FROM generate_series(1, :rows)),
    ARRAY(SELECT 'a' FROM generate_series(1, :rows)),
    ARRAY(SELECT now() FROM generate_series(1, :rows))
)"""
"""Arrays, as the worker's statement takes them."""

SCRIPT = Path(__file__).with_name("votes.lua")

POST = "vote: POST /"
WORKER = "worker: queue to Postgres"


@dataclass(frozen=True)
class Measured:
    """One row of the table.

    Attributes:
        rate: things done a second.
        unit: what they are.
        how: what was done, and with how many clients.
        p50_ms: half of them took no longer.
        p99_ms: nor all but a hundredth than this.
        failed: how many were answered with an error, or not at all.
    """

    rate: float
    unit: str
    how: str
    p50_ms: float | None = None
    p99_ms: float | None = None
    failed: int | None = None

    def as_dict(self) -> dict[str, object]:
        """As written to the report: without what was not measured."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def vote_posts(app: App) -> Measured:
    """The vote page under load, with redis, worker, Postgres and the load itself on the same cores."""
    command = ["wrk", "--threads", "2", "--connections", str(CONNECTIONS), "--duration", f"{WRK_SECONDS}s"]
    done = subprocess.run(
        [*command, "--script", str(SCRIPT), app.booth.vote_url],
        capture_output=True,
        text=True,
        check=True,
        timeout=WRK_SECONDS + 30,
    )
    figures = json.loads(done.stderr.splitlines()[-1])
    drain(app)
    return Measured(
        rate=figures["requests"] / figures["seconds"],
        unit="votes/s",
        how=f"wrk, {CONNECTIONS} connections, a new voter each, one replica, {WRK_SECONDS} s",
        p50_ms=figures["p50_ms"],
        p99_ms=figures["p99_ms"],
        failed=figures["failed"],
    )


def worker_votes(app: App) -> Measured:
    """A full queue stored by a worker that has just started, from its first sign of life to its last vote."""
    app.change({"worker": {"replicas": 0}})
    wait_until("the worker to stop", lambda: not app.kube.list("Pod", "app.kubernetes.io/component=worker"))
    fill_queue(app)
    app.change({"worker": {"replicas": 1}})
    wait_until("a worker to run", lambda: [pod for pod in faults.running_pods(app.kube, "worker") if has_started(pod)])
    with faults.port_forward(app.kube, faults.only_pod(app.kube, "worker"), 8081) as url:
        first = wait_until("the worker's metrics", lambda: processed(url))
        last = wait_until("the queue to be stored", lambda: all_stored(url))
    stored = psql(app, "SELECT count(*) FROM votes WHERE id LIKE 'queued-%'")
    assert stored == str(QUEUED_VOTES), f"Postgres holds {stored} of {QUEUED_VOTES} votes: the rate would be a lie"
    return Measured(
        rate=(last.votes - first.votes) / (last.at - first.at),
        unit="votes/s",
        how=f"{last.votes - first.votes:,.0f} of {QUEUED_VOTES:,} queued votes by new voters, one replica",
    )


def redis_pushes(app: App) -> Measured:
    """What bounds the vote page: the same message pushed to the same redis, on disk before it is answered."""
    return redis_benchmark(app, pipeline=1)


def redis_pushes_pipelined(app: App) -> Measured:
    """The same with many messages in one go, as no web page could send them."""
    return redis_benchmark(app, pipeline=PIPELINE)


def postgres_single_rows(app: App) -> Measured:
    """The worker's statement without batches: a row and a commit a vote."""
    return pgbench(app, "VALUES ('voter-' || random()::text, 'a', now())", rows=1)


def postgres_batches(app: App) -> Measured:
    """What bounds the worker: its own statement, in batches of its own size, with nothing to be taken from redis."""
    return pgbench(app, BATCH_OF_ROWS, rows=WORKER_BATCH)


ALL: Mapping[str, Callable[[App], Measured]] = {
    POST: vote_posts,
    "redis: RPUSH": redis_pushes,
    "redis: RPUSH, pipelined": redis_pushes_pipelined,
    WORKER: worker_votes,
    "postgres: upsert a row": postgres_single_rows,
    "postgres: upsert a batch": postgres_batches,
}


@dataclass(frozen=True)
class Sample:
    """What the worker told at a time.

    Attributes:
        at: seconds on a clock that only goes forward.
        votes: stored since its start.
        left: waiting in redis or in hand.
    """

    at: float
    votes: float
    left: float


def processed(url: str) -> Sample | None:
    """What the worker tells now; None while it does not."""
    try:
        text = httpx.get(f"{url}/metrics", timeout=5).text
    except httpx.TransportError:
        return None
    values = dict(re.findall(r"^votingapp_(\w+) (\S+)$", text, re.MULTILINE))
    if "queue_length" not in values:
        return None
    left = float(values["queue_length"]) + float(values["processing_length"])
    return Sample(time.monotonic(), float(values["votes_processed_total"]), left)


def all_stored(url: str) -> Sample | None:
    """The sample that says so, once nothing is left."""
    sample = processed(url)
    return sample if sample is not None and sample.left == 0 else None


def drain(app: App) -> None:
    """Wait until the worker has stored what is queued, so that the next measurement has the machine to itself."""
    with faults.port_forward(app.kube, faults.only_pod(app.kube, "worker"), 8081) as url:
        wait_until("the queue to be stored", lambda: all_stored(url))


def has_started(pod: Mapping[str, object]) -> bool:
    """Whether the pod's container runs, ready or not."""
    status = pod["status"]
    assert isinstance(status, dict)
    return any("running" in container.get("state", {}) for container in status.get("containerStatuses", ()))


def fill_queue(app: App) -> None:
    """Queue votes of new voters, in redis' own protocol, and check that they are all there."""
    exec_in(app, "redis", "redis-cli", "--pipe", stdin="".join(push_commands()))
    length = exec_in(app, "redis", "redis-cli", "LLEN", "votes").strip()
    assert length == str(QUEUED_VOTES), f"the queue holds {length} votes instead of {QUEUED_VOTES}"


def push_commands() -> Iterator[str]:
    """RPUSH commands for all votes, many votes each."""
    for start in range(0, QUEUED_VOTES, VOTES_A_COMMAND):
        words = ["RPUSH", "votes", *(message(number) for number in range(start, start + VOTES_A_COMMAND))]
        yield f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)


def message(number: int) -> str:
    """A vote as the vote service writes it."""
    cast_at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return json.dumps({"voter_id": f"queued-{number:026d}", "vote": "ab"[number % 2], "cast_at": cast_at})


def redis_benchmark(app: App, *, pipeline: int) -> Measured:
    """redis-benchmark in redis' own pod, with the settings of the app's redis."""
    requests = REDIS_REQUESTS * (4 if pipeline > 1 else 1)
    options = ["-q", "-c", str(CONNECTIONS), "-n", str(requests), "-P", str(pipeline)]
    said = exec_in(app, "redis", "redis-benchmark", *options, "RPUSH", "bench", message(0))
    exec_in(app, "redis", "redis-cli", "DEL", "bench")
    rates = re.findall(r"([\d.]+) requests per second", said)
    return Measured(
        rate=float(rates[-1]),
        unit="votes/s",
        how=f"redis-benchmark, {CONNECTIONS} connections"
        + (f", {pipeline} in one go" if pipeline > 1 else "")
        + ", appendfsync always",
    )


def pgbench(app: App, source: str, *, rows: int) -> Measured:
    """Pgbench in Postgres' own pod, on a table like that of the votes."""
    upsert = (
        f"INSERT INTO bench AS stored (id, vote, cast_at) {source} ON CONFLICT (id) DO UPDATE "
        "SET vote = excluded.vote, cast_at = excluded.cast_at "
        "WHERE stored.cast_at IS NULL OR stored.cast_at <= excluded.cast_at;"
    )
    psql(app, "CREATE TABLE bench (LIKE votes INCLUDING ALL)")
    options = f"-n -M prepared -c {WORKER_CLIENTS} -j 2 -T {PGBENCH_SECONDS} -D rows={rows} -f -"
    said = exec_in(app, "postgres", "sh", "-c", f'pgbench {options} -U "$POSTGRES_USER" "$POSTGRES_DB"', stdin=upsert)
    psql(app, "DROP TABLE bench")
    [rate] = re.findall(r"^tps = ([\d.]+)", said, re.MULTILINE)
    return Measured(
        rate=float(rate) * rows,
        unit="votes/s",
        how=f"pgbench, {WORKER_CLIENTS} clients, {rows} row{'s' if rows > 1 else ''} a statement, {PGBENCH_SECONDS} s",
    )


def psql(app: App, statement: str) -> str:
    """Run a statement in Postgres' own pod, and return what it finds."""
    command = 'psql -qXAt -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" "$POSTGRES_DB"'
    return exec_in(app, "postgres", "sh", "-c", command, stdin=statement).strip()


def exec_in(app: App, component: str, *command: str, stdin: str | None = None) -> str:
    """Run a command in a component's pod."""
    interactive = () if stdin is None else ("--stdin",)
    return app.kube.kubectl("exec", *interactive, f"deployment/{APP}-{component}", "--", *command, stdin=stdin).stdout
