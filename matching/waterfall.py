"""A pair's evidence as one plain page: bars from the prior over every comparison to the weight, and values.

HTML and SVG only: no script, no font, nothing fetched, so it opens behind any firewall. What it shows is what
`evidence` holds, where sensitive values are already marks.
"""

from dataclasses import dataclass
from html import escape

from matching.evidence import Evidence

_ROW, _CHART, _TOP = 26, 420, 8
_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #1d2733; background: #fff; }
table { border-collapse: collapse; margin-top: 1em; }
th, td { text-align: left; padding: .3em .9em .3em 0; border-bottom: 1px solid #d7dde4; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.for { fill: #2a7f62; } .against { fill: #b4413c; } .total { fill: #36506c; } .axis { stroke: #8794a1; }
text { font: 12px system-ui, sans-serif; fill: #1d2733; }
"""


@dataclass(frozen=True)
class Bar:
    """One step in bits: from where the earlier steps ended to where this one ends."""

    label: str
    start: float
    end: float
    kind: str


def bars(evidence: Evidence) -> list[Bar]:
    """Prior, comparisons that say something in their order, total."""
    at = evidence.prior_weight
    found = [Bar("prior", 0.0, at, _kind(at))]
    for part in evidence.contributions:
        if part.weight != 0.0:
            found.append(
                Bar(
                    f"{_words(part.comparison)}: {_words(part.level)}",
                    at,
                    at + part.weight,
                    _kind(part.weight),
                )
            )
            at += part.weight
    return [*found, Bar("weight", 0.0, evidence.weight, "total")]


def waterfall(evidence: Evidence) -> str:
    """The page, complete in itself."""
    head = f"{evidence.left_key} and {evidence.right_key}"
    facts = (
        ("Weight", f"{evidence.weight:.2f} bits, probability {evidence.probability:.4f}"),
        ("Band", _words(evidence.band)),
        ("Reason to merge", _words(evidence.gate) if evidence.gate else "none"),
        ("Relationship proposed", _words(evidence.relationship)),
        ("Compared because of", _words(evidence.blocking_rule)),
        ("Model", f"{evidence.model_version}, counts {evidence.census_version}"),
    )
    rows = "".join(
        f"<tr><td>{escape(_words(part.comparison))}</td><td>{escape(_words(part.level))}</td>"
        f'<td class="number">{part.weight:+.2f}</td>'
        f"<td>{_cell(part.left)}</td><td>{_cell(part.right)}</td></tr>"
        for part in evidence.contributions
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(head)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(head)}</h1><table>"
        + "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in facts)
        + f"</table>{_svg(bars(evidence))}<table><tr><th>Comparison</th><th>Finding</th><th>Bits</th>"
        f"<th>{escape(evidence.left_key)}</th><th>{escape(evidence.right_key)}</th></tr>{rows}</table></body></html>\n"
    )


def _svg(steps: list[Bar]) -> str:
    low = min(0.0, *(min(bar.start, bar.end) for bar in steps))
    high = max(0.0, *(max(bar.start, bar.end) for bar in steps))
    scale = _CHART / ((high - low) or 1.0)

    def across(bits: float) -> float:
        return 250 + (bits - low) * scale

    drawn = []
    for at, bar in enumerate(steps):
        top = _TOP + at * _ROW
        left, right = sorted((across(bar.start), across(bar.end)))
        drawn.append(
            f'<text x="240" y="{top + 14}" text-anchor="end">{escape(bar.label)}</text>'
            f'<rect class="{bar.kind}" x="{left:.1f}" y="{top}" height="18"'
            f' width="{max(right - left, 1):.1f}"/>'
            f'<text x="{right + 6:.1f}" y="{top + 14}">{bar.end - bar.start:+.1f}</text>'
        )
    height = _TOP * 2 + len(steps) * _ROW
    zero = f'<line class="axis" x1="{across(0):.1f}" x2="{across(0):.1f}" y1="0" y2="{height}"/>'
    return (
        f'<svg role="img" aria-label="Weight of evidence in bits" width="{_CHART + 320}" height="{height}">'
        f"{zero}{''.join(drawn)}</svg>"
    )


def _kind(bits: float) -> str:
    return "for" if bits >= 0 else "against"


def _words(code: str) -> str:
    return code.replace("_", " ").lower()


def _cell(value: str | None) -> str:
    return escape(value) if value else "&ndash;"
