"""``rldoctor completion``: commands and options for the Tab key, as a script that the shell reads once.

Nothing of the program runs when Tab is pressed. After an update the script is printed again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping

from rldoctor.commands.option_kinds import one_of
from rldoctor.commands.program import Program

Words = Mapping[str, tuple[str, ...]]


def completion(shell: str, program: Program) -> int:
    """Print the script; UsageError for a shell that is not known."""
    write = _SHELLS[one_of(shell, tuple(_SHELLS), "SHELL")]
    sys.stdout.write(write(words_of(program)))
    return 0


def words_of(program: Program) -> Words:
    """By command (``analyze``, ``rules list``, empty for none): the subcommands and options behind it."""
    return dict(_words("", program.build()))


def _words(path: str, command: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    entries = getattr(command, "entries", {})
    context = command.make_context("rldoctor", [], resilient_parsing=True)  # type: ignore[attr-defined]
    options = (text for one in command.get_params(context) for text in one.opts)  # type: ignore[attr-defined]
    flags = sorted(text for text in options if text.startswith("-"))
    yield path, (*entries, *flags)
    for name, entry in entries.items():
        yield from _words(f"{path} {name}".strip(), entry.build())


def _bash(words: Words) -> str:
    cases = "".join(f'    "{path}") words="{" ".join(found)}" ;;\n' for path, found in words.items() if path)
    return _BASH.replace("@CASES@", cases).replace("@TOP@", " ".join(words[""]))


def _zsh(words: Words) -> str:
    return "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" + _bash(words)


def _fish(words: Words) -> str:
    lines = ["complete -c rldoctor -e"]
    for path, found in words.items():
        seen = " ".join(f"__fish_seen_subcommand_from {name};" for name in path.split())
        test = f"{seen.replace('; ', '; and ').rstrip(';')}" if path else "__fish_use_subcommand"
        lines += [_fish_line(test, text) for text in found]
    return "\n".join(lines) + "\n"


def _fish_line(test: str, text: str) -> str:
    if text.startswith("--"):
        return f"complete -c rldoctor -n '{test}' -l {text[2:]}"
    if text.startswith("-"):
        return f"complete -c rldoctor -n '{test}' -s {text[1:]}"
    return f"complete -c rldoctor -n '{test}' -f -a {text}"


_BASH = """\
_rldoctor() {
  local word="${COMP_WORDS[COMP_CWORD]}" path="" words="@TOP@" part
  for part in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$part" in -*) continue ;; esac
    case " $words " in *" $part "*) path="${path:+$path }$part" ;; *) continue ;; esac
    case "$path" in
@CASES@    esac
  done
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _rldoctor rldoctor
"""
_SHELLS: Mapping[str, Callable[[Words], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
