"""The table of networks in the manual, and its numbers."""

from __future__ import annotations

from sqsem_dsl.operators import TABLE, apply, count
from sqsem_dsl.operators.backbone_networks import NETWORKS
from tests.docs.scripts import page

IMAGE = (224, 224, 3)


def test_the_table_has_the_networks_and_their_costs() -> None:
    row = TABLE["backbone"]
    expected = []
    for name, known in NETWORKS.items():
        weights, macs = count(row, (IMAGE,), {"network": name})
        shape = ", ".join(map(str, apply(row, (IMAGE,), {"network": name})))
        params = sum(weight.size for weight in weights)
        expected.append(f"| `{name}` | `{known.keras}` | {known.least} | {shape} | {params:,} | {macs:,} |")
    text = page("language.md")
    section = text[text.index("### Networks of keras.applications") : text.index("### Layers of your own")]
    head = "| network | Keras | least height and width | output of [224, 224, 3] | parameters | MACs |"
    table = section[section.index(head) :].split("\n\n")[0].splitlines()
    assert table[2:] == expected
