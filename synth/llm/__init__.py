"""Language models: the types, the vLLM engine, its Ray actor, and checked weight swaps."""
