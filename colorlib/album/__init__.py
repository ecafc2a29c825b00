"""A folder of photographs as it is found, coloured here or on a cluster."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "address",
        "contact_sheet",
        "earlier",
        "fingerprint",
        "ledger",
        "naming",
        "outcome",
        "ray_cluster",
        "ray_files",
        "remote",
        "report_table",
        "results",
        "resume",
        "run",
        "twins",
    ],
    submod_attrs={"outcome": ["Job", "Outcome", "Report"], "run": ["plan", "sensible_workers"]},
)
