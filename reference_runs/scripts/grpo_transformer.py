"""GRPO on a small transformer that turns digits around: a loop of its own, with TRL's settings and tags.

    python reference_runs/scripts/grpo_transformer.py --seed 0 --out DIR
    python reference_runs/scripts/grpo_transformer.py --seed 0 --fault lr-too-high --out DIR

A question is 2 to 6 digits, its answer the same digits from the last to the first, and a verifier says
whether it is right (reward 1) or not (0). The model first learns from right answers until some of its samples
are right, as a language model is fine-tuned before; then GRPO goes on. DIR gets ``trainer_state.json`` as the
Trainer of Hugging Face writes it (rows are means over ``logging_steps`` updates) and ``config.json`` with the
settings under TRL's names. One thread, on the CPU, one to four minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as nnf

PAD, EOS, ASK = 10, 11, 12
VOCABULARY = 13
SHORTEST, LONGEST = 2, 6
PLACES = 32


@dataclass(frozen=True)
class Settings:
    """TRL's ``GRPOConfig``, as far as this loop has it, and under its names.

    ``entropy_coef``, the weight of an entropy bonus in the loss, is none of TRL's; other frameworks have it.
    """

    seed: int = 0
    learning_rate: float = 1e-4
    max_steps: int = 300
    logging_steps: int = 5
    eval_steps: int = 25
    per_device_train_batch_size: int = 128  # answers: 16 questions x num_generations
    num_generations: int = 8
    num_iterations: int = 1
    steps_per_generation: int = 2
    max_completion_length: int = 10
    temperature: float = 1.0
    beta: float = 0.02
    epsilon: float = 0.2
    max_grad_norm: float = 1.0
    loss_type: str = "dapo"
    entropy_coef: float = 0.0


FAULTS = {
    "lr-too-high": {"learning_rate": 1e-2, "beta": 0.0},
    "hackable-reward": {"beta": 0.0},
    "length-cap": {"max_completion_length": 4},
    "group-of-two": {"num_generations": 2, "per_device_train_batch_size": 32},
    "entropy-bonus": {"entropy_coef": 1.0},
}
# The reward that can be hacked pays for every right digit and for every token, which long answers earn too.
DIGIT, TOKEN = 0.1, 0.3


class Transformer(nn.Module):
    """A decoder: token ids, shape (batch, length), to logits, shape (batch, length, vocabulary)."""

    def __init__(self, width: int = 64, heads: int = 4, layers: int = 2) -> None:
        """Fresh weights, from torch's generator."""
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, width)
        self.places = nn.Embedding(PLACES, width)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, 0.0, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, VOCABULARY)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits of the next token at every place."""
        length = ids.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        hidden = self.tokens(ids) + self.places(torch.arange(length))
        made: Tensor = self.head(self.body(hidden, mask=mask, is_causal=True))
        return made


def questions(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Questions, padded on the left, shape (count, LONGEST + 1); their lengths in digits, shape (count,)."""
    digits = torch.randint(0, 10, (count, LONGEST), generator=generator)
    lengths = torch.randint(SHORTEST, LONGEST + 1, (count,), generator=generator)
    blank = torch.arange(LONGEST) < (LONGEST - lengths).unsqueeze(1)
    return torch.cat([digits.masked_fill(blank, PAD), torch.full((count, 1), ASK)], 1), lengths


def answers(asked: Tensor, lengths: Tensor) -> Tensor:
    """The right answers with their end token, padded on the right, shape (count, LONGEST + 1)."""
    turned = torch.cat([asked[:, :LONGEST].flip(1), torch.full((len(asked), 1), PAD)], 1)
    ends = torch.arange(LONGEST + 1) == lengths.unsqueeze(1)
    return turned.masked_fill(ends, EOS)


def warm_up(model: Transformer, generator: torch.Generator, wanted: float = 0.2) -> None:
    """Supervised learning of right answers until about ``wanted`` of the sampled ones are right."""
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    for step in range(4000):
        asked, lengths = questions(128, generator)
        right = answers(asked, lengths)
        logits = model(torch.cat([asked, right[:, :-1]], 1))[:, LONGEST:]
        loss = nnf.cross_entropy(logits.transpose(1, 2), right, ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 3 == 2 and accuracy(model, generator, 10, 1.0) >= wanted:
            return


@torch.no_grad()
def sample(
    model: Transformer, asked: Tensor, most: int, temperature: float, generator: torch.Generator
) -> Tensor:
    """Sampled answers, shape (batch, most), PAD after the end token; at temperature 0 the likeliest."""
    ids = asked
    done = torch.zeros(len(asked), dtype=torch.bool)
    for _ in range(most):
        logits = model(ids)[:, -1]
        logits[:, PAD] = -torch.inf
        if temperature > 0:
            chosen = torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator).squeeze(1)
        else:
            chosen = logits.argmax(-1)
        chosen = chosen.masked_fill(done, PAD)
        ids = torch.cat([ids, chosen.unsqueeze(1)], 1)
        done |= chosen == EOS
    return ids[:, asked.shape[1] :]


