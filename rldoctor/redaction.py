"""The one room where secrets are told from settings, by key and by form, and hidden.

Settings pass through it right after they are read, so nothing behind it (reports, comparisons, baselines,
caches, webhooks, the Python objects) ever holds a secret. What is hidden keeps one property: whether two of
them are the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rldoctor.patterns import pattern

SHOWN = "(hidden)"
_SALT = os.urandom(16)
_DEEPEST = 24
_PASSES = 4

# Words of a key that say it by themselves, whatever the value is.
_PASSWORDS = frozenset(
    {"password", "passwd", "passphrase", "pwd", "apikey", "authkey", "privatekey", "accesskey"}
)
_SECRETS = frozenset(
    {"secret", "secrets", "credential", "credentials", "cookie", "authorization", "bearer", "dsn"}
)
# ``key`` and ``token`` behind one of these; alone they do too. Any other key or token has to look like one.
_OF_KEYS = frozenset(
    (
        *(
            "api",
            "access",
            "private",
            "secret",
            "license",
            "ssh",
            "signing",
            "encryption",
            "account",
            "storage",
        ),
        *("service", "auth", "session", "deploy", "client", "wandb", "openai", "anthropic", "aws", "azure"),
        *("gcp", "google", "comet", "neptune", "mlflow", "clearml", "hf", "huggingface", "hub", "github"),
        *("gitlab", "slack", "discord", "telegram", "bot", "refresh", "bearer", "swanlab", "trackio"),
    )
)
# Tokens of a language model, which are words.
_OF_WORDS = frozenset(
    (
        *("pad", "eos", "bos", "unk", "mask", "sep", "cls", "stop", "image", "start", "end", "special"),
        *("video", "audio", "think", "prefix", "suffix", "next", "last", "first", "chat", "system", "user"),
        *("assistant", "tool", "role", "per"),
    )
)
_WORD = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_RANDOM = pattern(r"^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+/_=-]{16,}$|^[0-9a-f]{32,}$")
_MARKED = pattern(r"^[<\[|{].*[>\]|}]$")

_NAMED = r"(?:password|passwd|passphrase|secret|(?:api|access|private)[_-]?key|(?:auth|access|api)[_-]?token)"
_NAMES = ("passw", "passphrase", "secret", "key", "token")
# The forms of a secret, each behind texts of which one is in whatever has that form: compiling them all takes
# longer than reading a small log, and hardly any text has one of these in it. Each alternative keeps what
# stands in its first group and hides the rest.
MARKED_FORMS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("-----begin ",), r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*"),
    (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "hf_", "pypi-", "npm_", "_v1_"),
        r"\b(?:gh[pousr]_|github_pat_|glpat-|hf_|pypi-|npm_|dop_v1_|wandb_v1_)[A-Za-z0-9_-]{16,}",
    ),
    (
        ("sk-", "sk_", "rk-", "rk_", "pk-", "pk_"),
        r"\b(?:sk|rk|pk)[-_](?:[a-z]{1,8}[-_]){0,3}[A-Za-z0-9_-]{20,}",
    ),
    (("xox",), r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"),
    (("akia", "asia"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    (("aiza",), r"\bAIza[A-Za-z0-9_-]{30,}"),
    (("ya29.",), r"\bya29\.[A-Za-z0-9_-]{20,}"),
    (("eyj",), r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"),
    (
        ("hooks.slack.com", "discord"),
        r"(?P<hook>\bhooks\.slack\.com/services/|\bdiscord(?:app)?\.com/api/webhooks/)\S+",
    ),
    (("://",), r"(?P<user>://[^/\s:@]{0,200}:)[^/\s@]{1,500}(?=@)"),
    (("://",), r"(?P<scheme>://)[A-Za-z0-9_-]{16,500}(?=@)"),
    (
        (*_NAMES, "sig"),
        r"(?P<query>[?&](?:[a-z_-]{0,20}token|key|[a-z]{0,10}_?key|sig|signature|password|secret)=)"
        r"[^&\s\"']+",
    ),
    (_NAMES, rf"(?P<flag>--[\w-]{{0,40}}?{_NAMED}[\w-]{{0,40}}[ =]\s{{0,9}})(?!-)\S+"),
    (
        _NAMES,
        rf"(?P<named>{_NAMED}[\w-]{{0,40}}[\"']?\s{{0,9}}[=:]\s{{0,9}}[\"']?)[^\s\"',;}}\]]+",
    ),
)
_MARKS = frozenset(mark for marks, _ in MARKED_FORMS for mark in marks)
_FORMS = pattern("|".join(form for _, form in MARKED_FORMS), re.IGNORECASE)


class Hidden(str):
    """What stands in the place of a secret, or of a text with one in it: equal to that of the same one only.

    ``mark`` is a keyed digest of what is hidden, the same for equal secrets while the process lasts.
    """

    mark: str

    def __new__(cls, secret: object, shown: str = SHOWN) -> Hidden:
        """``shown`` is what may be seen; nothing of ``secret`` is kept but the digest."""
        import hashlib

        made = super().__new__(cls, shown)
        made.mark = hashlib.blake2b(repr(secret).encode("utf-8", "replace"), key=_SALT).hexdigest()
        return made

    def __eq__(self, other: object) -> bool:
        """Whether both hide the same."""
        return isinstance(other, Hidden) and self.mark == other.mark

    def __ne__(self, other: object) -> bool:
        """As ``str`` has one of its own."""
        return not self == other

    def __hash__(self) -> int:
        """Of the digest."""
        return hash(self.mark)


def hide(key: str, value: Any) -> Any:
    """The value of a setting as it may be kept and shown: a :class:`Hidden` where it is a secret.

    In lists and tables each part is looked at. Of a text that holds a secret (an address with a password, a
    command line) the secret alone is hidden.
    """
    return _hide(key, value, 0)


def _hide(key: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | float | Hidden):
        return value
    if isinstance(value, int):
        return Hidden(value) if _kind(key) == "password" else value
    if isinstance(value, str):
        return _text(key, value)
    if depth > _DEEPEST:
        return Hidden(value)
    if isinstance(value, Mapping):
        return {
            name: _hide(f"{key}.{name}" if _kind(key) else str(name), part, depth + 1)
            for name, part in value.items()
        }
    if isinstance(value, list | tuple):
        made = [_hide(key, part, depth + 1) for part in value]
        return made if isinstance(value, list) else tuple(made)
    return Hidden(value) if _kind(key) else value


def _text(key: str, value: str) -> str:
    if not value.strip():
        return value
    kind = _kind(key)
    if kind in ("password", "secret") or (kind == "token" and not _MARKED.match(value)):
        return Hidden(value)
    if kind == "key" and _RANDOM.match(value):
        return Hidden(value)
    made = hidden_text(value)
    return value if made == value else Hidden(value, made)


@lru_cache(maxsize=4096)
def _kind(key: str) -> str:
    """What a key stands for: ``password``, ``secret``, ``token``, ``key`` (perhaps one), or nothing."""
    words = [word.lower() for word in _WORD.findall(key[-200:])]
    if not words:
        return ""
    if _PASSWORDS.intersection(words) or (
        "key" in words[1:] and words[words.index("key") - 1] in ("api", "private")
    ):
        return "password"
    if _SECRETS.intersection(words):
        return "secret"
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last == "token":
        return "" if before in _OF_WORDS else "token"
    if last in ("key", "keys"):
        return "secret" if before in _OF_KEYS or words == ["key"] else "key"
    return ""


def hidden_text(text: str) -> str:
    """A text in which what has the form of a secret is hidden."""
    lowered = text.lower()
    # Letters beyond ASCII may be a letter of a form in another case, as re.IGNORECASE has it.
    if text.isascii() and not any(mark in lowered for mark in _MARKS):
        return text
    # What is hidden may have kept another form from being seen: a slash in it that is none of the URL.
    for _ in range(_PASSES):
        before, text = text, _FORMS.sub(_kept, text)
        if text == before:
            break
    return text


def _kept(match: re.Match[str]) -> str:
    return next((group for group in match.groups() if group), "") + SHOWN


def hidden_words(words: Sequence[str]) -> list[str]:
    """A command line with secrets hidden, also in ``--set key=value``, and the addresses to post to."""
    return [_word(before, word) for before, word in zip(["", *words], words, strict=False)]


def _word(before: str, word: str) -> str:
    key, sign, value = word.partition("=")
    if before == "--webhook":
        return SHOWN
    if sign and key == "--webhook":
        return f"{key}={SHOWN}"
    if sign and key == "--set":
        return f"{key}={_word('', value)}"
    return f"{key}={hide(key, value)}" if sign and not key.startswith("-") else hidden_text(word)
