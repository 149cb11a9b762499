"""Findings of a validation: a built model that differs from the compiler's results, or that cannot be trained.

`choices` are paths and values of an affected architecture; `bug` says whether the error must be in sqsem.
"""

from __future__ import annotations

from sqsem_dsl.diagnostics.diagnostic import Diagnostic
from sqsem_dsl.operators.backbone_networks import NETWORKS

Choices = tuple[tuple[str, str], ...]
REPORT = "this is a bug in sqsem, not in the spec: please report it with the spec and these choices"


class Disagrees(Diagnostic, code="SQS771"):
    """The compiler and the built model disagree about an architecture."""

    layer: str | None
    """None if it concerns the model as a whole."""
    what: str
    compiler: str
    keras: str
    extern: bool
    """Whether it concerns a custom layer."""
    choices: Choices

    @property
    def bug(self) -> bool:
        return not self.extern

    @property
    def title(self) -> str:
        of = f" of `{self.layer}`" if self.layer is not None else " of the model"
        return f"{self.what}{of}: the compiler says {self.compiler}, Keras says {self.keras}"

    @property
    def help(self) -> str:
        return "a layer's shape and weights may depend only on its arguments" if self.extern else REPORT

    @property
    def note(self) -> str:
        return _happens(self.choices)


class NotBuilt(Diagnostic, code="SQS772"):
    """Keras cannot build an architecture that the compiler accepted."""

    error: str
    choices: Choices

    bug = True
    title = "the model cannot be built: {error}"
    help = REPORT

    @property
    def note(self) -> str:
        return _happens(self.choices)


class BadPass(Diagnostic, code="SQS773"):
    """A forward or backward pass on random data fails, gives non-finite values, or does not reach all weights."""

    where: str | None
    """An output, a weight by its path, or None."""
    what: str
    choices: Choices

    bug = False
    help = (
        "check that the loss fits the outputs; a norm of one value, or a relu of values that are never above 0, "
        "passes no gradient"
    )

    @property
    def title(self) -> str:
        return f"`{self.where}`: {self.what}" if self.where is not None else self.what

    @property
    def note(self) -> str:
        return _happens(self.choices)


class Unread(Diagnostic, code="SQS776", severity="warning"):
    """A layer with weights none of whose channels an output reads."""

    layer: str
    choices: Choices

    bug = False
    title = "no output reads `{layer}`: `slice` cuts its channels away"
    help = "leave the layer out; it has parameters and takes time, and never learns"

    @property
    def note(self) -> str:
        return _happens(self.choices)


class NoWeights(Diagnostic, code="SQS760"):
    """The weights of a `backbone` are not available."""

    network: str
    weights: str
    reason: str

    @property
    def title(self) -> str:
        return f"the weights `{self.weights}` of {self.network} cannot be loaded: {self.reason}"

    @property
    def help(self) -> str:
        if self.weights == "imagenet":
            made = NETWORKS[self.network].keras
            return (
                f"run `keras.applications.{made}(include_top=False)` once on a machine with a network connection, and "
                "copy its folder `~/.keras/models`; or use `weights = none`"
            )
        return (
            f"save them with `save_weights` of `keras.applications.{NETWORKS[self.network].keras}(include_top=False)`, "
            "in the folder of the spec"
        )


class OtherNetwork(Diagnostic, code="SQS769"):
    """The installed Keras builds another network than the one that sqsem knows."""

    network: str
    version: str

    title = "{network} of Keras {version} has other layers than sqsem knows, so its costs would be wrong"
    help = "install Keras 3.15, or the newest sqsem; `python benchmarks/describe_backbones.py` updates its list"


def _happens(choices: Choices) -> str:
    named = ", ".join(f"`{path}` = {value}" for path, value in choices)
    return f"it happens with {named}" if named else "it happens in the only architecture"
