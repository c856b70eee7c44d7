"""A client of a Wellread server, for programs that wait (`Client`) and for those that do not (`AsyncClient`).

with Client("http://127.0.0.1:8017") as wellread:
    run = wellread.ask("What does Steady Hands say about delegation?")
    for event in run.events():
        ...
    print(run.answer().markdown)
"""

from wellread.client.async_client import AsyncClient, AsyncRun
from wellread.client.blocking_client import Client, Run
from wellread.wire.library import Amendments
from wellread.wire.runs import AskOptions, RunLimits

__all__ = ["Amendments", "AskOptions", "AsyncClient", "AsyncRun", "Client", "Run", "RunLimits"]
