"""What `images.label` promises: every kind of file says, where programs look, that its colours are predicted."""

from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import colorlib
from colorlib.images.label import SOURCE_TYPE, Label
from colorlib.images.read import read_document
from colorlib.images.write import write_document
from colorlib.images.xmp import kept_xmp, xmp_packet
from helpers.formats import ALPHA, DEEP, GREY, H, W, paint

LABEL = Label("natural", "3a" * 32)
RATED = {"xmp:Rating": "4", "exif:DateTimeOriginal": "1936-05-01T12:00:00"}


def labelled(source, target, label=LABEL):
    """Read, paint and write a file with a label; what was written."""
    document = read_document(source)
    write_document(document, paint(document), target, label=label)
    return read_document(target)


def original(path, pixels=GREY, **options):
    """A photograph with a date, a camera's software and a rating."""
    exif = Image.Exif()
    exif[0x0131], exif[18246] = "Scanner 3", 4
    exif[0x8769] = {0x9003: "1936:05:01 12:00:00", 0xA002: W, 0xA003: H}
    Image.fromarray(pixels).save(path, exif=exif, **options)
    return path


def packet_of(path):
    """The XMP in a file, as Pillow finds it."""
    with Image.open(path) as image:
        image.load()
        return image.info["xmp"]


def properties(packet):
    """All simple properties of a packet, by their local names."""
    return {node.tag.partition("}")[2]: node.text for node in ElementTree.fromstring(packet).iter() if node.text}


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("pixels", [GREY, DEEP], ids=["8 bits", "16 bits"])
def test_every_format_says_what_it_is(tmp_path, suffix, pixels):
    back = labelled(original(tmp_path / "a.png", pixels), tmp_path / f"out.{suffix}")
    assert back.pages[0].dtype == (np.uint16 if pixels is DEEP and suffix in ("png", "tif") else np.uint8)
    found = properties(packet_of(tmp_path / f"out.{suffix}"))
    assert found["DigitalSourceType"] == SOURCE_TYPE
    assert SOURCE_TYPE.endswith("/compositeWithTrainedAlgorithmicMedia")
    assert found["CreatorTool"] == f"colorlib {colorlib.__version__}"
    assert "natural" in found["AISystemUsed"]
    assert LABEL.sha256 in found["AISystemVersionUsed"]
    exif = Image.open(tmp_path / f"out.{suffix}").getexif()
    for part in ("colorlib " + colorlib.__version__, "natural", LABEL.sha256, "before: Scanner 3"):
        assert part in exif[0x0131]
    assert exif[18246] == 4
    assert exif.get_ifd(0x8769)[0x9003] == "1936:05:01 12:00:00"


@pytest.mark.parametrize("source", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("target", ["jpg", "png", "tif", "webp"])
def test_dates_and_rating_in_xmp_are_kept(tmp_path, source, target):
    packet, path = xmp_packet(RATED), tmp_path / f"a.{source}"
    if source == "png":
        from PIL.PngImagePlugin import PngInfo

        texts = PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", packet.decode())
        Image.fromarray(GREY).save(path, pnginfo=texts)
    elif source == "tif":
        Image.fromarray(GREY).save(path, tiffinfo={700: packet})
    else:
        Image.fromarray(GREY).save(path, xmp=packet)
    labelled(path, tmp_path / f"out.{target}")
    assert kept_xmp(packet_of(tmp_path / f"out.{target}")) == RATED
    again = labelled(tmp_path / f"out.{target}", tmp_path / f"again.{target}")  # a label is no content of its own
    assert again.description.xmp == RATED


def test_each_page_of_a_tiff_says_it(tmp_path):
    first, second = (Image.fromarray(page) for page in (GREY, GREY[::-1]))
    first.save(tmp_path / "a.tif", save_all=True, append_images=[second])
    labelled(tmp_path / "a.tif", tmp_path / "out.tif")
    with Image.open(tmp_path / "out.tif") as image:
        for page in range(2):
            image.seek(page)
            assert SOURCE_TYPE.encode() in image.tag_v2[700]


def test_a_gif_says_it_in_its_comment_and_a_bmp_has_no_place(tmp_path):
    labelled(original(tmp_path / "a.png"), tmp_path / "out.gif")
    assert LABEL.statement.encode() in Image.open(tmp_path / "out.gif").info["comment"]
    with pytest.warns(UserWarning, match=r"a\.png: does not say in its file .* BMP has no place for it"):
        labelled(tmp_path / "a.png", tmp_path / "out.bmp")


@pytest.mark.parametrize("pixels", [GREY, DEEP, np.dstack([GREY, ALPHA])], ids=["8 bits", "16 bits", "alpha"])
def test_the_original_beside_it_and_a_line_below(tmp_path, pixels):
    plain = labelled(original(tmp_path / "a.png", pixels), tmp_path / "plain.png")
    shown = labelled(tmp_path / "a.png", tmp_path / "out.png", Label("natural", "3a" * 32, True, True))
    page, grey = shown.pages[0], pixels if pixels.ndim == 2 else pixels[..., 0]
    assert page.dtype == plain.pages[0].dtype
    assert np.array_equal(page[:H, W:], plain.pages[0])
    assert np.array_equal(page[:H, :W], np.dstack([grey] * 3))
    strip = page[H:]
    assert page.shape[1] == 2 * W
    assert 0 < (strip < np.iinfo(page.dtype).max // 2).mean() < 0.5  # letters on white
    directory = Image.open(tmp_path / "out.png").getexif().get_ifd(0x8769)
    assert 0x9003 in directory
    assert 0xA002 not in directory  # it is no more as wide as it was
    if pixels.ndim == 3:
        assert np.array_equal(shown.alphas[0][:H, W:], ALPHA)
        assert (shown.alphas[0][H:] == 255).all()


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"no xml",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + xmp_packet(RATED),
        xmp_packet(RATED)[:-60],
        xmp_packet({"xmp:CreatorTool": "4"}),
        b"x" * 2**21,
    ],
)
def test_damaged_and_hostile_xmp_is_nothing(packet):
    assert kept_xmp(packet) == {}


def test_xmp_as_other_programs_write_it():
    """Properties as attributes, UTF-16, zeros behind."""
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<r:Description xmlns:q="http://ns.adobe.com/xap/1.0/" q:Rating="5" q:Nickname="x"/></r:RDF></x:xmpmeta>'
    )
    for data in (packet.encode() + bytes(9), packet.encode("utf-16")):
        assert kept_xmp(data) == {"xmp:Rating": "5"}
