"""Figures about the running process for Prometheus: counts and durations by route and kind of work, never identities."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from portico.errors import StartupRefused
from portico.settings import METRICS_PORT

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """One process's figures. Labels are route templates, methods, statuses and names of work: a closed, small set."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "portico_request_seconds",
            "Time until a request was answered.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._taken = Counter(
            "portico_due_work_taken_total", "Rows of due work that were done.", ("work",), registry=self.registry
        )
        self._failed = Counter(
            "portico_due_work_failed_total", "Times that due work failed.", ("work",), registry=self.registry
        )
        self._lateness = Gauge(
            "portico_due_work_lateness_seconds",
            "How long the oldest row of this kind was due when the worker last looked.",
            ("work",),
            registry=self.registry,
        )
        self._reports = Counter(
            "portico_mail_reports_total",
            "Reports about mail that were read in the mailbox, by what they said.",
            ("result",),
            registry=self.registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request, by the template of its address."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def looked(self, work: str, *, taken: int, failed: int, lateness_seconds: float) -> None:
        """One look of the worker at one kind of work."""
        self._taken.labels(work).inc(taken)
        self._failed.labels(work).inc(failed)
        self._lateness.labels(work).set(lateness_seconds)

    def report_taken(self, result: str) -> None:
        """One mail of the mailbox to which mail comes back, by what was done with it."""
        self._reports.labels(result).inc()

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Answers scrapes on this address from a thread of its own; the returned function ends that.

        Raises StartupRefused when the port cannot be listened on.
        """
        try:
            server, thread = start_http_server(port, host, registry=self.registry)
        except OSError as error:
            message = f"{METRICS_PORT.name} cannot be listened on ({error.strerror})."
            raise StartupRefused(message) from error

        def end() -> None:
            server.shutdown()
            server.server_close()
            thread.join(timeout=2)

        return end
