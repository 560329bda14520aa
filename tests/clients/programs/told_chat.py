# SPDX-License-Identifier: GPL-3.0-or-later
"""A chat of three turns with a server that Overhear does not see, told of by the instrumentation that the first argument names."""
import sys
import time

import anthropic
from opentelemetry import context, trace
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

MODEL = "claude-sonnet-4-5-20250929"
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
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    if kind != "records":
        trace.set_tracer_provider(provider)
    if kind == "openinference":
        from openinference.instrumentation.anthropic import AnthropicInstrumentor

        AnthropicInstrumentor().instrument()
    elif kind == "openllmetry":
        from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor

        AnthropicInstrumentor().instrument()


def ask(messages):
    return client.messages.create(model=MODEL, max_tokens=1024, messages=messages).content[0].text


def ask_with_records(messages):
    """As the conventions have it before 1.37: what was said stands in log records, beside the span of the call."""
    def emit(name, **body):
        logs.get_logger("chat").emit(LogRecord(timestamp=time.time_ns(), event_name=name, body=body, context=context.get_current()))

    with provider.get_tracer("chat").start_as_current_span(f"chat {MODEL}", kind=trace.SpanKind.CLIENT, attributes={
            "gen_ai.operation.name": "chat", "gen_ai.system": "anthropic", "gen_ai.request.model": MODEL}):
        for message in messages:
            emit(f"gen_ai.{message['role']}.message", content=message["content"])
        text = ask(messages)
        emit("gen_ai.choice", index=0, finish_reason="stop", message={"role": "assistant", "content": text})
        return text


client = anthropic.Anthropic(base_url=url, api_key="sk-ant-test-0123456789abcdef")
messages = []
for question in ("Where do swallows winter?", "And storks?", "And swifts?"):
    messages.append({"role": "user", "content": question})
    text = (ask_with_records if kind == "records" else ask)(messages)
    messages.append({"role": "assistant", "content": text})
if provider is None:
    logfire.shutdown()
else:
    provider.shutdown()
    logs.shutdown()
