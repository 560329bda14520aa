# SPDX-License-Identifier: GPL-3.0-or-later
"""A chat of three turns with a server that Overhear does not see, told of by the instrumentation that the first argument names."""
import sys

import anthropic
from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

kind, url = sys.argv[1:]
provider, logs = None, None
if kind.startswith("logfire"):
    import logfire

    logfire.configure(send_to_logfire=False, console=False,
                      additional_span_processors=[BatchSpanProcessor(OTLPSpanExporter())])
    logfire.instrument_anthropic(**({"version": "latest"} if kind == "logfire-latest" else {}))
else:
    provider, logs = TracerProvider(), LoggerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    if kind == "openinference":
        from openinference.instrumentation.anthropic import AnthropicInstrumentor

        AnthropicInstrumentor().instrument()
    else:
        from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor

        if kind == "openllmetry-records":
            logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
            _logs.set_logger_provider(logs)
        AnthropicInstrumentor(use_legacy_attributes=kind != "openllmetry-records").instrument()
client = anthropic.Anthropic(base_url=url, api_key="sk-ant-test-0123456789abcdef")
messages = []
for question in ("Where do swallows winter?", "And storks?", "And swifts?"):
    messages.append({"role": "user", "content": question})
    answer = client.messages.create(model="claude-sonnet-4-5-20250929", max_tokens=1024, messages=messages)
    messages.append({"role": "assistant", "content": answer.content[0].text})
if provider is None:
    logfire.shutdown()
else:
    provider.shutdown()
    logs.shutdown()
