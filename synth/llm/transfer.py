"""The receiving end of new weights in a vLLM worker: its weight transfer (`vllm.distributed.weight_transfer`) by buckets of ours.

vLLM loads this module in each worker's process, by the name of `Receives`; nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from vllm.distributed.weight_transfer import WeightTransferEngineFactory
from vllm.distributed.weight_transfer.base import WeightTransferEngine, WeightTransferInitInfo, WeightTransferUpdateInfo
from vllm.model_executor.model_loader.reload import finalize_layerwise_reload, initialize_layerwise_reload

from synth.llm.buckets import Damaged, Tensor
from synth.llm.swap import BACKEND


@dataclass
class NoInit(WeightTransferInitInfo):
    """Nothing has to be agreed on beforehand: there is no group of processes."""


@dataclass
class BucketUpdate(WeightTransferUpdateInfo):
    """A bucket (`synth.llm.buckets.Bucket`), and the path at which its bytes can be mapped."""

    number: int
    last: bool
    tensors: list[dict[str, Any]]
    path: str


class BucketTransfer(WeightTransferEngine[NoInit, BucketUpdate]):  # type: ignore[misc,unused-ignore]
    """Loads buckets as vLLM's own transfers load what they receive: layer by layer."""

    init_info_cls = NoInit
    update_info_cls = BucketUpdate

    def init_transfer_engine(self, init_info: NoInit) -> None:
        pass

    def start_weight_update(self) -> None:
        self.expected, self.complete = 0, False
        initialize_layerwise_reload(self.model)

    def update_weights(self, update_info: dict[str, Any]) -> None:
        self.receive_weights(self.parse_update_info(update_info))
        if self.device.type != "cpu":  # which vLLM's own would wait for, and has no accelerator to ask
            torch.accelerator.synchronize()

    def receive_weights(self, update_info: BucketUpdate) -> None:
        if update_info.number != self.expected or self.complete:
            raise Damaged(f"bucket {update_info.number} of a checkpoint came where {self.expected} was expected")
        self.expected, self.complete = self.expected + 1, update_info.last
        self.model.load_weights(mapped(update_info))

    def finish_weight_update(self) -> None:
        if not self.complete:
            raise Damaged(f"a checkpoint's weights ended after {self.expected} buckets, and these are not all")
        finalize_layerwise_reload(self.model, self.model_config)

    def shutdown(self) -> None:
        pass


def mapped(bucket: BucketUpdate) -> list[tuple[str, torch.Tensor]]:
    """The tensors of a bucket, on pages that all workers of a machine share, and that stay as long as one of the tensors does."""
    data = np.memmap(bucket.path, np.uint8, "c")  # of a read-only one PyTorch would warn; nothing is written
    found = []
    for tensor in (Tensor(**fields) for fields in bucket.tensors):
        part = torch.from_numpy(data[tensor.start : tensor.end])
        found.append((tensor.name, part.view(getattr(torch, tensor.dtype)).reshape(tensor.shape)))
    return found


WeightTransferEngineFactory.register_engine(BACKEND, BucketTransfer)


class Receives:
    """Given to vLLM as what its workers are extended by, for the import of this module; it adds nothing."""
