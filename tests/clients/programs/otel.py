# SPDX-License-Identifier: GPL-3.0-or-later
"""Two calls in a span of the program's own, told by OpenTelemetry's SDK over HTTP with protobuf; with the instrumentation that
its argument names."""
import sys

import anthropic
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource.create({"service.name": "trips"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
if sys.argv[1] == "openllmetry":
    from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor

    AnthropicInstrumentor().instrument()
elif sys.argv[1] == "openinference":
    from openinference.instrumentation.anthropic import AnthropicInstrumentor

    AnthropicInstrumentor().instrument()
client = anthropic.Anthropic(base_url="https://api.anthropic.com")
tracer = trace.get_tracer("trips")
with tracer.start_as_current_span("trip-planning", attributes={"session.id": "sess-abc", "user.id": "user-123"}):
    with tracer.start_as_current_span("SELECT cities"):
        pass
    for question in ("Plan a 5-day trip to Japan.", "Tell me more about Kyoto."):
        answer = client.messages.create(model="claude-sonnet-4-5-20250929", max_tokens=1024,
                                        messages=[{"role": "user", "content": question}])
        print(answer.stop_reason)
provider.shutdown()
