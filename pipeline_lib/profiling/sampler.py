"""The process that samples another one's memory: `python -m pipeline_lib.profiling.sampler <process id> <profile>`.

It begins with the first line on its standard input, and appends to the profile until that is closed, which happens by
itself when the profiled process dies.
"""

import os
import select
import sys
from pathlib import Path

import psutil
from memory_profiler import memory_usage

INTERVAL_SECONDS = 0.1


def main(process_id: int, profile: Path) -> None:
    """Samples until nobody wants more."""
    if os.fork():
        os._exit(0)  # so that the sampler is no child of the profiled process, whose children are sampled
    wanted = sys.stdin.readline()
    is_first = True
    with profile.open("a", encoding="utf-8") as stream:
        while wanted and not select.select([sys.stdin], [], [], 0)[0]:
            try:
                memory_usage(
                    process_id,
                    INTERVAL_SECONDS,
                    timeout=INTERVAL_SECONDS,
                    include_children=True,
                    multiprocess=True,
                    stream=stream,
                )
            except psutil.NoSuchProcess:
                return
            stream.flush()
            if is_first:
                sys.stdout.write("sampling\n")
                sys.stdout.flush()
                is_first = False


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
