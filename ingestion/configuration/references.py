"""Where the values of a landscape's references come from: the environment, a file, a secret manager.

`${NAME}` and `${NAME:-default}` are environment variables, `${file:PATH}` is the content of a file (relative
to the landscape), `${secret:NAME}` what the command in CONCORD_SECRET_COMMAND prints when given the name.
"""

import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

REFERENCE = re.compile(
    r"\$\{(?:(?P<kind>file|secret):(?P<place>[^}]+)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?)\}"
)
MANAGER = "CONCORD_SECRET_COMMAND"
COMMAND_SECONDS = 15.0


def literals(written: str) -> str:
    """What a text says itself: each reference is replaced by its default, or by nothing without one."""
    return REFERENCE.sub(lambda match: match["default"] or "", written)


class UnresolvedError(Exception):
    """A reference without a value, in words that hold no value."""


@dataclass
class References:
    """Looks references up, each secret once. `directory` is the landscape's folder."""

    variables: Mapping[str, str]
    directory: Path
    _secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def value(self, match: re.Match[str]) -> str:
        """What a match of `REFERENCE` stands for, or `UnresolvedError`."""
        if match["kind"] == "file":
            return self._file(match["place"])
        if match["kind"] == "secret":
            return self._secret(match["place"])
        found = self.variables.get(match["name"]) or match["default"]
        if found is None:
            raise UnresolvedError(f"environment variable {match['name']} is not set")
        return found

    def _file(self, place: str) -> str:
        path = self.directory / Path(place).expanduser()
        try:
            return path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text file"
            raise UnresolvedError(f"file {path} cannot be read: {reason}") from None

    def _secret(self, name: str) -> str:
        if name not in self._secrets:
            self._secrets[name] = self._asked(name)
        return self._secrets[name]

    def _asked(self, name: str) -> str:
        command = self.variables.get(MANAGER)
        if not command:
            raise UnresolvedError(
                f"secret {name} needs a secret manager: set {MANAGER} to the command that prints a secret's "
                "value when its name is added"
            )
        try:
            done = subprocess.run(
                [*shlex.split(command), name],
                env=dict(self.variables),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_SECONDS,
            )
        except (OSError, ValueError) as error:
            raise UnresolvedError(f"{MANAGER} cannot be started: {error}") from None
        except subprocess.TimeoutExpired:
            raise UnresolvedError(
                f"{MANAGER} gave no answer about secret {name} in {COMMAND_SECONDS:.0f} s"
            ) from None
        found = done.stdout.decode("utf-8", errors="replace").rstrip("\r\n")
        if done.returncode or not found:
            # What it printed may hold a secret, so only how it ended is told.
            raise UnresolvedError(f"{MANAGER} has no secret {name} (exit code {done.returncode})")
        return found
