"""Files in folders, one folder for each class."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from glassnet.extras import needed_to
from glassnet.files import FileError, opened
from glassnet.text import decoded_name, shown
from glassnet.vision.datasets.picture_dataset import PathLike, Pictures

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
FORMATS = ("JPEG", "PNG", "PPM", "BMP", "DIB", "TIFF", "WEBP", "GIF")  # no others are looked for, whatever a file says
MOST_PIXELS = 2**26 + 2**24  # 83,886,080; of 4 bytes each, they are in memory twice while they become RGB


class PictureError(FileError):
    """A file that is not a picture, or a damaged one.

    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> _ = Path("1.png").write_text("no picture")
    >>> try:
    ...     datasets.default_loader("1.png")
    ... except datasets.PictureError as error:
    ...     print(error)
    1.png: expected a picture, but it cannot be read ...
    """


def default_loader(path: PathLike) -> Any:
    """The picture in a file, as a PIL image in RGB. Needs Pillow: ``pip install "glassnet[images]"``.

    >>> from glassnet.vision import datasets
    >>> from PIL import Image
    >>> Image.new("L", (28, 28)).save("digit.png")
    >>> picture = datasets.default_loader("digit.png")
    >>> picture.size, picture.mode
    ((28, 28), 'RGB')
    """
    return read_image(path)


def read_image(path: PathLike, size: Sequence[int] | None = None, mode: str | None = "RGB") -> Any:
    """The picture in a file, as a PIL image in RGB, or in its own mode where ``mode`` is None.

    Raises PictureError, before anything is decoded if it is too large.

    Where one of ``size``, (height, width), is wanted, a picture of more than a million pixels is made smaller while it
    is read, by averages, to no less than four times that: to be scaled, it need not be there in full.
    """
    with needed_to("read pictures"):
        from PIL import Image
    try:
        with opened(path, PictureError) as file:
            image: Any = Image.open(file, formats=FORMATS)
            width, height = image.size
            if width * height > MOST_PIXELS:
                problem = f"expected a picture of at most {MOST_PIXELS:,} pixels, got {width:,} × {height:,}"
                raise PictureError(path, problem, "make it smaller, or leave it out")
            image = image if size is None else made_smaller(image, size)
            image.load()
            return image if mode in (None, image.mode) else image.convert(mode)
    except (PictureError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        problem = f"the picture is too large to be read safely: {error}"
        raise PictureError(path, problem, "make it smaller, or leave it out") from None
    except Exception as error:  # whatever Pillow's readers of formats raise
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = shown(error) or type(error).__name__
        problem = f"expected a picture, but it cannot be read ({reason})"
        raise PictureError(path, problem, "replace the file or leave it out") from None


def made_smaller(image: Any, size: Sequence[int]) -> Any:
    """A picture that Pillow has opened, of more than a million pixels made smaller, by averages.

    It keeps four times the ``size`` (height, width) that it will be scaled to, which is what makes that smooth.
    """
    if image.width * image.height <= 2**20:
        return image
    least = (4 * size[1], 4 * size[0])
    image.draft("RGB", least)  # of a JPEG, no more is decoded
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode not in ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F"):  # in which Pillow takes averages
        return image
    return image.reduce(tuple(max(1, n // wanted) for n, wanted in zip(image.size, least, strict=True)))


class DatasetFolder(Pictures):
    """The files ``root``/CLASS/…/NAME: sample i is ``(loader(path), number of the class)``.

    Classes are the folders in ``root`` in the order of their names; a name that is not UTF-8 is read in the encoding
    that it is probably in. Files count by their ``extensions``, or
    those for which ``is_valid_file(path)``. A class without any is an error, unless ``allow_empty``.

    Attributes: ``classes``, ``class_to_idx``, ``samples``, pairs (path, class), ``targets``.
    Raises FileNotFoundError where there are no classes or no files, PictureError where two folders have one name.

    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> for name in ("cat", "dog"):
    ...     Path(f"pets/{name}").mkdir(parents=True)
    ...     np.save(f"pets/{name}/1.npy", np.zeros((2, 2)))
    >>> pets = datasets.DatasetFolder("pets", np.load, extensions=[".npy"])
    >>> pets.classes, len(pets), pets[1]
    (['cat', 'dog'], 2, (array([[0., 0.],
           [0., 0.]]), 1))
    """

    def __init__(
        self,
        root: PathLike,
        loader: Callable[[str], Any],
        extensions: Sequence[str] | None = None,
        transform: Any = None,
        target_transform: Any = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        if (extensions is None) == (is_valid_file is None):
            raise ValueError(f"{type(self).__name__}: expected either extensions or is_valid_file, not both")
        ends = tuple(end.lower() for end in extensions or ())
        valid = is_valid_file or (lambda path: path.lower().endswith(ends))
        self.root = os.fspath(root)
        self.transform = transform
        self.target_transform = target_transform
        self.loader = loader
        self.extensions = extensions
        folders = _named(root)
        self.classes = [*folders]
        if not folders:
            raise FileNotFoundError(f"{shown(self.root)}: expected a folder for each class, found none in it")
        self.samples = [
            (path, number)
            for name, number in self.class_to_idx.items()
            for path in _files(Path(self.root, folders[name]))
            if valid(path)
        ]
        self.targets = [number for _, number in self.samples]
        empty = [self.classes[number] for number in sorted({*range(len(self.classes))} - {*self.targets})]
        if empty and not allow_empty:
            kinds = f"; those count that end in {', '.join(ends)}" if ends else ""
            names = ", ".join(map(shown, empty))
            raise FileNotFoundError(
                f"{shown(self.root)}: expected files of every class, found none of {names}{kinds}; "
                "allow_empty=True lets that be"
            )

    def __len__(self) -> int:
        return len(self.samples)

    def picture(self, index: int) -> tuple[Any, Any]:
        """What the loader makes of the file at ``index``, and the number of its class."""
        path, target = self.samples[index]
        return self.loader(path), target


class ImageFolder(DatasetFolder):
    """The pictures of ``root``/CLASS/…/NAME.png and the like, as `DatasetFolder` has them, and also as ``imgs``.

    ``loader(path)`` reads one: `default_loader` gives a PIL image in RGB, and raises PictureError for a file that is
    none.

    >>> from pathlib import Path
    >>> from glassnet.vision import datasets
    >>> from PIL import Image
    >>> for name in ("rose", "tulip"):
    ...     Path(f"flowers/{name}").mkdir(parents=True)
    ...     Image.new("RGB", (4, 4)).save(f"flowers/{name}/1.png")
    >>> flowers = datasets.ImageFolder("flowers")
    >>> image, label = flowers[1]
    >>> image.size, flowers.classes[label]
    ((4, 4), 'tulip')
    """

    def __init__(
        self,
        root: PathLike,
        transform: Any = None,
        target_transform: Any = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        extensions = None if is_valid_file else IMG_EXTENSIONS
        super().__init__(root, loader, extensions, transform, target_transform, is_valid_file, allow_empty)
        self.imgs = self.samples


def _named(root: PathLike) -> dict[str, str]:
    """The folders in ``root``: what each is called, and the name that the system has for it."""
    folders: dict[str, str] = {}
    for folder in sorted(entry.name for entry in os.scandir(root) if entry.is_dir()):
        name = decoded_name(folder)
        if name in folders:
            raise PictureError(
                root,
                f"expected folders of different names, got two of the name {shown(name)}, in different encodings",
                "rename one, or put what is in one into the other",
            )
        folders[name] = folder
    return dict(sorted(folders.items()))


def _files(folder: Path) -> list[str]:
    """Every file below ``folder``, in the order of the names of folders and files; links may go round in a circle."""
    files, seen = [], set()
    for at, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(at)
        if real in seen:
            folders.clear()
        else:
            seen.add(real)
            files += [(at, name) for name in names]
    return [os.path.join(at, name) for at, name in sorted(files)]
