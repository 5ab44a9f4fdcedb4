"""The mean of a model's weights over the last steps of a round (stochastic weight averaging, Izmailov et al. 2018, arXiv 1803.05407)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from train.config import TrainConfig

if TYPE_CHECKING:
    from pathlib import Path

    import torch

NAME = "average.safetensors"  # beside a checkpoint


def averaged(step: int, total: int, config: TrainConfig) -> bool:
    """Whether the weights after step `step` of `total` count in the mean."""
    back, rest = divmod(total - step, config.average_steps)
    return config.average_last > 1 and not rest and back < config.average_last


class Average:
    """A running sum in float32 in host memory: one copy of the weights, however many are averaged."""

    def __init__(self) -> None:
        self.count = 0
        self.sums: dict[str, torch.Tensor] = {}

    def add(self, state: dict[str, torch.Tensor]) -> None:
        """Count the weights `state` in."""
        import torch

        for name, weight in state.items():
            if not weight.is_floating_point():
                continue
            if name in self.sums:
                self.sums[name] += weight
            else:
                self.sums[name] = weight.to(torch.float32, copy=True)
        self.count += 1

    def mean(self, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """`state` with the means in place of what was counted, in its number formats; as it is where nothing was."""
        return state | {name: (total / self.count).to(state[name].dtype) for name, total in self.sums.items()}

    def save(self, path: Path) -> None:
        from safetensors.torch import save_file

        save_file(self.sums, path, metadata={"count": str(self.count)})

    def load(self, path: Path) -> None:
        """Go on from what `save` wrote."""
        from safetensors import safe_open

        with safe_open(path, framework="pt") as file:
            self.count = int(file.metadata()["count"])
            self.sums = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dictionary
