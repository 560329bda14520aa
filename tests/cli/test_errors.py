# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures as the API, the clouds, gateways and whatever stands in between tell them: each is one exchange, `error` in
--json has the type and the message of who failed, the text has the same in words, and it costs nothing. The bodies are
those of public documentation and of public reports, with other names in them."""
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile

from tap import check, main

OVERHEAR = os.environ["OVERHEAR"]
API = "https://api.anthropic.com/v1/messages"
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/invoke"
VERTEX = ("https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/"
          "claude-sonnet-4-5@20250929:rawPredict")
FOUNDRY = "https://res.services.ai.azure.com/anthropic/v1/messages"
GATEWAY = "https://gateway.test/api/v1/messages"
JSON, HTML, TEXT = "application/json", "text/html; charset=UTF-8", "text/plain"
ASK = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "ping"}]}
CASES = []


def case(name, status, body, kind, message, *, url=API, type=JSON, **headers):
    """@kind and @message are what is right; None where nobody says it."""
    CASES.append((name, url, status, type, body if isinstance(body, str) else json.dumps(body), headers, kind, message))


def api(kind, message, **more):
    return {"type": "error", "error": {"type": kind, "message": message, **more}, "request_id": "req_011"}


# Anthropic: platform.claude.com, "Errors".
for status, kind, message in (
        (400, "invalid_request_error", "messages.0.content: Field required"), (401, "authentication_error", "invalid x-api-key"),
        (402, "billing_error", "Your credit balance is too low"), (403, "permission_error", "Not allowed"), (404, "not_found_error", "model: claude-x"),
        (409, "conflict_error", "In use"), (413, "request_too_large", "Request exceeds the maximum size"),
        (429, "rate_limit_error", "This request would exceed your organization's rate limit of 30,000 input tokens per minute"),
        (500, "api_error", "Internal server error"), (504, "timeout_error", "Timed out"), (529, "overloaded_error", "Overloaded")):
    case(f"Anthropic {status}", status, api(kind, message), kind, message)
case("Anthropic 429 with details", 429, api("rate_limit_error", "Slow down", details={"error_code": "ramp_limit_exceeded"}), "rate_limit_error", "Slow down")
case("Anthropic: the message is JSON itself", 400, api("invalid_request_error", '{"a": 1}'), "invalid_request_error", '{"a": 1}')
case("Anthropic: an error under status 200", 200, api("overloaded_error", "Overloaded"), "overloaded_error", "Overloaded")
case("a stream that is an error at once", 200, 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
     "overloaded_error", "Overloaded", type="text/event-stream")
case("a stream that is an error without a name", 200, 'data: {"error":{"message":"Provider disconnected","code":502}}\n\n', "error", "Provider disconnected",
     type="text/event-stream", url=GATEWAY)
case("models: not found", 404, api("not_found_error", "Not found"), "not_found_error", "Not found", url="https://api.anthropic.com/v1/models/x")
# Bedrock: InvokeModel's errors; the type is in a header.
for status, kind, message in (
        (400, "ValidationException", "Malformed input request, please reformat your input and try again."),
        (403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
        (404, "ResourceNotFoundException", "Model not found."), (408, "ModelTimeoutException", "Model has timed out."),
        (424, "ModelErrorException", "The system encountered an unexpected error during processing."),
        (429, "ThrottlingException", "Too many tokens, please wait before trying again."), (503, "ServiceUnavailableException", "Bedrock is unable to process your request.")):
    case(f"Bedrock {kind}", status, {"message": message}, kind, message, url=BEDROCK,
         **{"x-amzn-ErrorType": kind + ":http://internal.amazon.com/coral/com.amazon.bedrock/", "x-amzn-RequestId": "uuid"})
case("Bedrock: Message with a capital", 403, {"Message": "User: arn:aws:iam::1:user/x is not authorized"}, "AccessDeniedException",
     "User: arn:aws:iam::1:user/x is not authorized", url=BEDROCK, **{"x-amzn-errortype": "AccessDeniedException"})
case("Bedrock: __type", 403, {"__type": "com.amazon.coral.service#ExpiredTokenException", "message": "The security token included in the request is expired"},
     "ExpiredTokenException", "The security token included in the request is expired", url=BEDROCK)
case("Bedrock: a path it does not know", 404, {"Output": {"__type": "com.amazon.coral.service#UnknownOperationException"}, "Version": "1.0"},
     "UnknownOperationException", None, url=BEDROCK)
case("Amazon's API Gateway", 403, {"message": "Forbidden"}, "ForbiddenException", "Forbidden", url=GATEWAY, **{"x-amzn-ErrorType": "ForbiddenException"})
# Vertex AI: google.rpc.Status, or the API's own form passed on.
QUOTA = "Quota exceeded for aiplatform.googleapis.com/online_prediction_input_tokens_per_minute_per_base_model"
case("Vertex 429", 429, {"error": {"code": 429, "message": QUOTA, "status": "RESOURCE_EXHAUSTED"}}, "RESOURCE_EXHAUSTED", QUOTA, url=VERTEX)
case("Vertex 429, as a list", 429, [{"error": {"code": 429, "message": QUOTA, "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "x", "reason": "R"}]}}],
     "RESOURCE_EXHAUSTED", QUOTA, url=VERTEX)
case("Vertex 403", 403, {"error": {"code": 403, "message": "Permission 'aiplatform.endpoints.predict' denied", "status": "PERMISSION_DENIED"}},
     "PERMISSION_DENIED", "Permission 'aiplatform.endpoints.predict' denied", url=VERTEX)
case("Vertex: the API's own", 400, api("invalid_request_error", "prompt is too long"), "invalid_request_error", "prompt is too long", url=VERTEX)
case("Vertex: the API's own within Google's", 400, {"error": {"code": 400, "status": "FAILED_PRECONDITION", "message": json.dumps(api("invalid_request_error", "too long"))}},
     "invalid_request_error", "too long", url=VERTEX)
case("Google's page", 404, "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<style>*{margin:0}</style><p><b>404.</b>", None,
     "Error 404 (Not Found)!!1", url=VERTEX, type=HTML)
case("OAuth", 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, "invalid_grant", "Token has been expired or revoked.",
     url="https://api.anthropic.com/v1/oauth/token")
# Azure.
case("Foundry: a wrong key", 401, {"error": {"code": "401", "message": "Access denied due to invalid subscription key"}}, None,
     "Access denied due to invalid subscription key", url=FOUNDRY)
case("Foundry: no deployment", 404, {"error": {"code": "DeploymentNotFound", "message": "It does not exist."}}, "DeploymentNotFound", "It does not exist.", url=FOUNDRY)
case("Azure API Management", 429, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 5 seconds."}, None,
     "Rate limit is exceeded. Try again in 5 seconds.", url=FOUNDRY)
# Gateways.
case("FastAPI: words", 404, {"detail": "model is not served here"}, None, "model is not served here", url=GATEWAY)
case("FastAPI: a list", 422, {"detail": [{"type": "missing", "loc": ["body", "messages", 0, "role"], "msg": "Field required", "input": {}},
                                         {"loc": ["header", "x-api-key"], "msg": "Bad"}]}, None, "body.messages.0.role: Field required; header.x-api-key: Bad", url=GATEWAY)
case("FastAPI: an object", 429, {"detail": {"error": "quota", "message": "Daily quota used up"}}, "quota", "Daily quota used up", url=GATEWAY)
case("OpenRouter", 402, {"error": {"code": 402, "message": "This request requires more credits"}, "user_id": "u"}, None, "This request requires more credits", url=GATEWAY)
case("OpenRouter: what the provider said", 429, {"error": {"message": "Provider returned error", "code": 429, "metadata": {
    "raw": json.dumps(api("rate_limit_error", "Number of tokens exceeded")), "provider_name": "Anthropic"}}}, "rate_limit_error", "Number of tokens exceeded", url=GATEWAY)
case("OpenRouter: what the provider said, in words", 429, {"error": {"message": "Provider returned error", "code": 429, "metadata": {
    "raw": "It is temporarily rate-limited upstream", "provider_name": "Anthropic"}}}, None, "It is temporarily rate-limited upstream", url=GATEWAY)
case("OpenRouter: under status 200", 200, {"error": {"message": "Provider returned error", "code": 502}}, None, "Provider returned error", url=GATEWAY)
case("LiteLLM", 429, {"error": {"message": "No deployments available for selected model", "type": "None", "param": "None", "code": "429"}}, None,
     "No deployments available for selected model", url=GATEWAY)
case("LiteLLM: what the provider said", 529, {"error": {"message": "litellm.InternalServerError: AnthropicException - " + json.dumps(
    api("overloaded_error", "Overloaded")) + ". Received Model Group=sonnet", "type": "internal_server_error", "code": "529"}}, "overloaded_error", "Overloaded", url=GATEWAY)
case("LiteLLM: the same as Python's bytes", 400, {"error": {"message": "AnthropicException - b'" + json.dumps(api("invalid_request_error", "tools: Bad {x}")) + "'",
     "type": None, "code": "400"}}, "invalid_request_error", "tools: Bad {x}", url=GATEWAY)
case("Cloudflare AI Gateway", 401, {"success": False, "result": [], "messages": [], "error": [{"code": 2009, "message": "Unauthorized"}]}, None, "Unauthorized", url=GATEWAY)
case("Cloudflare's API", 404, {"success": False, "errors": [{"code": 7003, "message": "Could not route"}], "messages": []}, None, "Could not route", url=GATEWAY)
case("vLLM", 400, {"object": "error", "message": "max_tokens is too large", "type": "BadRequestError", "param": None, "code": 400}, "BadRequestError",
     "max_tokens is too large", url=GATEWAY)
case("Text Generation Inference", 422, {"error": "Input validation error", "error_type": "validation"}, "validation", "Input validation error", url=GATEWAY)
case("Databricks", 429, {"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "Exceeded workspace rate limit"}, "REQUEST_LIMIT_EXCEEDED", "Exceeded workspace rate limit", url=GATEWAY)
case("Ollama", 404, {"error": "model 'claude' not found"}, None, "model 'claude' not found", url=GATEWAY)
case("words under status 200", 200, {"error": "model is loading"}, None, "model is loading", url=GATEWAY)
case("Spring", 500, {"timestamp": "2026-11-20T10:00:00", "status": 500, "error": "Internal Server Error", "path": "/v1/messages"}, None, "Internal Server Error", url=GATEWAY)
case("RFC 9457", 403, {"type": "https://a.test/out-of-credit", "title": "Out of credit", "detail": "Your balance is 30", "status": 403}, None, "Your balance is 30",
     url=GATEWAY, type="application/problem+json")
case("a message of digits", 400, api("invalid_request_error", "12345"), "invalid_request_error", "12345", url=GATEWAY)
# What stands in between.
case("nginx 502", 502, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n",
     None, "502 Bad Gateway", type="text/html")
case("Cloudflare 524", 524, "<!DOCTYPE html>\n<!--[if lt IE 7]> <html class=\"no-js ie6\"> <![endif]-->\n<head>\n<title>api.anthropic.com | 524: A timeout occurred</title>",
     None, "api.anthropic.com | 524: A timeout occurred", type=HTML)
case("Cloudflare, plain", 520, "error code: 520", None, "error code: 520", type=TEXT)
case("Amazon's load balancer", 503, "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503</h1></center>\r\n</body></html>",
     None, "503 Service Temporarily Unavailable", type="text/html")
case("a page without a title", 413, "<style>b {}</style><h1>413</h1><p>Request&nbsp;Entity Too Large</p>", None, "413 Request Entity Too Large", type=HTML)
case("Envoy", 503, "upstream connect error or disconnect/reset before headers. reset reason: connection failure", None,
     "upstream connect error or disconnect/reset before headers. reset reason: connection failure", type=TEXT)
case("XML", 403, '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>', None, "AccessDenied Access Denied",
     type="application/xml")
case("an empty 504", 504, "", None, None, type=TEXT)
case("an empty 502 that is called JSON", 502, "", None, None)
case("null", 500, "null", None, None)
case("an empty object", 503, "{}", None, None)
case("an empty list", 500, "[]", None, None)
case("a string", 503, '"Service Unavailable"', None, "Service Unavailable")
case("HTML that is called JSON", 502, "<html><head><title>502 Bad Gateway</title></head></html>", None, "502 Bad Gateway")
case("JSON that is called HTML", 529, api("overloaded_error", "Overloaded"), "overloaded_error", "Overloaded", type=HTML)
case("JSON that is called an event stream", 429, api("rate_limit_error", "Slow down"), "rate_limit_error", "Slow down", type="text/event-stream")
case("JSON of another shape", 500, {"what": 1}, None, '{"what": 1}')
case("count_tokens", 429, api("rate_limit_error", "Slow down"), "rate_limit_error", "Slow down", url=API + "/count_tokens")
case("a batch that cannot be made", 400, api("invalid_request_error", "requests: Field required"), "invalid_request_error", "requests: Field required", url=API + "/batches")
case("results that are not there yet", 404, api("not_found_error", "Results not ready"), "not_found_error", "Results not ready", url=API + "/batches/msgbatch_1/results")


def archive():
    return {"log": {"version": "1.2", "creator": {"name": "a test"}, "entries": [{
        "startedDateTime": f"2026-11-20T{10 + n // 60:02}:{n % 60:02}:00Z", "time": 10, "request": {
            "method": "POST", "url": url, "httpVersion": "HTTP/1.1", "headers": [{"name": "content-type", "value": JSON}], "postData": {"text": json.dumps(ASK)}},
        "response": {"status": status, "statusText": "", "headers": [{"name": "content-type", "value": kind}] + [
            {"name": name, "value": value} for name, value in headers.items()], "content": {"text": body}}}
        for n, (_, url, status, kind, body, headers, _, _) in enumerate(CASES)]}}


home = tempfile.TemporaryDirectory(prefix="overhear-errors-")
environment = os.environ | {"OVERHEAR_DATA_DIR": f"{home.name}/data", "XDG_RUNTIME_DIR": home.name, "LC_ALL": "C.UTF-8"}


def overhear(*words):
    done = subprocess.run([OVERHEAR, *map(str, words)], env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout.decode()


pathlib.Path(home.name, "errors.har").write_text(json.dumps(archive()))
overhear("import", f"{home.name}/errors.har")
listed = {line["id"]: line for line in map(json.loads, overhear("list", "--json").splitlines())}
costs = dict(sqlite3.connect(f"file:{home.name}/data/overhear.db?mode=ro", uri=True).execute("SELECT id, cost FROM place"))


def register(number, name, url, kind, message):
    @check(name)
    def test():
        line = listed[number]
        assert line["url"] == url and line["error"] == {"type": kind, "message": message}, line["error"]
        assert costs.get(number, 0) == 0 or "/models" in url or "/oauth" in url or "/batches" in url, costs.get(number)
        text = overhear("show", number) if number % 5 == 0 else None
        for words in (kind, message):
            assert text is None or words is None or words in text, text


for n, (name, url, *_, kind, message) in enumerate(CASES, 1):
    register(n, name, url, kind, message)


@check("results of a batch: each failure in its own words")
def batch():
    lines = [{"custom_id": "a", "result": {"type": "errored", "error": {"type": "error", "error": {"type": "invalid_request_error", "message": "Bad one"}}}},
             {"custom_id": "b", "result": {"type": "errored", "error": {"type": "invalid_request", "message": "Old shape"}}},
             {"custom_id": "c", "result": {"type": "expired"}}, {"custom_id": "d", "result": {"type": "canceled"}}]
    log = archive()
    del log["log"]["entries"][1:]
    entry = log["log"]["entries"][0]
    entry["request"] = {"method": "GET", "url": API + "/batches/msgbatch_1/results", "headers": []}
    entry["response"] = {"status": 200, "headers": [{"name": "content-type", "value": "application/binary"}], "content": {
        "text": "".join(json.dumps(line) + "\n" for line in lines)}}
    path = pathlib.Path(home.name, "batch.har")
    path.write_text(json.dumps(log))
    overhear("import", path)
    number = len(CASES) + 1
    text = overhear("show", number)
    for words in "Bad one", "Old shape", "expired", "canceled":
        assert words in text, text
    assert json.loads(overhear("show", "--json", number))["error"] is None


main()
