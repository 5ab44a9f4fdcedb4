"""Settings of the HTTP service."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from verify_workers.config import PoolConfig


class ServeConfig(BaseModel):
    """Where the service listens and what it takes; the pool behind it has settings of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 = every network this machine is on")
    port: int = Field(8000, ge=1, le=65535, description="TCP port")
    api_key: str = Field(
        "", repr=False, description="what all requests but GET /health must bring as `Authorization: Bearer KEY`; '' = none"
    )
    max_mb: float = Field(16.0, gt=0, description="largest request body in MB (10^6 bytes); larger ones get 413")
    max_batch: int = Field(4096, ge=1, description="most checks or snippets in one request; more get 413")
    max_waiting: int = Field(16384, ge=1, description="most checks under way, those of callers who left included; beyond them 503")
    max_timeout: float = Field(300.0, gt=0, description="seconds of Lean that one check can ask for; a higher wish is cut to it")
    lines: Literal["file", "after_imports"] = Field(
        "file", description="Kimina's routes: lines count in the whole file, as its server has it since October 2025, or after the imports"
    )
    drain: float = Field(60.0, ge=0, description="seconds that requests under way may take to finish when the service is told to end")
    pool: PoolConfig = PoolConfig()
