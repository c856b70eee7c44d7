"""Spans for runs, steps and calls of models. Without an OpenTelemetry SDK that somebody set up they cost nothing.

Spans carry names, sizes and outcomes, never a text or a key. A span's context is handed on by hand and not made
current, because the events of a run are given out between its beginning and its end.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode

from wellread import __version__
from wellread.events import Usage

_TRACER = trace.get_tracer("wellread", __version__)


@contextmanager
def span(
    name: str, within: Context | None = None, attributes: Mapping[str, str | int | float] | None = None
) -> Iterator[Span]:
    """A span within another's context (see `context_of`); an error that leaves it is named in its status."""
    opened = _TRACER.start_span(name, within, attributes=attributes)
    try:
        yield opened
    except Exception as error:  # named and raised on
        opened.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        opened.end()


def context_of(opened: Span) -> Context:
    return trace.set_span_in_context(opened)


def record_usage(opened: Span, usage: Usage) -> None:
    """By the names of OpenTelemetry's conventions for generative AI."""
    opened.set_attribute("gen_ai.usage.input_tokens", usage.input_tokens)
    opened.set_attribute("gen_ai.usage.output_tokens", usage.output_tokens)
    opened.set_attribute("gen_ai.usage.cache_read.input_tokens", usage.cached_tokens)
    opened.set_attribute("wellread.usage.cost", usage.cost)
