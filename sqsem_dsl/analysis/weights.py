"""The weights that the backbones of a space start from."""

from __future__ import annotations

from collections.abc import Iterator

from sqsem_dsl.analysis.observations import Met
from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.shape_analysis import ShapeAnalysis
from sqsem_dsl.elaborate.errors.names import BadWeights
from sqsem_dsl.ir.graph import Graph, Input, Op
from sqsem_dsl.operators.backbone import BACKBONE, IMAGENET, NONE, has_trained
from sqsem_dsl.operators.backbone_networks import weights_file
from sqsem_dsl.utils.exceptions import in_a_line

KEEPS_RANGE = ("resize", "upsample", "zeropad", "crop", "identity")
"""Operators on images that keep their values between 0 and 1."""


def check_weights(graph: Graph, shape_analysis: ShapeAnalysis) -> Iterator[Diagnostic]:
    """Files of weights that do not exist, or that the spec must not read."""
    for _, written, span in dict.fromkeys(pretrained_weights(graph, shape_analysis)):
        if written == IMAGENET:
            continue
        try:
            weights_file(written, graph.folder)
        except (OSError, ValueError) as error:
            yield BadWeights(span, written, in_a_line(error) if isinstance(error, OSError) else str(error))


def pretrained_weights(graph: Graph, shape_analysis: ShapeAnalysis) -> Iterator[tuple[str, str, Span]]:
    """The networks that do not start from new weights in some architecture: the network, its weights as the spec writes
    them, and where. Backbones that cannot be applied for another reason count, too."""
    met = Met(graph.items, shape_analysis.applied, faulty=True)
    for item in sorted(shape_analysis.applied):
        node = graph.items[item]
        if isinstance(node, Op) and node.row.name == BACKBONE:
            span = dict(node.places).get("weights", node.span)
            for meeting in met.of_operator(item):
                written = str(meeting.attributes["weights"])
                if written != NONE:
                    yield str(meeting.attributes["network"]), written, span


def has_backbone(graph: Graph, shape_analysis: ShapeAnalysis, *, trained: bool) -> bool:
    """Whether some architecture has a backbone, or one of which training changes a layer."""
    met = Met(graph.items, shape_analysis.applied)
    return any(
        not trained or has_trained(meeting.attributes)
        for item in shape_analysis.applied
        if isinstance(node := graph.items[item], Op) and node.row.name == BACKBONE
        for meeting in met.of_operator(item)
    )


def pretrained_inputs(graph: Graph, shape_analysis: ShapeAnalysis) -> Iterator[str]:
    """The inputs that a backbone with trained weights reads as they are, perhaps resized, in some architecture,
    also where it cannot be applied for another reason."""
    met = Met(graph.items, shape_analysis.applied, faulty=True)
    for item in sorted(shape_analysis.applied):
        node = graph.items[item]
        if not isinstance(node, Op) or node.row.name != BACKBONE:
            continue
        source = graph.items[node.inputs[0]]
        while isinstance(source, Op) and source.row.name in KEEPS_RANGE:
            source = graph.items[source.inputs[0]]
        if isinstance(source, Input) and any(m.attributes["weights"] != NONE for m in met.of_operator(item)):
            yield source.name
