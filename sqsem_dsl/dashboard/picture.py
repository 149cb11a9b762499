"""The picture of an architecture as an image, in which no script of a spec runs."""

from __future__ import annotations

import re
from base64 import b64encode

from sqsem_dsl.compiler import Compilation
from sqsem_dsl.dashboard.followed import FollowedStudy
from sqsem_dsl.diagnostics.errors import SqsError
from sqsem_dsl.ir.choices import decode_choices
from sqsem_dsl.space.space import Space
from sqsem_dsl.study.spec_snapshot import Sources
from sqsem_dsl.study.warm_start import baseline
from sqsem_dsl.utils.visible import visible

STYLE = """<style>
svg { color-scheme: light dark; --ink: #1c2024; --paper: #fff; --muted: #626b75; --accent: #0067a8; --other: #bf4f00; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6e9ec; --paper: #14171b; --muted: #9aa4ae; --accent: #6cbdf0; --other: #f0954e; }
}
</style>"""
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


class Pictures:
    """The pictures of a study's architectures; the space is compiled once."""

    def __init__(self, allow_extern: bool = False) -> None:
        self._allow_extern = allow_extern
        self._sources: object = None
        self._space: Space | None = None
        self._last: tuple[object, str] | None = None

    def picture(self, study: FollowedStudy, number: int) -> str:
        """The picture of a trial's network beside the plain one, as a `data:` URL. Raises SqsError if its spec cannot
        be loaded, or has no such architecture any more."""
        from sqsem_dsl.report.diagram import difference_picture

        trial = study.trials[number]
        space = self._space_of(study)
        key = (study.generation, trial.architecture, number)
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        try:
            network = space.at(decode_choices(space.choices, trial.choices))
        except (KeyError, ValueError) as problem:
            raise ValueError(str(problem)) from problem
        try:
            plain = baseline(space)
        except SqsError:
            plain = None
        url = as_image(difference_picture(space, network, plain, prefix="best"))
        self._last = (key, url)
        return url

    def _space_of(self, study: FollowedStudy) -> Space:
        sources = study.notes.get("sources")
        if sources is None:
            raise ValueError("the study does not have its spec")
        if self._space is None or sources != self._sources:
            self._space = Sources.from_plain(sources, allow_extern=self._allow_extern).load(Compilation, trains=False)
            self._sources = sources
        return self._space


def as_image(svg: str) -> str:
    """An SVG element as a `data:` URL, with its size, in the colors of the page."""
    size = _SIZE.search(svg)
    shape = f' width="{size[1]}" height="{size[2]}"' if size else ""
    text = visible(svg, "\n\t").replace("<svg", f"<svg{shape}", 1).replace(">", f">{STYLE}", 1)
    return f"data:image/svg+xml;base64,{b64encode(text.encode()).decode()}"
