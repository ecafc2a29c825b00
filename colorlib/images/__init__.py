"""Any picture file as pixels, and back."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "caption",
        "color_or_grey",
        "decode",
        "description",
        "folder",
        "icc",
        "jpeg2000",
        "kinds",
        "label",
        "limits",
        "matching",
        "modes",
        "notes",
        "png_chunks",
        "printable",
        "read",
        "sample_range",
        "sixteen_bit",
        "tensors",
        "tiff",
        "tiff_layout",
        "tiff_segments",
        "tiff_tags",
        "write",
        "writers",
        "xmp",
    ],
    submod_attrs={
        "decode": ["open_rgb", "opened"],
        "label": ["Label"],
        "tensors": ["read_rgb"],
        "read": ["Document", "read_document"],
        "write": ["WRITABLE", "output_suffix", "write_document"],
        "folder": ["PHOTO_SUFFIXES", "find_photographs", "has_color"],
        "matching": ["pictures_by_name"],
    },
)
