"""The prompt `mentor`: a question to a title's author, as an MCP client offers it to people."""

import mcp_types as types
from mcp.shared.exceptions import MCPError

_LONGEST = 1000  # code points of an argument

MENTOR = types.Prompt(
    name="mentor",
    title="Ask an author as a mentor",
    description="An author's answer to your question, from what their title says, with every source.",
    arguments=[
        types.PromptArgument(name="title", description="The title, as the library has it.", required=True),
        types.PromptArgument(name="question", description="What you would ask its author.", required=True),
    ],
)


def prompt(name: str, arguments: dict[str, str] | None) -> types.GetPromptResult:
    """Raises MCPError for an unknown prompt, and for arguments that are missing or too long."""
    if name != MENTOR.name:
        raise MCPError(types.INVALID_PARAMS, f"There is no prompt {name[:40]!r}.")
    title, question = (" ".join((arguments or {}).get(key, "").split()) for key in ("title", "question"))
    if not (title and question) or len(title) > _LONGEST or len(question) > _LONGEST:
        raise MCPError(
            types.INVALID_PARAMS,
            f"mentor takes a title and a question, each of {_LONGEST} characters at most.",
        )
    text = (
        "Call Wellread's tool ask with the question below, word by word, and show me its answer as it is, with its "
        "sources.\n\n"
        f"Pretend that you are the author of “{title}”, based on what you read in it, and act as a mentor for my "
        f"question: {question}"
    )
    message = types.PromptMessage(role="user", content=types.TextContent(text=text))
    return types.GetPromptResult(description=MENTOR.description, messages=[message])
