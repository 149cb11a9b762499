"""The exports of a model as a table for a terminal."""

from __future__ import annotations

from sqsem_dsl.report.text.table import table
from sqsem_dsl.study.export.export_forms import Exports
from sqsem_dsl.utils.numbers import byte_size, four_digits, plural


def exports_page(exports: Exports) -> str:
    """A row for each export: its file, size, latency for one sample, largest difference from the original, and
    metrics."""
    metrics = list(exports.scores)
    rows: list[tuple[str, ...]] = [("file", "size", "one sample", "difference", *metrics)]
    if metrics:
        rows.append(("(the original)", "", "", "", *map(four_digits, exports.scores.values())))
    for export, scores in zip(exports.exports, exports.exported_scores, strict=True):
        latency = "" if export.seconds is None else f"{export.seconds * 1e3:.3g} ms"
        difference = "" if export.difference is None else f"{export.difference:.2g}"
        name = export.path.name + (" (int8)" if export.int8 else "")
        values = (four_digits(scores[metric]) if metric in scores else "" for metric in metrics)
        rows.append((name, byte_size(export.size), latency, difference, *values))
    lines = table(rows, "<>")
    if exports.samples:
        lines += [
            "",
            f"compared with the original on {plural(exports.samples, 'sample')}, with latencies on this machine",
        ]
    return "\n".join([*lines, f"in {exports.exports[0].path.parent}, with model-card.md"])
