"""From photographs to batches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "dataset",
        "degrade",
        "downloads",
        "loaders",
        "scan",
        "sources",
        "suites",
        "unchanged",
    ],
    submod_attrs={
        "sources": [
            "mixed_photographs",
            "package_photographs",
            "package_split",
            "split_photographs",
            "training_photographs",
        ],
        "scan": ["Scan", "scan_photographs"],
        "suites": ["Suite", "load_suite", "suite_names"],
        "downloads": ["untar"],
        "dataset": ["LabTransform", "Photographs"],
        "loaders": ["PhotographLoader", "dataloaders", "set_epoch", "validation_loader"],
    },
)
