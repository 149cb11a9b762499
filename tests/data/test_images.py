"""Folders of images: what is read, how much stays in memory, and which folders are rejected."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")
pytest.importorskip("keras")

from PIL import Image

from sqsem_dsl.data import folder, images
from sqsem_dsl.data.dataset import Dataset, Part
from sqsem_dsl.data.images import ImageFiles, Recent
from sqsem_dsl.data.load import load_data
from sqsem_dsl.settings.metrics import OutputFact
from tests.data.files import CLASSES, THREE, refusal, write_classes, write_image, write_table

RGB = {"image": (4, 4, 3)}


def parts(data: Dataset) -> tuple[Part, Part, Part]:
    return data.train, data.validation, data.test


def test_folders_are_classes_in_sorted_order(tmp_path: Path) -> None:
    write_classes(tmp_path)
    data = load_data(f"images:{tmp_path}", RGB, THREE, 0)
    assert data.name == tmp_path.name
    assert [len(part) for part in parts(data)] == [8, 2, 2]
    for part in parts(data):
        values = part.inputs["image"][:]
        assert values.dtype == np.float32
        assert part.inputs["image"].shape == values.shape == (len(part), 4, 4, 3)
        np.testing.assert_array_equal(part.labels["label"], values[:, 0, 0, 0].astype(int) // 4)
        assert data.divisor("image") == 255


def test_two_folders_are_the_two_answers_of_a_sigmoid(tmp_path: Path) -> None:
    for at in range(4):
        write_image(tmp_path / "no" / f"{at}.png", 0)
        write_image(tmp_path / "yes" / f"{at}.png", 255)
    data = load_data(f"images:{tmp_path}", RGB, {"is_it": OutputFact((1,), "sigmoid")}, 0)
    np.testing.assert_array_equal(data.train.labels["is_it"][:, 0] * 255, data.train.inputs["image"][:][:, 0, 0, 0])


def test_images_come_at_the_size_and_with_the_channels_of_the_input(tmp_path: Path) -> None:
    write_classes(tmp_path)
    sized = load_data(f"images:{tmp_path}", {"image": (6, 8, 1)}, THREE, 0).train.inputs["image"]
    assert sized[:].shape == (8, 6, 8, 1)
    with_alpha = load_data(f"images:{tmp_path}", {"image": (2, 2, 4)}, THREE, 0).train.inputs["image"][:]
    assert (with_alpha[..., 3] == 255).all()


def test_every_format_is_read(tmp_path: Path) -> None:
    for at, ending in enumerate(("png", "JPG", "jpeg", "bmp", "gif", "webp", "tiff")):
        write_image(tmp_path / "cat" / f"{at}.{ending}", 100)
    write_image(tmp_path / "dog" / "x.png", 100)
    write_image(tmp_path / "emu" / "x.png", 100, mode="L")
    (tmp_path / "emu" / "notes.txt").write_text("no image")
    (tmp_path / "emu" / ".hidden.png").write_text("no image")
    data = load_data(f"images:{tmp_path}", RGB, THREE, 0)
    values = np.concatenate([part.inputs["image"][:] for part in parts(data)])
    assert len(values) == 9
    np.testing.assert_allclose(values, 100, atol=8)


def test_16_bits_are_read_whole(tmp_path: Path) -> None:
    """A depth image of two bytes per pixel keeps all its levels, at its own size or at another."""
    ramp = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16
    for name in CLASSES:
        (tmp_path / name).mkdir()
        Image.fromarray(ramp).save(tmp_path / name / "depth.png")
    data = load_data(f"images:{tmp_path}", {"depth": (64, 64, 1)}, THREE, 0)
    same = data.train.inputs["depth"][:]
    assert data.divisor("depth") == 65535
    np.testing.assert_array_equal(same[0, :, :, 0], ramp)
    small = load_data(f"images:{tmp_path}", {"depth": (32, 32, 1)}, THREE, 0).train.inputs["depth"][:]
    np.testing.assert_allclose(small.mean(), same.mean(), rtol=1e-2)


def test_images_of_8_bits_beside_some_of_16_keep_their_place_between_black_and_white(tmp_path: Path) -> None:
    write_classes(tmp_path, mode="L")
    write_image(tmp_path / "emu" / "deep.png", 40_000, mode="I;16")
    data = load_data(f"images:{tmp_path}", {"depth": (4, 4, 1)}, THREE, 0)
    read = np.concatenate([part.inputs["depth"][:] for part in parts(data)])
    assert {part.inputs["depth"].divisor for part in parts(data)} == {65535}
    assert sorted(read[:, 0, 0, 0]) == sorted([*(257 * value for value in range(12)), 40_000])


def test_memory_is_bounded_for_folders_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images in memory never exceed the bound, and are correct."""
    count, bound = 40, 3 * 4 * 4 * 3
    for at in range(count):
        write_image(tmp_path / f"{at:02}.png", at)
    samples = ImageFiles.of(tmp_path, tuple(f"{at:02}.png" for at in range(count)), (4, 4, 3))
    recent = Recent(bound)
    monkeypatch.setattr(images, "decoded", recent)
    decodings: list[str] = []
    decode = images.decode
    monkeypatch.setattr(images, "decode", lambda path, size: (decodings.append(path), decode(path, size))[1])
    generator = np.random.default_rng(0)
    for _ in range(20):
        chosen = generator.integers(0, count, 8)
        np.testing.assert_array_equal(samples[chosen][:, 0, 0, 0], chosen.astype(np.float32))
        assert recent.held <= bound
        assert len(recent) == 3
    decodings.clear()
    samples[np.array([5, 6, 5, 6])]
    assert len(decodings) <= 2


