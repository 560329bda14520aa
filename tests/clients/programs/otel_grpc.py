# SPDX-License-Identifier: GPL-3.0-or-later
"""Spans, a log record and a metric, told by OpenTelemetry's exporters over gRPC; and one message of several megabytes."""
import logging

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

resource = Resource.create({"service.name": "trips"})
spans = TracerProvider(resource=resource)
spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(spans)
logs = LoggerProvider(resource=resource)
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
logging.getLogger("trips").addHandler(LoggingHandler(logger_provider=logs))
# It would go to the well-known port.
endpoint = __import__("os").environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
headers = __import__("os").environ["OTEL_EXPORTER_OTLP_TRACES_HEADERS"]
metrics = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=endpoint, headers=headers))], resource)
metrics.get_meter("trips").create_counter("planned").add(1)
tracer = trace.get_tracer("trips")
with tracer.start_as_current_span("trip-planning", attributes={"session.id": "sess-abc"}):
    with tracer.start_as_current_span("SELECT cities", attributes={"filler": "swallow " * 400_000}):
        logging.getLogger("trips").warning("no city")
for provider in (spans, logs, metrics):
    provider.shutdown()
