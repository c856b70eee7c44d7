"""Spans of the command line, sent where OTEL_EXPORTER_OTLP_ENDPOINT says."""

import importlib
from importlib.util import find_spec

from opentelemetry import trace

from wellread.errors import UnavailableError

_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


def start() -> None:
    """Raises UnavailableError when the packages that send spans are not installed."""
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        raise UnavailableError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and the packages that send spans are not installed.",
            hint='Install them: pip install "wellread[telemetry]", or unset it.',
        )
    sdk = importlib.import_module("opentelemetry.sdk.trace")
    sending = importlib.import_module("opentelemetry.sdk.trace.export")
    exporter = importlib.import_module(_EXPORTER).OTLPSpanExporter()
    resource = importlib.import_module("opentelemetry.sdk.resources").Resource.create(
        {"service.name": "wellread"}
    )
    provider = sdk.TracerProvider(resource=resource)  # it sends what is left when the process ends
    provider.add_span_processor(sending.BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
