"""What was changed and what it is worth, as HTML."""

import dataclasses
import html
from collections.abc import Iterable, Sequence
from typing import Any

from jaxpeep import _executable, _results, _tracing

#: Columns of the verdict table: the field of ``jaxpeep verify``, and its heading.
COLUMNS = (
    ("index", "output"),
    ("verdict", "verdict"),
    ("points", "points"),
    ("nonfinite_before", "not finite before"),
    ("nonfinite_after", "after"),
    ("nonfinite_truth", "in truth"),
    ("bits_before", "bits before"),
    ("bits_after", "after"),
    ("max_ulps_before", "ulps before"),
    ("max_ulps_after", "after"),
)

STYLES = {
    "+": "background:#d7f5dd;color:#10451d",
    "-": "background:#fbdfe0;color:#6b1216",
    "@": "color:#5b6270",
}


@dataclasses.dataclass(frozen=True)
class Report:
    """What ``improve`` does to a function, and numbers before and after.

    Attributes:
      rewrites: a line a rewrite: the rule and the Python line.
      diff: the jaxpr before and after, as a unified diff; empty if nothing changes.
      verdicts: a row an output, as ``jaxpeep verify`` gives it.
      note: why there are no verdicts, if there are none.
    """

    rewrites: tuple[str, ...]
    diff: str
    verdicts: tuple[dict[str, Any], ...] = ()
    note: str = ""

    def __str__(self) -> str:
        return "\n".join([*self.rewrites, self.diff]).strip() or "nothing to improve"

    def _repr_html_(self) -> str:
        return self.html

    @property
    def html(self) -> str:
        """The report as one element, with styles of its own."""
        if not self.diff:
            return "<div><p>Nothing to improve.</p></div>"
        parts = [bulleted(self.rewrites), table(self.verdicts), paragraph(self.note)]
        return f"<div>{''.join(parts)}{coloured(self.diff)}</div>"


def make_report(traced: _tracing.Traced, options: Sequence[str]) -> Report:
    """The report on a traced function and the arguments that it was traced with."""
    text = _tracing.printed(traced.jaxpr)
    document = _executable.run_json(["rewrite", *options, "-"], text)
    (file,) = document["files"]
    if not file["rewrites"]:
        return Report((), "")
    diff = _executable.run(["rewrite", "--diff", "-q", *options, "-"], text)
    lines = tuple(
        f"{rewrite['rule']}: {rewrite['source'] or rewrite['equation']}"
        for rewrite in file["rewrites"]
    )
    try:
        verdicts = _results.with_inputs("verify", traced, options)["outputs"]
    except _executable.JaxpeepError as error:
        note = f"Not verified: {error}".splitlines()[0]
        return Report(lines, diff, note=note)
    return Report(lines, diff, tuple(verdicts))


def bulleted(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{html.escape(line)}</li>' for line in lines)}</ul>"


def paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>" if text else ""


def table(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return ""
    shown = [column for column in COLUMNS if any(column[0] in row for row in rows)]
    head = "".join(f"<th>{html.escape(heading)}</th>" for _, heading in shown)
    body = "".join(
        f"<tr>{''.join(f'<td>{cell(row.get(field))}</td>' for field, _ in shown)}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "" if value is None else html.escape(str(value))


def coloured(diff: str) -> str:
    """A diff, each line in the colour of its sign."""
    lines = []
    for line in diff.splitlines():
        style = STYLES.get(line[:1], "")
        text = html.escape(line) or " "
        lines.append(f'<span style="display:block;{style}">{text}</span>')
    body = "".join(lines)
    return f'<pre style="line-height:1.3;overflow-x:auto"><code>{body}</code></pre>'
