"""The command `miglint`. Subcommands are modules of this package, imported when they are asked for.

Exit status: 0 nothing found at or above `--fail-on`, 1 findings, 2 could not do what was asked, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from miglint import __version__
from miglint.errors import MiglintError

COMMANDS = ("check", "fix", "sql", "graph", "rule", "init")
HIDDEN = ("action",)
"""What the GitHub action runs; nobody types it."""
FAILED, INTERRUPTED = 2, 130
DEBUG = "MIGLINT_DEBUG"
ISSUES = "https://github.com/miglint/miglint/issues"


class _Lazy(click.Group):
    """A group whose commands are imported by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in (*COMMANDS, *HIDDEN):
            return None
        command = getattr(importlib.import_module(f"miglint.cli.{cmd_name}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in (*COMMANDS, *HIDDEN) and not args[0].startswith("-"):
            from miglint.suggest import did_you_mean

            raise click.UsageError(f"there is no command {args[0]!r}{did_you_mean(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Say what is dangerous about database migrations before they are merged, without running them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status; every error is one line on stderr."""
    try:
        status = cli.main(arguments, prog_name="miglint", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return 0
    except click.exceptions.NoArgsIsHelpError as error:
        return _fail(f"say what to do: {', '.join(COMMANDS)} (see miglint --help)", error)
    except click.UsageError as error:
        hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        return _fail(f"{error.format_message()}{hint}", error)
    except click.ClickException as error:
        return _fail(error.format_message(), error)
    except MiglintError as error:
        return _fail(str(error), error)
    except Exception as error:
        said = f"this is a bug in miglint: {type(error).__name__}: {error}"
        return _fail(f"{said} (please report it with what {DEBUG}=1 prints: {ISSUES})", error)
    return status if isinstance(status, int) else 0


def _fail(message: str, error: Exception) -> int:
    from miglint.escape import line

    if os.environ.get(DEBUG) == "1":
        import traceback

        traceback.print_exception(error)
    # `##[error]` would be a command to GitHub's runner, which reads stderr too.
    shown = line(" ".join(message.split())).replace("##[", "##\\x5b")
    click.echo(f"miglint: {shown}", err=True)
    return FAILED


def _close_stdout() -> None:
    """Let the interpreter's own flush at exit go nowhere: whoever read the output has enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
