"""Figures for Prometheus: by route template and kind of work, on a port of their own."""

import socket
import urllib.request

import pytest

from portico.errors import StartupRefused
from portico.platform.metrics import Metrics


def test_figures_are_served_until_they_are_ended() -> None:
    metrics = Metrics()
    metrics.answered("GET", "/api/reviews", 200, 0.02)
    metrics.looked("notifications", taken=3, failed=1, lateness_seconds=7.5)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    end = metrics.serve("127.0.0.1", port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    end()
    assert 'portico_request_seconds_count{method="GET",route="/api/reviews",status="200"} 1.0' in text
    assert 'portico_due_work_taken_total{work="notifications"} 3.0' in text
    assert 'portico_due_work_lateness_seconds{work="notifications"} 7.5' in text
    with socket.socket() as again:
        assert again.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_that_is_taken_is_refused_by_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(StartupRefused, match="PORTICO_METRICS_PORT"):
        Metrics().serve("127.0.0.1", taken.getsockname()[1])
