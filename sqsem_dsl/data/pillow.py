"""Image files opened by Pillow, in the formats that are images and nothing else.

Pillow goes by what a file holds, not by its name, and of some formats it runs another program: a text in PostScript
that is called `cat.png` would be given to Ghostscript.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqsem_dsl.utils.regular_files import not_regular

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
"""Pillow's names for them."""


def open_image(path: Path | str) -> Any:
    """Pillow's image of a file of which only the head is read yet, to be closed as it is.

    Raises OSError for what is no file and for a file of any other format, and what else Pillow raises.
    """
    from PIL import Image

    other = not_regular(path)
    if other is not None:
        raise OSError(other)
    return Image.open(path, formats=FORMATS)
