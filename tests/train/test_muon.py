"""Muon: its directions are orthogonal, its AdamW half is PyTorch's, and it learns."""

from __future__ import annotations

import torch

from train.muon import Muon, orthogonal


def test_directions_have_singular_values_near_one() -> None:
    torch.manual_seed(0)
    stack = torch.randn(3, 16, 40) * torch.tensor([0.01, 1.0, 50.0]).view(3, 1, 1)
    values = torch.linalg.svdvals(orthogonal(stack))
    assert values.min() > 0.4 and values.max() < 1.4


def test_other_parameters_take_adamw_steps() -> None:
    torch.manual_seed(0)
    ours, theirs = (torch.nn.Parameter(torch.arange(6.0).view(2, 3)) for _ in range(2))
    muon = Muon([{"params": [ours], "weight_decay": 0.1}], lr=0.01, betas=(0.9, 0.98))
    adamw = torch.optim.AdamW([theirs], lr=0.01, betas=(0.9, 0.98), weight_decay=0.1)
    for _ in range(5):
        gradient = torch.randn(2, 3)
        for parameter, optimizer in ((ours, muon), (theirs, adamw)):
            parameter.grad = gradient.clone()
            optimizer.step()
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_a_linear_map_is_learned_and_state_survives_saving() -> None:
    torch.manual_seed(0)
    target, x = torch.randn(8, 12), torch.randn(256, 12)
    weight = torch.nn.Parameter(torch.zeros(8, 12))
    optimizer = Muon([{"params": [weight], "matrices": True}], lr=0.1, betas=(0.9, 0.98))

    def loss() -> torch.Tensor:
        return ((x @ (weight - target).T) ** 2).mean()

    before = float(loss())
    for step in range(200):
        for group in optimizer.param_groups:
            group["lr"] = 0.1 * (1 - step / 200)
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    assert float(loss()) < 0.01 * before
    fresh = Muon([{"params": [weight], "matrices": True}], lr=0.1, betas=(0.9, 0.98))
    fresh.load_state_dict(optimizer.state_dict())
    assert torch.equal(fresh.state[weight]["momentum"], optimizer.state[weight]["momentum"])
