"""What a sandbox runs in tests: sleeps or computes for so many seconds, or for ever, and gives its task back."""

import time

from wellread.formats.sandbox import serve


def work(task):
    kind, seconds = task
    if kind == "sleep":
        time.sleep(seconds)
    else:
        began = time.process_time()
        while time.process_time() - began < seconds:
            pass
    return task


if __name__ == "__main__":
    serve(work)
