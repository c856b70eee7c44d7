"""The figures of one server process, as Prometheus reads them.

Every label has a fixed set of values: what a caller may choose freely (a model's name, a path) is none.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from wellread import __version__
from wellread.events import Usage

_RUN_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1800)
_TOKEN_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)
_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STORE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30)


class Metrics:
    """Counted from the start of the process; each app has its own."""

    def __init__(self) -> None:
        # Without a second series beside each, which says when it began.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no annotations
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Gauge("wellread_info", "The version that runs.", ["version"], registry=registry).labels(
            __version__
        ).set(1)
        self.runs = Counter(
            "wellread_runs", "Runs that have ended here.", ["outcome", "mode"], registry=registry
        )
        self.steps = Counter("wellread_steps", "Steps that were completed.", ["action"], registry=registry)
        self.run_seconds = Histogram(
            "wellread_run_seconds",
            "Seconds from a run's beginning to its end.",
            ["mode"],
            buckets=_RUN_SECONDS,
            registry=registry,
        )
        self.first_token_seconds = Histogram(
            "wellread_first_token_seconds",
            "Seconds from a run's beginning to the first words of its answer.",
            ["mode"],
            buckets=_TOKEN_SECONDS,
            registry=registry,
        )
        self.tokens = Counter(
            "wellread_tokens",
            "Tokens of the runs that have ended: read, of these cached, and written by models.",
            ["direction"],
            registry=registry,
        )
        self.calls = Counter(
            "wellread_model_calls",
            "Calls of models of the runs that have ended.",
            ["priced"],
            registry=registry,
        )
        self.cost = Counter(
            "wellread_cost_dollars", "Cost of the calls whose price is known.", registry=registry
        )
        self.model_failures = Counter(
            "wellread_model_failures", "Models that failed in a run.", ["role"], registry=registry
        )
        self.queue = Gauge(
            "wellread_queue_runs", "Runs of this library that no server works on yet.", registry=registry
        )
        self.working = Gauge(
            "wellread_working_runs", "Runs that this process works on now.", registry=registry
        )
        self.workers = Gauge(
            "wellread_workers",
            "Processes that work on the runs of this library.",
            registry=registry,
        )
        self.listeners = Gauge(
            "wellread_listeners", "Streams of events that are open in this process.", registry=registry
        )
        self.store_seconds = Histogram(
            "wellread_event_store_seconds",
            "Seconds that storing the events of runs took, one transaction each.",
            buckets=_STORE_SECONDS,
            registry=registry,
        )
        self.requests = Counter(
            "wellread_requests", "Requests.", ["method", "route", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "wellread_request_seconds",
            "Seconds from a request to the beginning of its response.",
            ["route"],
            buckets=_REQUEST_SECONDS,
            registry=registry,
        )

    def spent(self, usage: Usage) -> None:
        """Count what a run took that has ended."""
        self.tokens.labels("input").inc(usage.input_tokens)
        self.tokens.labels("cached").inc(usage.cached_tokens)
        self.tokens.labels("output").inc(usage.output_tokens)
        self.calls.labels("yes").inc(usage.model_calls - usage.unpriced_calls)
        self.calls.labels("no").inc(usage.unpriced_calls)
        self.cost.inc(usage.cost)

    def page(self) -> bytes:
        return generate_latest(self.registry)
