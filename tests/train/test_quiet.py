"""What other libraries say of themselves is no part of our output."""

from __future__ import annotations

import os
import subprocess
import sys


def test_a_machine_without_a_gpu_is_no_news() -> None:
    code = "import train.model\nfrom deepspeed.accelerator import get_accelerator\nprint(get_accelerator().device_name())"
    environment = {name: value for name, value in os.environ.items() if name != "DS_ACCELERATOR"} | {"CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True, timeout=300)
    assert done.stdout.split() == ["cpu"]
    assert "Setting accelerator" not in done.stderr
