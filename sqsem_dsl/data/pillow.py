"""Image files opened by Pillow, only in formats that are safe images.

Pillow detects the format by content, not by name, and runs another program for some formats: it would pass a
PostScript text with the name `cat.png` to Ghostscript.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqsem_dsl.utils.regular_files import not_regular

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
"""Pillow's names for them."""


def open_image(path: Path | str) -> Any:
    """Pillow's image of a file with only the header read; the caller closes it.

    Raises OSError for a missing file and for any other format, and any other exception of Pillow.
    """
    from PIL import Image

    other = not_regular(path)
    if other is not None:
        raise OSError(other)
    return Image.open(path, formats=FORMATS)
