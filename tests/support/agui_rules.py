"""The rules that the protocol's own client (`verifyEvents` of @ag-ui/client 1.0) holds a stream of AG-UI events to, and
what it makes of the stream."""

import json

_OPENERS = {
    "TEXT_MESSAGE_START": "messageId",
    "TOOL_CALL_START": "toolCallId",
    "REASONING_START": "messageId",
    "REASONING_MESSAGE_START": "messageId",
    "STEP_STARTED": "stepName",
}
_WITHIN = {
    "TEXT_MESSAGE_CONTENT": "TEXT_MESSAGE_START",
    "TEXT_MESSAGE_END": "TEXT_MESSAGE_START",
    "TOOL_CALL_ARGS": "TOOL_CALL_START",
    "TOOL_CALL_END": "TOOL_CALL_START",
    "REASONING_MESSAGE_CONTENT": "REASONING_MESSAGE_START",
    "REASONING_MESSAGE_END": "REASONING_MESSAGE_START",
    "REASONING_END": "REASONING_START",
    "STEP_FINISHED": "STEP_STARTED",
}
_CLOSERS = {"TEXT_MESSAGE_END", "TOOL_CALL_END", "REASONING_MESSAGE_END", "REASONING_END", "STEP_FINISHED"}


def check(events):
    """Raises AssertionError for a stream that the client would refuse, or of which something stays unanswered."""
    open_things = {opener: set() for opener in _OPENERS}
    used = {opener: set() for opener in _OPENERS if opener != "STEP_STARTED"}
    called, answered = [], []
    assert events[0]["type"] in ("RUN_STARTED", "RUN_ERROR")
    for number, event in enumerate(events):
        kind = event["type"]
        if kind in _OPENERS:
            name = event[_OPENERS[kind]]
            assert name not in open_things[kind], event
            open_things[kind].add(name)
            if kind in used:
                assert name not in used[kind], f"{name} is used twice"
                used[kind].add(name)
        elif kind in _WITHIN:
            opener = _WITHIN[kind]
            name = event[_OPENERS[opener]]
            assert name in open_things[opener], event
            if kind in _CLOSERS:
                open_things[opener].remove(name)
        elif kind == "TOOL_CALL_RESULT":
            assert event["toolCallId"] in used["TOOL_CALL_START"]
            answered.append(event["toolCallId"])
        assert (kind == "RUN_STARTED") == (number == 0) or kind == "RUN_ERROR"
        assert (kind in ("RUN_FINISHED", "RUN_ERROR")) == (number == len(events) - 1), event
        if kind == "TOOL_CALL_START":
            called.append(event["toolCallId"])
    assert not any(open_things.values()), open_things
    assert called == answered
    return events


def state(events):
    """The state that a front end has in the end, by JSON Patch (RFC 6902)."""
    held = None
    for event in events:
        if event["type"] == "STATE_SNAPSHOT":
            held = json.loads(json.dumps(event["snapshot"]))
        elif event["type"] == "STATE_DELTA":
            for operation in event["delta"]:
                _, name, *rest = operation["path"].split("/")
                if operation["op"] == "add":
                    assert rest == ["-"]
                    held[name].append(operation["value"])
                else:
                    assert (operation["op"], rest) == ("replace", [])
                    assert name in held
                    held[name] = operation["value"]
    return held


def messages(events):
    """The messages that a front end has in the end: id → role and text, calls or result."""
    held = {}
    for event in events:
        match event["type"]:
            case "TEXT_MESSAGE_START":
                held[event["messageId"]] = [event["role"], ""]
            case "REASONING_MESSAGE_START":
                held[event["messageId"]] = ["reasoning", ""]
            case "TEXT_MESSAGE_CONTENT" | "REASONING_MESSAGE_CONTENT":
                held[event["messageId"]][1] += event["delta"]
            case "TOOL_CALL_START":
                held[event["parentMessageId"]] = ["assistant", [event["toolCallName"], ""]]
                calls = held[event["parentMessageId"]][1]
            case "TOOL_CALL_ARGS":
                calls[1] += event["delta"]
            case "TOOL_CALL_RESULT":
                held[event["messageId"]] = ["tool", event["content"]]
            case "MESSAGES_SNAPSHOT":
                held = {message["id"]: _restated(message) for message in event["messages"]}
    return held


def _restated(message):
    if message.get("toolCalls"):
        [call] = message["toolCalls"]
        return ["assistant", [call["function"]["name"], call["function"]["arguments"]]]
    return [message["role"], message["content"]]
