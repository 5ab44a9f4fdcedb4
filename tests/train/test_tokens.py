"""The examples of a round as tokens, in files that any number of workers writes and maps."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from transformers import AutoTokenizer

from tests.train.conftest import make_examples
from train import tokens
from train.config import TrainConfig
from train.data import Example, example_files, write_examples
from train.dataset import token_folder
from train.inbox import Job
from train.tokens import Tokens, chunks, read_rows, read_tokens, tokenize, write_tokens
from verify_workers.errors import UserError


def listed(data: Tokens) -> list[list[int]]:
    return [data.ids[int(data.starts[i]) : int(data.starts[i + 1])].tolist() for i in range(len(data))]


@pytest.fixture
def files(tmp_path: Path, examples: list[Example]) -> list[Path]:
    """Two files of 50 and 70 rows in row groups of 20."""
    for part, rows in enumerate((examples[:50], examples[50:])):
        write_examples(rows, tmp_path / "whole.parquet")
        pq.write_table(pq.read_table(tmp_path / "whole.parquet"), tmp_path / f"part-{part}.parquet", row_group_size=20)
    (tmp_path / "whole.parquet").unlink()
    return example_files(tmp_path)


def test_shares_of_workers_make_up_the_whole(
    tmp_path: Path, tiny: Path, examples: list[Example], files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    whole = tokenize(files, tokenizer, 128)
    assert len(whole) == 120 and isinstance(whole.ids, tokens.Joined)
    texts = [tokenizer.decode(row) for row in listed(whole)]
    assert texts == [row.prompt + row.completion + "<|eos|>" for row in examples]  # type: ignore[operator]
    monkeypatch.setattr(tokens, "_CHUNK_ROWS", 30)
    assert [(chunk.groups, chunk.first) for chunk in chunks(files)] == [((0, 1), 0), ((2,), 40), ((0, 1), 0), ((2, 3), 40)]
    for rank in range(3):
        write_tokens(files, tokenizer, 128, tmp_path / "tokens", rank, 3)
    shared = read_tokens(files, tmp_path / "tokens")
    assert listed(shared) == listed(whole) and shared.prompts.tolist() == whole.prompts.tolist()
    assert isinstance(shared.ids, tokens.Joined) and all(isinstance(part, np.memmap) for part in shared.ids.parts)


def test_what_is_there_is_kept_and_what_is_torn_is_written_again(
    tmp_path: Path, tiny: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_CHUNK_ROWS", 30)
    tokenizer, folder = AutoTokenizer.from_pretrained(tiny), tmp_path / "tokens"
    write_tokens(files, tokenizer, 128, folder, 1, 2)  # one of two workers; the other was killed
    assert sorted(path.name for path in folder.iterdir()) == ["000001.ids", "000001.npz", "000003.ids", "000003.npz"]
    os.truncate(folder / "000003.ids", 10)
    kept = (folder / "000001.ids").stat()
    write_tokens(files, tokenizer, 128, folder)  # one, who does it all
    assert (folder / "000001.ids").stat().st_ino == kept.st_ino and not list(folder.glob(".*"))
    assert listed(read_tokens(files, folder)) == listed(tokenize(files, tokenizer, 128))


def test_the_folder_says_what_it_holds(tmp_path: Path, tiny: Path) -> None:
    write_examples(make_examples(5), tmp_path / "a.parquet")
    write_examples(make_examples(6), tmp_path / "b.parquet")
    config = TrainConfig(max_length=64)

    def folder(file: str, config: TrainConfig = config) -> Path:
        return token_folder(Job(str(tiny), (str(tmp_path / file),), str(tmp_path), {}, 0, "key", "one"), config)

    others = [folder("b.parquet"), folder("a.parquet", config.model_copy(update={"max_length": 65}))]
    assert folder("a.parquet") == folder("a.parquet", config.model_copy(update={"workers": 2, "lr": 1.0}))
    assert len({folder("a.parquet"), *others}) == 3


def test_over_length_examples_are_counted(tmp_path: Path, tiny: Path) -> None:
    write_examples([Example(prompt="a", completion="b"), Example(prompt="a", completion="1" * 50)], tmp_path / "x.parquet")
    data = tokenize([tmp_path / "x.parquet"], AutoTokenizer.from_pretrained(tiny), 20)
    assert (len(data), data.skipped) == (1, 1)
    none = tokenize([tmp_path / "x.parquet"], AutoTokenizer.from_pretrained(tiny), 2)
    assert (len(none), none.skipped) == (0, 2)


def test_a_bad_row_is_named(tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "bad.parquet"
    pq.write_table(pa.table({"prompt": ["a", "b", "c", None], "completion": ["x"] * 4}), file, row_group_size=2)
    monkeypatch.setattr(tokens, "_CHUNK_ROWS", 2)
    first, second = chunks([file])
    assert list(read_rows(first)) == [(["a", "b"], ["x", "x"], [1.0, 1.0])]
    with pytest.raises(UserError, match=r"bad\.parquet: row 4: prompt and completion must be texts"):
        write_tokens([file], AutoTokenizer.from_pretrained(tiny), 20, tmp_path / "tokens")
    assert sorted(path.name for path in (tmp_path / "tokens").iterdir() if path.suffix != ".tmp") == ["000000.ids", "000000.npz"]
    assert second.first == 2
