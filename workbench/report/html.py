"""Small pieces of the report page: escaped text, cards, tables, bars, figures. They work from 320 px width on."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Literal

_PAGE = Template("""$beginning
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title><style>
:root { color-scheme: light dark; --paper: #ffffff; --ink: #22303c; --quiet: #5d6b77; --line: #e3e8ec;
  --good: #00734f; --bad: #b3261e; --axis: #8a97a3; --grid: #e3e8ec; --pale: #b9c4cd; --true: #0072b2;
  --sensed: #d08f00; --limit: #c65600; }
@media (prefers-color-scheme: dark) { :root { --paper: #14191d; --ink: #e6ebef; --quiet: #a4b0ba; --line: #323c44;
  --good: #00734f; --bad: #b3261e; --axis: #74828d; --grid: #2a333a; --pale: #55636e; --true: #5cb8ee;
  --sensed: #f0b429; --limit: #ff8a3d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: break-word; }
h2 { margin: 2.2rem 0 .4rem; font-size: 1.15rem; }
p { margin: .3rem 0; max-width: 46rem; }
.quiet { color: var(--quiet); font-size: .9rem; }
.verdict { padding: 1.1rem 1.2rem; border-radius: 10px; color: #fff; }
.verdict h1 { margin: 0; font-size: 1.7rem; line-height: 1.25; }
.good { background: var(--good); } .bad { background: var(--bad); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem; margin: .9rem 0; }
.cards.broad { grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); }
.card { border: 1px solid var(--line); border-radius: 8px; padding: .55rem .75rem; }
.card b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.card span { color: var(--quiet); font-size: .85rem; }
.card.over { border: 2px solid var(--bad); }
.bars { display: grid; grid-template-columns: max-content 1fr; gap: .35rem .8rem; margin: .8rem 0; font-size: .9rem; }
.bars .track { position: relative; height: 1.4rem; background: var(--grid); border-radius: 3px; }
.bars .bar { height: 100%; background: var(--true); border-radius: 3px; }
.bars .bar.limit { background: var(--limit); } .bars .bar.bound { background: var(--axis); }
.bars .mark { position: absolute; top: -.2rem; bottom: -.2rem; width: 2px; background: var(--limit); }
figure { margin: .4rem 0 0; }
figure svg { display: block; width: 100%; height: auto; }
figure .narrow { display: none; max-width: 32rem; }
.film img { display: block; width: 100%; max-width: 40rem; height: auto; margin: .5rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .5rem; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--quiet); font-weight: 500; } th:first-child, td:first-child { text-align: left; }
table.text td, table.text th { text-align: left; overflow-wrap: anywhere; }
table.text td:first-child { width: 11rem; color: var(--quiet); overflow-wrap: normal; }
@media (max-width: 767px) {
  figure .wide { display: none; } figure .narrow { display: block; }
  .bars { grid-template-columns: 1fr; gap: .1rem; } .bars .track { margin-bottom: .6rem; }
  table.numbers, table.numbers tbody { display: block; } table.numbers thead { display: none; }
  table.numbers tr { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1rem; padding: .5rem 0;
    border-bottom: 1px solid var(--line); }
  table.numbers td { display: flex; justify-content: space-between; border: 0; padding: .05rem 0; }
  table.numbers td::before { content: attr(data-label); color: var(--quiet); }
  table.numbers td:first-child { grid-column: 1 / -1; font-weight: 600; }
  table.numbers td:first-child::before { content: none; }
  table.text td:first-child { width: 7rem; }
}
@media print { section { break-inside: avoid; } }
</style></head><body>
$body
</body></html>
""")


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of ``bars``.

    Attributes:
        name: what it is.
        value: its length, in the unit of all bars; None leaves it out.
        text: the value in words.
        tone: what it is: a measured value, the limit, whose end a line marks on all bars, or a calculated bound.
    """

    name: str
    value: float | None
    text: str
    tone: Literal["measured", "limit", "bound"] = "measured"


def page(beginning: str, title: str, parts: Sequence[str]) -> str:
    """Return a whole page of HTML parts; ``beginning`` is the doctype line."""
    return _PAGE.substitute(beginning=beginning, title=escape(title), body="\n".join(parts))


def verdict(is_good: bool, headline: str, lines: Sequence[str]) -> str:
    """Return the coloured banner; the words say it too."""
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f'<header class="verdict {"good" if is_good else "bad"}"><h1>{escape(headline)}</h1>{text}</header>'


def cards(entries: Sequence[tuple[str, str, bool]], *, broad: bool = False) -> str:
    """Return a grid of (number, what it is, is it over its limit); ``broad`` for longer texts."""
    inner = "".join(
        f'<div class="card{" over" if is_over else ""}"><b>{escape(number)}</b><span>{escape(label)}</span></div>'
        for number, label, is_over in entries
    )
    return f'<div class="cards{" broad" if broad else ""}">{inner}</div>'


def bars(entries: Sequence[Bar]) -> str:
    """Return horizontal bars on one scale from zero, with a line at the end of the limit's."""
    shown = [(bar, bar.value) for bar in entries if bar.value is not None]
    longest = max((value for _, value in shown), default=0.0)
    if not longest > 0.0:
        return ""
    marks = "".join(_mark(100.0 * value / longest) for bar, value in shown if bar.tone == "limit")
    inner = "".join(
        f'<div>{escape(bar.name)}: <b>{escape(bar.text)}</b></div><div class="track">'
        f'<div class="bar {bar.tone}" style="width:{100.0 * value / longest:.1f}%"></div>'
        f"{marks}</div>"
        for bar, value in shown
    )
    return f'<div class="bars">{inner}</div>'


def _mark(percent: float) -> str:
    return f'<div class="mark" style="left:calc({percent:.1f}% - 2px)"></div>'


def section(title: str, text: str, content: str) -> str:
    """Return a section with a heading, ready HTML content and a paragraph of plain text under it."""
    line = f'<p class="quiet">{escape(text)}</p>' if text else ""
    return f"<section><h2>{escape(title)}</h2>{content}{line}</section>"


def figure(name: str, wide_svg: str, narrow_svg: str) -> str:
    """Return a figure in two versions, of which the width of the screen picks one; ``name`` is read aloud."""
    label = f'role="img" aria-label="{escape(name)}"'
    return f'<figure><div class="wide" {label}>{wide_svg}</div><div class="narrow" {label}>{narrow_svg}</div></figure>'


def pictures(entries: Sequence[tuple[str, bytes, str]]) -> str:
    """Return pictures inside the page itself: (type, file, what is seen)."""
    inner = "".join(
        f'<img src="data:{escape(kind)};base64,{b64encode(data).decode()}" alt="{escape(text)}">'
        for kind, data, text in entries
    )
    return f'<div class="film">{inner}</div>'


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of a name and numbers a row; on a phone every row becomes a small list with the heads in it."""
    header = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>"
        + "".join(f'<td data-label="{escape(name)}">{escape(cell)}</td>' for name, cell in zip(head, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f'<table class="numbers"><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>'


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table of plain text, the first column naming the rows."""
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="text"><tbody>{body}</tbody></table>'