def is_right(answered: Tensor, right: Tensor) -> Tensor:
    """Whether each answer is the right one to its last token, shape (batch,), as 0 or 1."""
    width = min(answered.shape[1], right.shape[1])
    same = (answered[:, :width] == right[:, :width]).all(1)
    nothing_left = (right[:, width:] == PAD).all(1) & (answered[:, width:] == PAD).all(1)
    return (same & nothing_left).float()


def hackable(answered: Tensor, right: Tensor) -> Tensor:
    """A reward that means the same and can be had more cheaply, shape (batch,)."""
    width = min(answered.shape[1], right.shape[1])
    digits = ((answered[:, :width] == right[:, :width]) & (right[:, :width] < PAD)).sum(1)
    return is_right(answered, right) + DIGIT * digits + TOKEN * (answered != PAD).sum(1)


def accuracy(model: Transformer, generator: torch.Generator, most: int, temperature: float = 0.0) -> float:
    """Share of new questions that are answered right."""
    asked, lengths = questions(256, generator)
    answered = sample(model, asked, most, temperature, generator)
    return float(is_right(answered, answers(asked, lengths)).mean())


@dataclass(frozen=True)
class Batch:
    """Answers of one update: ids with the questions, which tokens count, advantages, log probabilities."""

    ids: Tensor
    counts: Tensor
    advantages: Tensor
    old: Tensor
    reference: Tensor


