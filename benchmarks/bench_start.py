"""How long `wellread --help` takes, beside `python -c "import typer, rich"`. Prints medians and their ratio."""

import statistics
import subprocess
import sys
import time

RUNS = 15


def seconds(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main() -> None:
    ours, plain = [], []
    for _ in range(RUNS):  # in turn, so that a slow moment of the machine meets both
        ours.append(seconds("-m", "wellread", "--help"))
        plain.append(seconds("-c", "import typer, rich"))
    help_, imports = statistics.median(ours), statistics.median(plain)
    print(f"import typer, rich   {imports * 1000:6.0f} ms")
    print(f"wellread --help      {help_ * 1000:6.0f} ms   {help_ / imports:.2f} ×   (aim: at most 2)")


if __name__ == "__main__":
    main()
