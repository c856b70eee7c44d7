"""`wellread serve`, killed as soon as the N-th event is stored of a run that it began: kill_server.py N [OPTION]...

The kill comes within the thread that stored it, before anybody hears of the event and before the run goes on.
"""

import os
import signal
import sys
import threading

import sqlalchemy as sa

from wellread.cli.main import main

limit = int(sys.argv.pop(1))
begun: set[str] = set()
stored = 0
storing = 0  # the thread that stored the last event


@sa.event.listens_for(sa.Engine, "after_cursor_execute")
def count(connection, cursor, statement, parameters, context, executemany):
    global stored, storing
    if not statement.startswith("INSERT INTO events"):
        return
    for run_id, seq, *_ in parameters if executemany else [parameters]:
        if seq == 1:
            begun.add(run_id)
        if run_id in begun:
            stored += 1
            storing = threading.get_ident()


@sa.event.listens_for(sa.pool.Pool, "checkin")
def kill(connection, record):
    if stored >= limit and threading.get_ident() == storing:  # it has been committed
        os.kill(os.getpid(), signal.SIGKILL)


main()
