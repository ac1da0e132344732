"""What runs in continuous integration: the action, the example workflows and the hooks for pre-commit.

Their shell parts run here for real, with a ``gh`` that writes down how it was called.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml
from tests.commands import environment, write

from holdfast import cli

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github/actions/check/action.yml"
EXAMPLES = sorted((ROOT / ".github/examples").glob("*.yml"))
HOOKS = ROOT / ".pre-commit-hooks.yaml"
SCHEMAS = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
BASH = ["bash", "--noprofile", "--norc", "-euo", "pipefail"]


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def typed(path: Path) -> Any:
    """As GitHub reads it: YAML 1.2, where ``on`` is a text."""
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in loaded.items()}


def steps(path: Path) -> list[Any]:
    whole = read(path)
    if "runs" in whole:
        return whole["runs"]["steps"]
    return [step for job in whole["jobs"].values() for step in job["steps"]]


def step(path: Path, name: str) -> Any:
    (found,) = [each for each in steps(path) if each.get("name") == name]
    return found


def scripts() -> Iterator[tuple[str, str]]:
    for path in (ACTION, *EXAMPLES):
        for each in steps(path):
            if "run" in each:
                yield f"{path.stem}: {each['name']}", each["run"]


# -- their form ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "schema"),
    [(ACTION, "github-actions"), *((path, "github-workflows") for path in EXAMPLES)],
    ids=lambda value: getattr(value, "stem", value),
)
def test_they_are_what_github_takes(path: Path, schema: str) -> None:
    rules = json.loads((SCHEMAS / f"{schema}.json").read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(rules)(rules).validate(typed(path))


def test_no_workflow_of_ours_runs_in_this_repository() -> None:
    assert len(EXAMPLES) == 2
    assert not (ROOT / ".github/workflows").exists()


@pytest.mark.parametrize("script", [pytest.param(text, id=name) for name, text in scripts()])
def test_shell_parts_are_clean_and_take_values_from_the_environment_alone(
    script: str, tmp_path: Path
) -> None:
    """An expression in a script is text that whoever opens a pull request may write."""
    assert "${{" not in script
    path = tmp_path / "script.sh"
    path.write_text(script)
    shellcheck = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run(
        [shellcheck, "--shell=bash", path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [ACTION, *EXAMPLES, HOOKS], ids=lambda path: path.name)
def test_every_option_exists(path: Path) -> None:
    known = {name for each in cli.main.commands["check"].params for name in each.opts}
    known |= {name for each in cli.main.commands["archive"].params for name in each.opts}
    holdfasts = "\n".join(
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if not re.search(r"\b(gh|git|pip)\b|bin/pip", line)
    )
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", holdfasts))
    assert used
    assert used <= known


def test_examples_give_the_action_what_it_takes() -> None:
    takes = set(read(ACTION)["inputs"])
    for path in EXAMPLES:
        (ours,) = [each for each in steps(path) if "holdfast" in each.get("uses", "")]
        assert set(ours["with"]) <= takes


def test_hooks_name_commands_that_there_are() -> None:
    hooks = {hook["id"]: hook for hook in read(HOOKS)}
    assert set(hooks) == {"holdfast-check", "holdfast-archive-check"}
    for hook in hooks.values():
        program, command, *_ = hook["entry"].split()
        assert program == "holdfast"
        assert command in cli.main.commands
    assert hooks["holdfast-archive-check"]["pass_filenames"] == "false"


# -- what they do ----------------------------------------------------------------------------------------


def bash(script: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BASH, "-c", script],
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """What a runner puts into the environment, with this holdfast as the installed one."""
    temp = tmp_path / "temp"
    write(temp, {"output": "", "summary.md": ""})
    program = temp / "holdfast" / "bin" / "holdfast"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m holdfast "$@"\n')
    program.chmod(0o755)
    return {
        "RUNNER_TEMP": str(temp),
        "GITHUB_OUTPUT": str(temp / "output"),
        "GITHUB_STEP_SUMMARY": str(temp / "summary.md"),
        **dict.fromkeys(("PATHS", "ARGS", "SARIF", "MARKDOWN"), ""),
        "ARCHIVE": "archive",
        "FAIL": "true",
    }


SITE = {"a.md": "[gone](gone.md)\n", "b c.md": "[there](a.md)\n"}
CHECK = step(ACTION, "Check links")["run"]


def test_the_action_annotates_sums_up_and_passes_the_exit_code_on(
    tmp_path: Path, runner: dict[str, str]
) -> None:
    site = write(tmp_path / "site", SITE)
    extra = {"ARGS": "  --local\n\n--strict\n", "SARIF": "links.sarif", "MARKDOWN": "links.md"}
    done = bash(CHECK, site, {**runner, **extra})
    assert done.returncode == 2, done
    assert "::error file=a.md,line=1,col=8," in done.stdout
    assert Path(runner["GITHUB_OUTPUT"]).read_text() == "code=2\n"
    assert "gone.md" in Path(runner["GITHUB_STEP_SUMMARY"]).read_text()
    assert "gone.md" in (site / "links.md").read_text()
    assert json.loads((site / "links.sarif").read_text())["version"] == "2.1.0"


def test_the_action_may_be_told_not_to_fail(tmp_path: Path, runner: dict[str, str]) -> None:
    site = write(tmp_path / "site", SITE)
    done = bash(CHECK, site, {**runner, "ARGS": "--local", "FAIL": "false"})
    assert done.returncode == 0
    assert Path(runner["GITHUB_OUTPUT"]).read_text() == "code=2\n"


def test_the_action_takes_paths_as_they_are(tmp_path: Path, runner: dict[str, str]) -> None:
    site = write(tmp_path / "site", {**SITE, "-x.md": "[there](a.md)\n"})
    done = bash(CHECK, site, {**runner, "ARGS": "--local", "PATHS": "b c.md\n-x.md\n"})
    assert done.returncode == 0, done
    assert "2 documents" in done.stdout


def test_a_wrong_call_stays_one(tmp_path: Path, runner: dict[str, str]) -> None:
    done = bash(CHECK, write(tmp_path / "site", SITE), {**runner, "ARGS": "--loca"})
    assert done.returncode == 3
    assert Path(runner["GITHUB_OUTPUT"]).read_text() == "code=3\n"


SWEEP = ROOT / ".github/examples/weekly-sweep.yml"

GH = """#!/bin/sh
echo "$*" >> "$GH_LOG"
case "$1 $2" in "issue list") printf '%s' "$GH_OPEN" ;; esac
"""


@pytest.mark.parametrize(
    ("code", "open_issue", "called"),
    [
        ("0", "", []),
        ("0", "7\n", ["issue close 7 --comment Every link is well again."]),
        ("2", "7\n", ["issue edit 7 --body-file summary.md"]),
        (
            "2",
            "",
            [
                "label create dead-links --force --description Kept up to date by the weekly sweep",
                "issue create --title Dead links --label dead-links --body-file summary.md",
            ],
        ),
        ("1", "7\n", []),
        ("3", "", []),
        ("", "", []),
    ],
)
def test_one_issue_is_kept_up_to_date(code: str, open_issue: str, called: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"bin/gh": GH})
    (tmp_path / "bin/gh").chmod(0o755)
    log = tmp_path / "log"
    env = {
        **read(SWEEP)["env"],
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "GH_LOG": str(log),
        "GH_OPEN": open_issue,
        "CODE": code,
        "SUMMARY": "summary.md",
    }
    done = bash(step(SWEEP, "Keep the issue up to date")["run"], tmp_path, env)
    assert done.returncode == 0, done
    asked, *rest = log.read_text().splitlines()
    assert asked.startswith("issue list --state open --label dead-links")
    assert rest == called
    assert ("::warning" in done.stdout) == (code not in ("0", "2"))


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_history_lives_on_a_branch_of_its_own(tmp_path: Path) -> None:
    here = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "HOME": str(tmp_path)}
    temp = tmp_path / "temp"
    temp.mkdir()
    keeping = step(SWEEP, "Keep what failed")
    env = {**here, **read(SWEEP)["env"], **keeping["env"], "RUNNER_TEMP": str(temp)}
    origin, clone = tmp_path / "origin.git", tmp_path / "clone"
    made = bash(f"git init -q --bare '{origin}' && git clone -q '{origin}' '{clone}'", tmp_path, env)
    assert made.returncode == 0, made
    fetch = step(SWEEP, "Fetch what failed before")["run"]
    kept = temp / "failing.jsonl"

    first = bash(fetch, clone, env)
    assert first.returncode == 0, first
    assert not kept.exists()
    assert bash(keeping["run"], clone, env).returncode == 0
    for text in ("one\n", "two\n"):
        kept.write_text(text)
        done = bash(keeping["run"], clone, env)
        assert done.returncode == 0, done
        kept.unlink()
        again = bash(fetch, clone, env)
        assert again.returncode == 0, again
        assert kept.read_text() == text
    count = bash("git rev-list --count holdfast-history", origin, env)
    assert count.stdout == "1\n", "the branch does not grow"
