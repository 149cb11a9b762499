"""Words from Keras, PyTorch and other tools, and what to write instead.

Each table maps a word that is not in the language to a help line; the diagnostics of unknown names look here before
they look for a similar name. Nothing here is imported from Keras: a test compares the tables with its public names.
"""

from sqsem_dsl.diagnostics.hints.arguments import argument_hint
from sqsem_dsl.diagnostics.hints.layers import layer_hint
from sqsem_dsl.diagnostics.hints.names import name_hint
from sqsem_dsl.diagnostics.hints.settings import setting_hint, value_hint

__all__ = ["argument_hint", "layer_hint", "name_hint", "setting_hint", "value_hint"]
