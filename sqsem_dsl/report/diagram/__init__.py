"""Diagrams of a space and of an architecture in it, as SVG for embedding in a page."""

from sqsem_dsl.report.diagram.difference_picture import difference_picture
from sqsem_dsl.report.diagram.effects_picture import effects_picture, space_picture

__all__ = ["difference_picture", "effects_picture", "space_picture"]
