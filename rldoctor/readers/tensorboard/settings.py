"""Hyperparameters from event files: hparams, CleanRL's table, ML-Agents' tree, Tianshou's dictionary.

Nothing is evaluated: Python literals are parsed, anything else stays the text it was.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from rldoctor.model.raw import Note, RawSetting
from rldoctor.readers.python_text import expression, literal_in
from rldoctor.readers.tensorboard.protobuf_path import Text

MAX_TEXT = 1 << 20
"""Longer texts are not configurations."""

# ``add_text`` of torch and of tensorboardX puts this behind the tag.
_SUFFIX = "/text_summary"
# Beside the arguments of the training, for Hugging Face's Trainer: a temperature there is not the training's.
_OF_THE_MODEL = "model_config"
_CONFIG_WORDS = ("hyperparam", "hparam", "args", "config", "param")
Pairs = Iterator[tuple[str, object]]


def settings_of_hparams(hparams: Mapping[str, object]) -> list[RawSetting]:
    """Settings of the hparams plugin; None is what the plugin stores for an empty value."""
    return [RawSetting(key, value, "events:hparams") for key, value in hparams.items()]


def settings_of_text(text: Text) -> tuple[list[RawSetting], list[Note]]:
    """Settings in one text summary, or a note when what looks like a configuration is not understood."""
    tag = text.tag.removesuffix(_SUFFIX)
    body = "\n".join(row[0] for row in text.strings if row)
    if len(body) > MAX_TEXT:
        return [], [
            Note("text-too-long", f"text {tag!r} ({len(body)} characters) was not searched for settings")
        ]
    # The form decides, not the tag: a table or a dictionary is a configuration whatever it was called.
    pairs = dict(_pairs(text, body))
    if pairs:
        before = f"{tag}." if tag == _OF_THE_MODEL else ""
        return [RawSetting(before + key, value, f"events:{tag}") for key, value in pairs.items()], []
    if any(word in tag.lower() for word in _CONFIG_WORDS):
        return [], [Note("text-not-understood", f"text {tag!r} has no table, tree or dictionary of settings")]
    return [], []


def _pairs(text: Text, body: str) -> Pairs:
    """Key and value pairs by the first form that fits."""
    # Older ML-Agents: a text of two columns, key and value.
    if text.strings and len(text.strings[0]) == 2:
        return ((row[0], literal(row[1])) for row in text.strings if len(row) == 2)
    if body.lstrip().startswith("|"):
        return _table(body)
    if body.lstrip().startswith(("{", "Namespace(")):
        return _dictionary(body.strip())
    return _tree(body) if ":\t" in body else iter(())


def _table(body: str) -> Pairs:
    """CleanRL: a markdown table ``|param|value|``, its rule line, then one row per setting."""
    for line in body.splitlines():
        # Split once: a value may hold a ``|`` itself.
        cells = line.strip().removeprefix("|").removesuffix("|").split("|", 1)
        header = [cell.strip().lower() for cell in cells] in (["param", "value"], ["key", "value"])
        if len(cells) == 2 and cells[0].strip(" -:") and not header:
            yield cells[0].strip(), literal(cells[1])


def _tree(body: str) -> Pairs:
    """ML-Agents: ``key:<tab>value`` lines; deeper indentation is nesting."""
    parents: list[tuple[int, str]] = []
    for line in body.splitlines():
        key, found, value = line.partition(":\t")
        name = key.strip()
        if not found or not name:
            continue
        depth = len(key) - len(key.lstrip())
        while parents and parents[-1][0] >= depth:
            parents.pop()
        if value.strip():
            yield ".".join([parent for _, parent in parents] + [name]), literal(value)
        else:
            parents.append((depth, name))


def _dictionary(body: str) -> Pairs:
    """Tianshou: ``str()`` of a dictionary or of an ``argparse.Namespace``."""
    try:
        node = expression(body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    if isinstance(node, ast.Dict):
        yield from _nested("", _items(node))
    elif isinstance(node, ast.Call):
        yield from _nested("", [(item.arg, item.value) for item in node.keywords if item.arg])


def _nested(prefix: str, items: list[tuple[str, ast.expr]]) -> Pairs:
    """Flatten dictionaries inside dictionaries to dotted keys."""
    for key, value in items:
        if isinstance(value, ast.Dict) and value.keys and None not in value.keys:
            yield from _nested(f"{prefix}{key}.", _items(value))
        else:
            yield prefix + key, _value(value)


def _items(node: ast.Dict) -> list[tuple[str, ast.expr]]:
    """Keys as text, values as expressions; ``**other`` has no key and is left out."""
    pairs = zip(node.keys, node.values, strict=True)
    return [(str(_value(key)), value) for key, value in pairs if key is not None]


def _value(node: ast.expr) -> object:
    """A literal's value; the source text of anything else."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError):
        return ast.unparse(node)


def literal(text: str) -> object:
    """``text`` as a Python number, bool, None, string or container if it is one, else stripped text."""
    text = text.strip()
    try:
        return literal_in(text)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return text
