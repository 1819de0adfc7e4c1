"""Makes ``fixtures/trl.zip``: trainings of a tiny transformer by TRL's own trainers, and what they print.

    pip install -c constraints.txt trl==1.16.0 transformers==5.24.0 datasets tensorboard
    python tests/readers/trackers/write_trl.py [KIND ...]

A minute each on one core: DPO on pairs that letters and digits tell apart, on pairs whose labels are drawn,
on 32 of those in many epochs, and with a learning rate that jumps; GRPO with two rewards, and with one that
pays three times as much for something else than right answers. Nothing is downloaded: model and tokenizer
are made here. The kinds that are not asked for stay in the archive.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"
KINDS = ("dpo", "dpo_drawn_labels", "dpo_few_pairs", "dpo_rate_jumps", "grpo", "grpo_paid_elsewhere")
DRAWN = ("dpo_drawn_labels", "dpo_few_pairs")
STEPS = 60
LETTERS, DIGITS = "abcdefghij", "0123456789"


def model(folder: str) -> Any:
    """A transformer of two layers over 24 characters in ``folder``; its tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    vocabulary = {text: at for at, text in enumerate(["<pad>", "<eos>", "<unk>", "=", *LETTERS, *DIGITS])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    words.decoder = decoders.Fuse()
    named = {"pad_token": "<pad>", "eos_token": "<eos>", "unk_token": "<unk>", "padding_side": "left"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, **named)
    sizes = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    ends = {"eos_token_id": 1, "pad_token_id": 0, "bos_token_id": None, "max_position_embeddings": 64}
    torch.manual_seed(0)
    Qwen2ForCausalLM(
        Qwen2Config(vocab_size=len(vocabulary), num_key_value_heads=2, **sizes, **ends)
    ).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return tokenizer


def word(letters: str, size: int) -> str:
    """So many of them, drawn."""
    return "".join(random.choice(letters) for _ in range(size))


def pair(drawn: bool) -> dict[str, str]:
    """A question and two answers, of which letters are the better one; or either, where that is drawn."""
    answers = [word(LETTERS, 3), word(DIGITS, random.choice((2, 3, 4)))]
    if drawn:
        random.shuffle(answers)
    return {"prompt": f"{word(LETTERS, 3)}=", "chosen": answers[0], "rejected": answers[1]}


def letters_early(completions: list[str], **_: Any) -> list[float]:
    """Share of the first letters of the alphabet."""
    return [sum(one in "abc" for one in text) / 8 for text in completions]


def format_reward(completions: list[str], **_: Any) -> list[float]:
    """1 for an answer that begins with a letter."""
    return [float(text[:1] in LETTERS and text != "") for text in completions]


def accuracy_reward(completions: list[str], **_: Any) -> list[float]:
    """Share of the letters from the first half."""
    return [sum(one in "abcde" for one in text) / 8 for text in completions]


def digits_reward(completions: list[str], **_: Any) -> list[float]:
    """Three times the share of the digits."""
    return [3 * sum(one in DIGITS for one in text) / 8 for text in completions]


def rate_jumps() -> Any:
    """A callback that makes the learning rate 300 times as large after two thirds of the steps."""
    from transformers import TrainerCallback

    class Jump(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            if state.global_step >= 2 * STEPS / 3:
                for group in given["optimizer"].param_groups:
                    group["lr"] = 0.3

    return Jump()


def train(kind: str) -> None:
    """One training, into the working folder."""
    from datasets import Dataset

    random.seed(0)
    tokenizer = model("model")
    common = {
        "output_dir": kind, "max_steps": STEPS, "logging_steps": 2, "learning_rate": 1e-3, "use_cpu": True,
        "per_device_train_batch_size": 16, "report_to": ["tensorboard"], "save_steps": STEPS, "bf16": False,
        "lr_scheduler_type": "constant",
    }  # fmt: skip
    if kind.startswith("grpo"):
        from trl import GRPOConfig, GRPOTrainer

        data = Dataset.from_list([{"prompt": f"{word(LETTERS, 3)}="} for _ in range(400)])
        args = GRPOConfig(**common, num_generations=8, max_completion_length=8, beta=0.04)
        elsewhere = kind == "grpo_paid_elsewhere"
        rewards = [accuracy_reward, digits_reward] if elsewhere else [letters_early, format_reward]
        trainer = GRPOTrainer("model", rewards, args, data, processing_class=tokenizer)
    else:
        from trl import DPOConfig, DPOTrainer

        data, held_out = (
            Dataset.from_list([pair(kind in DRAWN) for _ in range(size)])
            for size in (32 if kind == "dpo_few_pairs" else 1000, 48)
        )
        if kind == "dpo_few_pairs":
            common["max_steps"] = common["save_steps"] = 3 * STEPS
        args = DPOConfig(**common, beta=0.1, max_length=32, eval_strategy="steps", eval_steps=6)
        trainer = DPOTrainer("model", None, args, None, data, held_out, tokenizer)
        if kind == "dpo_rate_jumps":
            trainer.add_callback(rate_jumps())
    trainer.train()
    trainer.save_state()


def main(kinds: Sequence[str]) -> None:
    """Train them in a temporary folder and zip logs, states and what was printed."""
    own = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    path = FIXTURES / "trl.zip"
    kept: dict[str, bytes] = {}
    if path.exists():
        with zipfile.ZipFile(path) as archive:
            names = (name for name in archive.namelist() if name.partition("/")[0] not in kinds)
            kept = {name: archive.read(name) for name in names}
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            command = [sys.executable, str(Path(__file__).resolve()), "--train", kind]
            done = subprocess.run(
                command, cwd=folder, env=own, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            printed = done.stdout.replace(sys.prefix.encode(), b"venv")
            (Path(folder) / kind / "console.txt").write_bytes(printed)
        wanted = ("*/trainer_state.json", "*/*/trainer_state.json", "*/console.txt", "*/runs/*/events.*")
        found = (one for pattern in wanted for one in Path(folder).glob(pattern))
        kept |= {one.relative_to(folder).as_posix(): one.read_bytes() for one in found}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted(kept.items()):
            archive.writestr(name, data)
    listed = FIXTURES / "versions.json"
    versions = json.loads(listed.read_text()) | {
        "trl": f"trl {version('trl')}, transformers {version('transformers')}"
    }
    listed.write_text(json.dumps(dict(sorted(versions.items())), indent=2) + "\n")


if __name__ == "__main__":
    train(sys.argv[2]) if sys.argv[1:2] == ["--train"] else main(sys.argv[1:] or KINDS)
