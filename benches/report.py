"""Makes one figure of several rounds, and the table of the figures."""

import statistics

from benches.targets import MERGE, ROWS, Row

# One round: subject, then figure.
Round = dict[str, dict[str, float]]


def merged(rounds: list[Round]) -> Round:
    """The median of every figure over all rounds that have it; of a maximum, the maximum."""
    out: Round = {}
    for subject in dict.fromkeys(name for one in rounds for name in one):
        seen = [one[subject] for one in rounds if subject in one]
        figures = dict.fromkeys(name for one in seen for name in one)
        out[subject] = {
            figure: MERGE.get(figure, statistics.median)([one[figure] for one in seen])
            for figure in figures
        }
    return out


def spread(rounds: list[Round], key: str) -> tuple[float, float]:
    """Smallest and largest of one figure over the rounds."""
    subject, figure = key.split(".")
    values = [one[subject][figure] for one in rounds]
    return min(values), max(values)


def table(rounds: list[Round]) -> str:
    """The targets and what was reached, as a Markdown table."""
    figures = merged(rounds)
    lines = [
        "| what | ours (range) | floor | ours / floor | target | reached |",
        "|---|---|---|---|---|---|",
    ]
    for row in ROWS:
        ours = _figure(figures, row.ours)
        if ours is None:
            continue
        floor = _figure(figures, row.floor) if row.floor else None
        ratio = ours / floor if floor else None
        low, high = spread(rounds, row.ours)
        cells = [
            row.name,
            f"{_short(ours)} {row.unit} ({_short(low)}-{_short(high)})",
            f"{_short(floor)}" if floor else "",
            f"{ratio:.2f}" if ratio else "",
            row.target(),
            row.verdict(ours, ratio),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def peer_table(rounds: list[Round], pinned: list[Round]) -> str:
    """Every peer's call beside the raw socket of the same rounds."""
    loose, tight = merged(rounds), merged(pinned)
    lines = [
        "| peer | call, unpinned | / floor | call, one core | / floor | 16 MiB |",
        "|---|---|---|---|---|---|",
    ]
    for peer, seen in sorted(loose.items(), key=lambda item: item[1].get("call_us", 1e9)):
        cells = [peer]
        for figures, all_figures in ((seen, loose), (tight.get(peer, {}), tight)):
            call, floor = figures.get("call_us"), all_figures.get("rawsock", {}).get("call_us")
            cells.append(f"{_short(call)} µs" if call else "failed")
            cells.append(f"{call / floor:.2f}" if call and floor else "")
        bulk = seen.get("mib_s")
        cells.append(f"{_short(bulk)} MiB/s" if bulk else "")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _figure(figures: Round, key: str) -> float | None:
    subject, figure = key.split(".")
    return figures.get(subject, {}).get(figure)


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


__all__ = ["Round", "Row", "merged", "peer_table", "table"]
