"""Small pieces of the report page: escaped text, cards, tables, figures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from string import Template

_PAGE = Template("""$beginning
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title><style>
:root { --ink: #22303c; --quiet: #5d6b77; --line: #e3e8ec; --good: #00734f; --bad: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--ink); background: #fff;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h2 { margin: 2.2rem 0 .4rem; font-size: 1.1rem; }
p { margin: .3rem 0; max-width: 46rem; }
.quiet { color: var(--quiet); font-size: .9rem; overflow-wrap: anywhere; }
.verdict { padding: 1.1rem 1.2rem; border-radius: 10px; color: #fff; }
.verdict h1 { margin: 0; font-size: 1.7rem; line-height: 1.25; }
.good { background: var(--good); } .bad { background: var(--bad); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem; margin: .9rem 0; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: .55rem .75rem; }
.card b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.card span { color: var(--quiet); font-size: .85rem; }
.card.over { border: 2px solid var(--bad); }
.wide { overflow-x: auto; }
.film img { display: block; width: 100%; max-width: 40rem; height: auto; margin: .5rem 0; }
.wide svg { display: block; width: 100%; min-width: 34rem; height: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .5rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--quiet); font-weight: 500; } th:first-child, td:first-child { text-align: left; }
@media print { .wide svg { min-width: 0; } section { break-inside: avoid; } }
</style></head><body>
$body
</body></html>
""")


def page(beginning: str, title: str, parts: Sequence[str]) -> str:
    """Return a whole page of HTML parts; ``beginning`` is the doctype line."""
    return _PAGE.substitute(beginning=beginning, title=escape(title), body="\n".join(parts))


def verdict(is_good: bool, headline: str, lines: Sequence[str]) -> str:
    """Return the coloured banner; the words say it too."""
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f'<header class="verdict {"good" if is_good else "bad"}"><h1>{escape(headline)}</h1>{text}</header>'


def cards(entries: Sequence[tuple[str, str, bool]]) -> str:
    """Return a grid of (number, what it is, is it over its limit)."""
    inner = "".join(
        f'<div class="card{" over" if is_over else ""}"><b>{escape(number)}</b><span>{escape(label)}</span></div>'
        for number, label, is_over in entries
    )
    return f'<div class="cards">{inner}</div>'


def section(title: str, text: str, content: str) -> str:
    """Return a section with a heading, one line of plain text and ready HTML content."""
    line = f'<p class="quiet">{escape(text)}</p>' if text else ""
    return f'<section><h2>{escape(title)}</h2>{line}<div class="wide">{content}</div></section>'


def pictures(entries: Sequence[tuple[str, bytes, str]]) -> str:
    """Return pictures inside the page itself: (type, file, what is seen)."""
    inner = "".join(
        f'<img src="data:{escape(kind)};base64,{b64encode(data).decode()}" alt="{escape(text)}">'
        for kind, data, text in entries
    )
    return f'<div class="film">{inner}</div>'


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the first column is text, the others are numbers."""
    header = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"
