"""What processes use of the machine."""

from __future__ import annotations

import os
import subprocess
import sys

from verify_workers.processes import machine_seconds, processor_seconds

BURN = "import time\nwhile time.process_time() < 0.3: pass"


def test_processor_time_of_what_was_started_counts_also_when_it_has_ended() -> None:
    before, machine = processor_seconds(os.getpid()), machine_seconds()
    child = subprocess.run([sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])"], check=True)
    assert child.returncode == 0
    assert processor_seconds(os.getpid()) - before >= 0.25
    assert machine_seconds() - machine >= 0.25


def test_a_process_that_is_gone_has_none() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert processor_seconds(child.pid) == 0.0
