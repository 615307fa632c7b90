"""The process that samples another one's memory: `python -m pipeline_lib.profiling.sampler <process id> <profile>`.

It begins with the first line on its standard input, and appends to the profile until that is closed, which happens by
itself when the profiled process dies.
"""

import os
import select
import sys
import time
from pathlib import Path

import psutil

from pipeline_lib.profiling.resident_memory import read_resident_mib

INTERVAL_SECONDS = 0.1


def main(process_id: int, profile: Path) -> None:
    """Samples until standard input is closed."""
    if os.fork():
        os._exit(0)  # so that the sampler is no child of the profiled process, whose children are sampled
    wanted = sys.stdin.readline()
    is_first = True
    with profile.open("a", encoding="utf-8") as stream:
        while wanted:
            try:
                sample = _sample(process_id)
            except psutil.NoSuchProcess:
                return
            stream.write(sample)
            stream.flush()
            if is_first:
                sys.stdout.write("sampling\n")
                sys.stdout.flush()
                is_first = False
            if select.select([sys.stdin], [], [], INTERVAL_SECONDS)[0]:
                return


def _sample(process_id: int) -> str:
    """Lines as mprof writes them: of all together, then of each child."""
    resident_mib = read_resident_mib(process_id)
    at = f"{time.time():.4f}"
    of_children = [f"CHLD {child} {mib:.6f} {at}\n" for child, mib in resident_mib.items() if child != process_id]
    return f"MEM {sum(resident_mib.values()):.6f} {at}\n" + "".join(of_children)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