def test_what_was_not_used_for_longest_goes_first() -> None:
    recent, made = Recent(16), []

    def use(key: int, size: int = 8) -> None:
        recent.get(key, lambda: (made.append(key), np.zeros(size, np.uint8))[1])

    for key in (1, 2, 1, 3, 1, 2):
        use(key)
    assert made == [1, 2, 3, 2]
    use(9, size=17)
    assert (len(recent), recent.held) == (2, 16)


def test_processes_read_by_themselves(tmp_path: Path) -> None:
    """They receive only the paths, once for all splits, and no images."""
    write_classes(tmp_path, 60)
    data = load_data(f"images:{tmp_path}", {"image": (64, 64, 3)}, THREE, 0)
    data.train.inputs["image"][:]
    sent = pickle.dumps(data)
    assert len(sent) < 20_000
    again = pickle.loads(sent)
    assert again.train.inputs["image"].files is again.test.inputs["image"].files
    np.testing.assert_array_equal(again.test.inputs["image"][:], data.test.inputs["image"][:])
    assert again.fingerprint == data.fingerprint


def test_the_contents_of_the_files_are_the_data(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        write_classes(tmp_path / name)
    write_image(tmp_path / "three" / "cat" / "cat-0.png", 77)
    one, two, three = (
        load_data(f"images:{tmp_path / name}", RGB, THREE, 0).fingerprint for name in ("one", "two", "three")
    )
    assert one == two != three


def test_damaged_files_are_named_before_anything_is_trained(tmp_path: Path) -> None:
    write_classes(tmp_path)
    (tmp_path / "cat" / "text.png").write_text("no image")
    whole = (tmp_path / "dog" / "dog-0.png").read_bytes()
    (tmp_path / "dog" / "flipped.png").write_bytes(whole[:45] + b"\xff\xff" + whole[47:])
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(tmp_path / "x.jpg")
    (tmp_path / "emu" / "cut.jpg").write_bytes((tmp_path / "x.jpg").read_bytes()[:-400])
    (tmp_path / "x.jpg").rename(tmp_path / "emu" / "whole.jpg")
    problem = refusal(f"images:{tmp_path}", RGB)
    assert problem.code == "SQS733"
    assert "3 files" in problem.title
    assert problem.note is not None
    assert all(name in problem.note for name in ("cat/text.png", "dog/flipped.png", "emu/cut.jpg"))
    assert "whole" not in problem.note


def test_what_follows_the_end_of_a_jpeg_does_no_harm(tmp_path: Path) -> None:
    for name in CLASSES:
        write_image(tmp_path / name / "a.jpg", 200)
        with (tmp_path / name / "a.jpg").open("ab") as file:
            file.write(b"what a camera appends \xff\xda")
    values = load_data(f"images:{tmp_path}", RGB, THREE, 0).train.inputs["image"][:]
    np.testing.assert_allclose(values, 200, atol=8)


@pytest.mark.parametrize("ending", ["bmp", "gif", "jpg", "png", "tif", "webp"])
def test_files_that_are_cut_off_are_named_in_every_format(ending: str, tmp_path: Path) -> None:
    from PIL import Image

    write_classes(tmp_path)
    path = tmp_path / "cat" / f"whole.{ending}"
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    Image.fromarray(noise).save(path)
    load_data(f"images:{tmp_path}", {"image": (4, 4, 3)}, THREE, 0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = refusal(f"images:{tmp_path}", {"image": (4, 4, 3)}, THREE)
    assert found.code == "SQS733"
    assert f"cat/whole.{ending}" in str(found.note)


def test_links_to_folders_and_folders_that_are_left_over(tmp_path: Path) -> None:
    write_classes(tmp_path / "a")
    (tmp_path / "a" / "__MACOSX").mkdir()
    load_data(f"images:{tmp_path / 'a'}", {"image": (4, 4, 3)}, THREE, 0)
    (tmp_path / "a" / "emu").rename(tmp_path / "emu")
    (tmp_path / "a" / "emu").symlink_to(tmp_path / "emu")
    found = refusal(f"images:{tmp_path / 'a'}", {"image": (4, 4, 3)}, THREE)
    assert "links to folders are not followed" in str(found.help)


def test_a_file_that_is_damaged_later_is_named(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    samples = ImageFiles.of(tmp_path, ("a.png",), (4, 4, 3))
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(OSError, match=r"cannot read the image .*a\.png"):
        samples[:]


def test_folders_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    assert refusal(f"images:{tmp_path / 'none'}", RGB).title.endswith("no such folder")
    assert refusal("images:", RGB).title.endswith("it does not name a folder")
    assert refusal(f"images:{tmp_path}", RGB).title.endswith("has no images")
    write_classes(tmp_path)
    four = {"label": OutputFact((4,), "softmax")}
    problem = refusal(f"images:{tmp_path}", RGB, four)
    assert problem.title.endswith("has 3 classes, but the output `label` is for 4")
    assert problem.note == "its classes are `cat`, `dog`, `emu`"
    assert "has a class for each sample" in refusal(f"images:{tmp_path}", RGB, {"y": OutputFact((2,))}).title
    assert "an input for images is" in str(refusal(f"images:{tmp_path}", {"image": (48,)}).help)
    assert "an input for images is" in str(refusal(f"images:{tmp_path}", {"image": (4, 4, 2)}).help)
    (tmp_path / "fox").mkdir()
    assert refusal(f"images:{tmp_path}", RGB, four).title.endswith("has folders without an image: `fox`")
    write_image(tmp_path / "stray.png")
    assert "images next to the folders of its classes: `stray.png`" in refusal(f"images:{tmp_path}", RGB).title


@pytest.mark.parametrize(
    "names",
    [("train", "val"), ("Train", "Validation"), ("training", "testing"), ("dev", "TEST"), ("test", "val", "cat")],
)
def test_parts_of_a_split_are_no_classes(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Even with as many splits as the output has units, so the count does not reveal them."""
    for name in names:
        write_image(tmp_path / name / "a.png")
        write_image(tmp_path / name / "b.png")
    outputs = {"label": OutputFact((len(names),), "softmax")}
    problem = refusal(f"images:{tmp_path}", RGB, outputs)
    assert (problem.code, "have the names of sets" in problem.title) == ("SQS742", True)


@pytest.mark.parametrize("tops", [("train", "lab"), ("camera-1", "camera-2")])
def test_folders_that_hold_the_same_folders_are_no_classes(tmp_path: Path, tops: tuple[str, ...]) -> None:
    for top in tops:
        for name in ("cat", "dog"):
            write_image(tmp_path / top / name / f"{top}.png")
    problem = refusal(f"images:{tmp_path}", RGB, {"label": OutputFact((2,), "softmax")})
    assert problem.title.endswith(f"all contain the folders `cat`, `dog`: `{min(tops)}`, `{max(tops)}`")


def test_folders_inside_those_of_the_classes_may_differ(tmp_path: Path) -> None:
    for at, name in enumerate(("cat/old", "cat/new", "dog/new", "emu")):
        write_image(tmp_path / name / f"{at}.png")
    assert load_data(f"images:{tmp_path}", RGB, THREE, 0).classes == {"label": ("cat", "dog", "emu")}


def test_parts_are_fine_where_a_table_has_the_labels(tmp_path: Path) -> None:
    for at in range(6):
        write_image(tmp_path / "photos" / ("train" if at % 2 else "val") / f"{at}.png")
    write_table(tmp_path / "l.csv", {"id": range(6), "label": ["a", "b", "c"] * 2})
    words = [f"image=images:{tmp_path / 'photos'}", f"label=csv:{tmp_path / 'l.csv'}"]
    assert load_data(words, RGB, THREE, 0).classes == {"label": ("a", "b", "c")}


def test_without_pillow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_classes(tmp_path)
    monkeypatch.setattr(folder, "find_spec", lambda _: None)
    assert refusal(f"images:{tmp_path}", RGB).help == "install it with `pip install pillow`"


def test_16_bits_do_not_fit_into_colours(tmp_path: Path) -> None:
    write_classes(tmp_path, mode="I;16")
    problem = refusal(f"images:{tmp_path}", {"depth": (4, 4, 3)})
    assert problem.code == "SQS735"
    assert "16-bit grayscale" in problem.title


def test_files_in_one_folder_have_no_labels(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    assert "no labels for the output `label`" in refusal(f"images:{tmp_path}", RGB).title