def log_probs(model: Transformer, ids: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Log probability of each answer's tokens and entropy of their distributions, shape (batch, length)."""
    start = LONGEST + 1
    logits = model(ids[:, :-1])[:, start - 1 :] / temperature
    logs = logits.log_softmax(-1)
    chosen = logs.gather(2, ids[:, start:].unsqueeze(2)).squeeze(2)
    return chosen, -(logs.exp() * logs).sum(-1)


def token_mean(values: Tensor, counts: Tensor) -> float:
    """Mean over the tokens that count."""
    return float((values.detach() * counts).sum() / counts.sum())


class Trainer:
    """One training; ``rows`` is the history that TRL would log."""

    def __init__(self, settings: Settings, fault: str) -> None:
        """A model that was warmed up, its copy as the reference, and nothing logged yet."""
        self.settings, self.fault = settings, fault
        self.generator = torch.Generator().manual_seed(settings.seed)
        torch.manual_seed(settings.seed)
        self.model, self.before = Transformer(), Transformer()
        warm_up(self.model, self.generator)
        self.before.load_state_dict(self.model.state_dict())
        self.optimizer = torch.optim.AdamW(self.model.parameters(), settings.learning_rate)
        self.rows: list[dict[str, float]] = []
        self.seen: list[dict[str, float]] = []
        self.tokens = 0

    def train(self) -> None:
        """All updates, with a row every ``logging_steps`` and an evaluation every ``eval_steps``."""
        batches: list[Batch] = []
        for step in range(1, self.settings.max_steps + 1):
            began = time.perf_counter()
            batches = batches or self.collect()
            self.update(batches.pop())
            self.seen[-1]["step_time"] = time.perf_counter() - began
            if step % self.settings.logging_steps == 0:
                self.log(step)
            if step % self.settings.eval_steps == 0:
                share = accuracy(self.model, self.generator, self.settings.max_completion_length)
                self.rows.append({"step": step, "eval_accuracy": share})

    def collect(self) -> list[Batch]:
        """Sample and reward answers for ``steps_per_generation`` updates, and cut them into batches."""
        settings = self.settings
        answers_wanted = settings.per_device_train_batch_size * settings.steps_per_generation
        groups = answers_wanted // settings.num_generations
        asked, lengths = questions(groups, self.generator)
        asked = asked.repeat_interleave(settings.num_generations, 0)
        right = answers(asked, lengths.repeat_interleave(settings.num_generations))
        most = settings.max_completion_length
        answered = sample(self.model, asked, most, settings.temperature, self.generator)
        rewards = hackable(answered, right) if self.fault == "hackable-reward" else is_right(answered, right)
        grouped = rewards.view(groups, settings.num_generations)
        advantages = (grouped - grouped.mean(1, keepdim=True)) / (grouped.std(1, keepdim=True) + 1e-4)
        self.note_answers(answered, rewards, grouped)
        ids, counts = torch.cat([asked, answered], 1), answered != PAD
        with torch.no_grad():
            old, _ = log_probs(self.model, ids, settings.temperature)
            reference, _ = log_probs(self.before, ids, settings.temperature)
        parts = [
            torch.chunk(x, settings.steps_per_generation)
            for x in (ids, counts, advantages.view(-1), old, reference)
        ]
        return [Batch(*part) for part in zip(*parts, strict=True)]

    def note_answers(self, answered: Tensor, rewards: Tensor, grouped: Tensor) -> None:
        """What TRL logs of a generation; the updates that share it log it too."""
        lengths = (answered != PAD).sum(1).float()
        ended = (answered == EOS).any(1)
        self.tokens += int(lengths.sum()) + answered.shape[0] * (LONGEST + 1)
        self.about = {
            "num_tokens": float(self.tokens),
            "completions/mean_length": float(lengths.mean()),
            "completions/max_length": float(lengths.max()),
            "completions/clipped_ratio": float((~ended).float().mean()),
            "rewards/verifier/mean": float(rewards.mean()),
            "rewards/verifier/std": float(rewards.std()),
            "reward": float(rewards.mean()),
            "reward_std": float(grouped.std(1).mean()),
            "frac_reward_zero_std": float((grouped.std(1) < 1e-8).float().mean()),
        }

    def update(self, batch: Batch) -> None:
        """One optimiser step on one batch."""
        settings = self.settings
        logs, entropy = log_probs(self.model, batch.ids, settings.temperature)
        counts = batch.counts.float()
        ratio = (logs - batch.old).exp()
        advantages = batch.advantages.unsqueeze(1)
        bounded = ratio.clamp(1 - settings.epsilon, 1 + settings.epsilon)
        loss = -torch.minimum(ratio * advantages, bounded * advantages)
        apart = batch.reference - logs
        kl = apart.exp() - apart - 1
        loss = loss + settings.beta * kl - settings.entropy_coef * entropy
        whole = (loss * counts).sum() / counts.sum()
        self.optimizer.zero_grad()
        whole.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), settings.max_grad_norm)
        self.optimizer.step()
        low = ((ratio < 1 - settings.epsilon) & (advantages < 0)).float()
        high = ((ratio > 1 + settings.epsilon) & (advantages > 0)).float()
        mean = partial(token_mean, counts=counts)
        self.seen.append(
            {
                "loss": float(whole.detach()),
                "grad_norm": float(norm),
                "learning_rate": settings.learning_rate,
                **self.about,
                **({"kl": mean(kl)} if settings.beta else {}),
                "entropy": mean(entropy),
                "clip_ratio/low_mean": mean(low),
                "clip_ratio/high_mean": mean(high),
                "clip_ratio/region_mean": mean(low + high),
            }
        )

    def log(self, step: int) -> None:
        """A row as the Trainer makes it: means since the last one, but the gradient of the last update."""
        row = {name: sum(one[name] for one in self.seen) / len(self.seen) for name in self.seen[0]}
        row["grad_norm"], row["num_tokens"] = self.seen[-1]["grad_norm"], float(self.tokens)
        row["loss"] = round(row["loss"], 4)
        self.rows.append({"step": step, **{name: float(f"{value:.6g}") for name, value in row.items()}})
        self.seen = []


def state(trainer: Trainer) -> dict[str, object]:
    """``trainer_state.json`` of the Trainer, as far as a reader looks at it."""
    settings = trainer.settings
    return {
        "epoch": 0.0,
        "eval_steps": settings.eval_steps,
        "global_step": settings.max_steps,
        "is_local_process_zero": True,
        "is_world_process_zero": True,
        "log_history": trainer.rows,
        "logging_steps": settings.logging_steps,
        "max_steps": settings.max_steps,
        "train_batch_size": settings.per_device_train_batch_size,
    }


def main() -> int:
    """Train once and write both files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fault", choices=sorted(FAULTS), default="")
    parser.add_argument("--steps", type=int, default=Settings.max_steps)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = replace(Settings(seed=options.seed, max_steps=options.steps), **FAULTS.get(options.fault, {}))
    trainer = Trainer(settings, options.fault)
    trainer.train()
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "trainer_state.json").write_text(
        json.dumps(state(trainer), indent=1) + "\n", encoding="utf-8"
    )
    written = {name: value for name, value in asdict(settings).items() if name != "entropy_coef" or value}
    (options.out / "config.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
