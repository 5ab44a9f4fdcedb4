"""Environments for others' reinforcement learning: the reward is a verdict of Lean's."""
